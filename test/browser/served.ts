import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { TestContext } from 'node:test'
import { mount, serves } from '../../src/adapters/node.ts'
import {
  type TestInstance,
  type TestOptions,
  testInstance,
} from '../../src/testing/index.ts'

export interface ServedInstance {
  /** `http://localhost:…`, a secure context for browsers. */
  readonly url: string
  readonly instance: TestInstance
}

/** An instance of `watchword/testing` behind a server of Node.js; both end with the test. Other paths than its own answer "an own page". */
export async function served(
  t: TestContext,
  options: TestOptions,
): Promise<ServedInstance> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => void server.close().closeAllConnections())
  const url = `http://localhost:${(server.address() as AddressInfo).port}`
  const instance = testInstance({ url, ...options }) as TestInstance
  t.after(() => instance.auth.close())
  mount(server, instance.auth)
  server.on('request', (request, response) => {
    if (serves(instance.auth, request)) return
    response
      .setHeader('content-type', 'text/html')
      .end('<!doctype html><title>An own page</title><h1>An own page</h1>')
  })
  return { url, instance }
}
