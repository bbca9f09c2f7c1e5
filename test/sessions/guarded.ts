import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { mount } from '../../src/adapters/node.ts'
import { statelessBearer } from '../../src/authentication.ts'
import type { Admin } from '../../src/instance/admin.ts'
import { watchword } from '../../src/watchword.ts'

/** One of several processes on a database, with routes of three kinds. `guarded-process.ts` starts it. */
const [database = ''] = process.argv.slice(2)
const auth = watchword({
  database,
  secret: 'a secret that the processes of this test share',
  endpoints: { revocations: true },
  roles: { editor: ['posts.change'] },
  // Without an overlap, a spent token counts as reused at once.
  tokens: { overlap: 0 },
  log: () => {},
})

const verbs = {
  createUser: (...its: Parameters<Admin['users']['create']>) => auth.users.create(...its),
  changeUser: (...its: Parameters<Admin['users']['change']>) => auth.users.change(...its),
  setPassword: (...its: Parameters<Admin['users']['setPassword']>) =>
    auth.users.setPassword(...its),
  revokeSessions: (...its: Parameters<Admin['sessions']['revokeAll']>) =>
    auth.sessions.revokeAll(...its),
}
export type Verbs = typeof verbs

const server = createServer()
const guard = mount(server, auth)
const routes = {
  '/account': guard((_, response) => response.end('yes')),
  '/stateless': guard({ schemes: [statelessBearer()] }, (_, response) =>
    response.end('yes'),
  ),
  '/editors': guard('posts.change', (_, response) => response.end('yes')),
}
export type Route = keyof typeof routes

server.on('request', (request, response) => {
  if (request.url !== undefined && Object.hasOwn(routes, request.url))
    routes[request.url as Route](request, response)
})
await auth.migrate()
server.listen(0, '127.0.0.1', () =>
  process.send?.({ port: (server.address() as AddressInfo).port }),
)

process.on(
  'message',
  async ({ n, verb, its }: { n: number; verb: keyof Verbs; its: readonly never[] }) => {
    try {
      process.send?.({
        n,
        answer: await (verbs[verb] as (...its: readonly never[]) => unknown)(...its),
      })
    } catch (error) {
      process.send?.({ n, error: String(error) })
    }
  },
)
process.on('disconnect', () => process.exit())
