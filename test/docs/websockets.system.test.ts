import assert from 'node:assert/strict'
import { once } from 'node:events'
import { request } from 'node:http'
import type { Socket } from 'node:net'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { watchword } from '../../src/watchword.ts'
import { programs } from './printed.ts'
import { folderOf, start, write } from './starting.ts'

const ADA = { username: 'ada', password: 'qhr4-7mzt-w2pd-x9kc' }

type Headers = Readonly<Record<string, string>>

/** A program of the page, as it is printed, with one user. */
async function running(t: TestContext, text: string) {
  const folder = folderOf(t)
  const auth = watchword({ database: join(folder, 'watchword.db'), log: () => {} })
  await auth.users.create(ADA)
  await auth.close()
  write(folder, 'program.mts', text)
  const port = Number(await start(t, folder, 'program.mts').port)
  const origin = `http://127.0.0.1:${port}`
  const post = (path: string): Promise<Response> =>
    fetch(origin + path, {
      method: 'POST',
      headers: { 'content-type': 'application/json', connection: 'close' },
      body: JSON.stringify(ADA),
    })
  const { access } = (await (await post('/api/token/')).json()) as { access: string }
  const cookies = (await post('/auth/login/')).headers.getSetCookie()
  const cookie = cookies.map((each) => each.split(';')[0]).join('; ')
  return { port, origin, cookie, authorization: `Bearer ${access}` }
}

/** Opens a WebSocket as a browser does. @returns its first message, or the status of the refusal */
function opened(port: number, headers: Headers): Promise<string | number> {
  const opening = {
    connection: 'Upgrade',
    upgrade: 'websocket',
    'sec-websocket-version': '13',
    'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
  }
  const options = { host: '127.0.0.1', port, path: '/feed/', agent: false }
  const { promise, resolve, reject } = Promise.withResolvers<string | number>()
  request({ ...options, headers: { ...opening, ...headers } })
    .on('error', reject)
    .on('response', ({ statusCode = 0 }) => resolve(statusCode))
    .on('upgrade', (_, socket, head) => void firstMessage(socket, head).then(resolve))
    .end()
  return promise
}

/** The text of one short frame (RFC 6455 §5.2). */
async function firstMessage(socket: Socket, head: Buffer): Promise<string> {
  const isWhole = (): boolean => bytes.length >= 2 + (bytes[1] ?? Infinity)
  let bytes = head
  while (!isWhole()) {
    const [chunk] = (await once(socket, 'data')) as [Buffer]
    bytes = Buffer.concat([bytes, chunk])
  }
  socket.destroy()
  return bytes.subarray(2).toString()
}

const servers = programs.filter(
  ({ page, text }) => page === 'docs/websockets.md' && text.includes("from 'ws'"),
)

for (const { name, text } of servers.filter(({ text }) => text.includes('8000'))) {
  test(`${name}: own pages and tokens open a WebSocket, other pages do not`, async (t) => {
    const { port, origin, cookie, authorization } = await running(t, text)
    const evil = 'https://evil.example'

    assert.equal(await opened(port, {}), 401)
    assert.equal(await opened(port, { cookie, origin }), 'hello ada')
    assert.equal(await opened(port, { cookie, origin: evil }), 403)
    assert.equal(await opened(port, { cookie }), 403)
    assert.equal(await opened(port, { authorization }), 'hello ada')
    assert.equal(await opened(port, { authorization, origin: evil }), 'hello ada')
    assert.equal(await opened(port, { authorization: 'Bearer x' }), 401)
  })
}

const watching =
  programs.find(({ text }) => text.includes('export function watch('))?.text ?? ''

/** Lets the check of the page fail once with this status, and sends the codes with which it closed the connection. */
const failingWith = (status: number): string => `
import { mock } from 'node:test'
import { watch } from './watch.mts'
mock.timers.enable({ apis: ['setInterval'] })
const closed = []
const require = async () => { throw { status: ${status} } }
const request = { headers: {}, rawHeaders: [], socket: {}, url: '/feed/', method: 'GET' }
watch({ require }, request, { once: () => {}, close: (code) => closed.push(code) })
mock.timers.tick(60_000)
setImmediate(() => process.send(closed))
`

for (const [status, codes] of [
  [401, [4401]],
  [403, [4401]],
  [503, []],
] as const) {
  test(`a check that answers ${status} closes an open connection with: ${codes.join() || 'nothing'}`, async (t) => {
    const folder = folderOf(t)
    write(folder, 'watch.mts', watching)
    write(folder, 'driver.mts', failingWith(status))
    assert.deepEqual(await start(t, folder, 'driver.mts').port, codes)
  })
}

test('the page has servers', () => assert.equal(servers.length, 4))
