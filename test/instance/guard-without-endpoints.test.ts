import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type TestContext, test } from 'node:test'
import { guardOf, mount } from '../../src/adapters/node.ts'
import { instanceFor, PASSWORD, signIn } from './setup.ts'

async function ask(
  t: TestContext,
  listener: RequestListener,
  path: string,
  access = '',
): Promise<string> {
  const server = createServer(listener)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => {
    server.close()
    server.closeAllConnections()
  })
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}${path}`
  const headers = access === '' ? {} : { authorization: `Bearer ${access}` }
  const signal = AbortSignal.timeout(60_000)
  try {
    const response = await fetch(url, { headers, signal })
    return `${response.status} ${(await response.text()).length > 0}`
  } catch (error) {
    return (error as Error).name
  }
}

test('without mounted endpoints a guard handles requests to their paths too', async (t) => {
  const auth = instanceFor(t, { database: 'sqlite::memory:' })
  const listener = guardOf(auth)((_, response) => response.end('in'))
  assert.notEqual(await ask(t, listener, '/api/token/'), 'TimeoutError')
})

test('a listener that fails after its head was sent leaves no response open', async (t) => {
  const auth = instanceFor(t, { database: 'sqlite::memory:' })
  await auth.users.create({ username: 'ann', password: PASSWORD })
  const { access } = await signIn(auth)
  const guard = mount(createServer(), auth)
  const listener = guard(async (_, response) => {
    response.writeHead(200)
    response.write('part')
    throw new Error('late')
  })
  assert.notEqual(await ask(t, listener, '/', access), 'TimeoutError')
})
