import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { TestContext } from 'node:test'
import { mount } from '../../src/adapters/node.ts'
import { testInstance } from '../../src/testing/index.ts'

export const ADA = { username: 'ada', password: 'qhr4-7mzt-w2pd-x9kc' }

/** A server for front ends, with a user, whose clock a test moves. */
export async function startBackEnd(t: TestContext) {
  const { auth, clock } = testInstance({
    now: Date.now() / 1000,
    tokens: { access: '5m' },
    accounts: true,
    url: 'https://app.example.com',
  })
  const { id } = await auth.users.create(ADA)
  const server = createServer()
  mount(server, auth)
  await once(server.listen(0, '127.0.0.1'), 'listening')
  t.after(async () => {
    server.closeAllConnections()
    server.close()
    await auth.close()
  })
  const { port } = server.address() as AddressInfo
  return {
    auth,
    clock,
    id,
    url: `http://127.0.0.1:${port}`,
    /** The user of an access token. */
    async whoHas(access: string | undefined): Promise<string> {
      const headers = { authorization: `Bearer ${access}` }
      const request = new Request('http://localhost/', { headers })
      return (await auth.require(request)).user.username
    },
    sessions: async () =>
      (await auth.sessions.list(id)).filter(({ revokedAt }) => revokedAt === undefined),
  }
}
