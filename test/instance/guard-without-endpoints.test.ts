import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type TestContext, test } from 'node:test'
import { guardOf, mount } from '../../src/adapters/node.ts'
import { testInstance } from '../../src/testing/index.ts'

async function ask(
  t: TestContext,
  listener: RequestListener,
  path: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<string> {
  const server = createServer(listener)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => {
    server.close()
    server.closeAllConnections()
  })
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}${path}`
  const signal = AbortSignal.timeout(60_000)
  try {
    const response = await fetch(url, { headers, signal })
    return `${response.status} ${(await response.text()).length > 0}`
  } catch (error) {
    return (error as Error).name
  }
}

test('without mounted endpoints a guard handles requests to their paths too', async (t) => {
  await using app = testInstance()
  const listener = guardOf(app.auth)((_, response) => response.end('in'))
  assert.notEqual(await ask(t, listener, '/api/token/'), 'TimeoutError')
})

test('a listener that fails after its head was sent leaves no response open', async (t) => {
  await using app = testInstance()
  await app.auth.users.create({ username: 'ann' })
  const guard = mount(createServer(), app.auth)
  const listener = guard(async (_, response) => {
    response.writeHead(200)
    response.write('part')
    throw new Error('late')
  })
  assert.notEqual(await ask(t, listener, '/', await app.as('ann')), 'TimeoutError')
})
