import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createReadStream } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type TestContext, test } from 'node:test'
import { mount, serves } from '../../src/adapters/node.ts'
import { testInstance } from '../../src/testing/index.ts'
import { openBrowser } from '../services/chromium.ts'

const ADA = { username: 'ada', password: 'qhr4-7mzt-w2pd-x9kc' }

/** Files of the page. */
const FILES: readonly (readonly [path: RegExp, file: string])[] = [
  [/^\/axios\.js$/, 'node_modules/axios/dist/esm/axios.js'],
  [/^\/ky\/(.+\.js)$/, 'node_modules/ky/distribution/$1'],
  [/^\/page\.js$/, 'test/clients/page.js'],
]

for (const name of ['axios', 'ky']) {
  for (const transport of ['body', 'cookie'] as const) {
    test(`${name} with tokens by ${transport}: six requests that find the access token expired succeed, and the session goes on`, {
      timeout: 120_000,
    }, async (t) => {
      const browser = await openBrowser(t)
      if (browser === undefined) return t.skip('chromium is not installed')
      const { origin, auth, clock } = await startServer(t, transport)
      const page = await (await browser.newContext({ baseURL: origin })).newPage()
      await page.goto('/')
      await page.waitForFunction('globalThis.clients')
      await page.evaluate(
        `(async () => { client = clients.${name}('${transport}'); await client.signIn(${JSON.stringify(ADA)}) })()`,
      )
      const hello = { hello: 'ada' }
      assert.deepEqual(await page.evaluate('client.hello()'), hello)

      clock.advance('6m')
      const requests =
        '[client.hello(), client.write(), client.hello(), client.write(), client.hello(), client.write()]'
      const wrote = { wrote: 'Hello' }
      assert.deepEqual(await page.evaluate(`Promise.all(${requests})`), [
        hello,
        wrote,
        hello,
        wrote,
        hello,
        wrote,
      ])

      clock.advance('6m')
      await page.evaluate('client.refresh()')
      assert.deepEqual(await page.evaluate('client.hello()'), hello)
      const { id } = (await auth.users.find('ada'))!
      assert.equal((await auth.sessions.list(id)).length, 1)
    })
  }
}

/** A server with an API, and a page of its own. */
async function startServer(t: TestContext, transport: 'body' | 'cookie') {
  const { auth, clock } = testInstance({ tokens: { transport, access: '5m' } })
  await auth.users.create(ADA)
  const server = createServer()
  const guard = mount(server, auth)
  const hello = guard((request, response) =>
    answer(response, { hello: request.auth.user.username }),
  )
  const posts = guard(async (request, response) =>
    answer(response, { wrote: (JSON.parse(await textOf(request)) as Post).title }),
  )
  server.on('request', (request, response) => {
    const { url = '' } = request
    if (url === '/hello/') hello(request, response)
    else if (url === '/posts/') posts(request, response)
    else if (!serves(auth, request)) sendFile(url, response)
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  t.after(async () => {
    server.closeAllConnections()
    server.close()
    await auth.close()
  })
  const { port } = server.address() as AddressInfo
  return { origin: `http://127.0.0.1:${port}`, auth, clock }
}

interface Post {
  readonly title: string
}

async function textOf(request: IncomingMessage): Promise<string> {
  let text = ''
  for await (const chunk of request.setEncoding('utf8')) text += chunk
  return text
}

function answer(response: ServerResponse, body: object): void {
  response.setHeader('Content-Type', 'application/json')
  response.end(JSON.stringify(body))
}

function sendFile(url: string, response: ServerResponse): void {
  const [pattern, file] = FILES.find(([path]) => path.test(url)) ?? []
  if (pattern !== undefined && file !== undefined) {
    response.setHeader('Content-Type', 'text/javascript')
    createReadStream(url.replace(pattern, file)).pipe(response)
    return
  }
  response.setHeader('Content-Type', 'text/html')
  response.end('<!doctype html><script type="module" src="/page.js"></script>')
}
