import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { Agent, type RequestOptions, request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { type TestContext, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { signIn } from '../server/client.ts'
import { startCommand, withAda } from '../server/command.ts'
import { anNginx } from '../services/nginx.ts'

/* A server may answer before it has read a body. A connection that it keeps must serve the next request. */

const BEFORE_BUFFERING = 'client_max_body_size 64k;'
const LARGER_BODIES = 'client_max_body_size 1m;'

/** What stands in front of the server, and how a body reaches it. */
const FRONTS = {
  'nginx that collects bodies': [[BEFORE_BUFFERING, LARGER_BODIES]],
  'nginx that passes bodies on': [
    [BEFORE_BUFFERING, `${LARGER_BODIES} proxy_request_buffering off;`],
  ],
  'an http.Agent': undefined,
} as const

/** Requests that are answered without their body, and the status of each. */
const UNREAD = [
  { path: '/hello/', size: 2_000, status: 401 },
  { path: '/hello/', size: 60_000, status: 401 },
  { path: '/hello/', size: 200_000, status: 401 },
  { path: '/nowhere/', size: 30_000, status: 404 },
  { path: '/health/live', size: 30_000, status: 405 },
  { path: '/api/token/', size: 200_000, status: 413 },
] as const

async function server(t: TestContext) {
  const folder = mkdtempSync(join(tmpdir(), 'watchword-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  const database = join(folder, 'watchword.db')
  await withAda(database)
  const words = ['--port', '0', '--proxies', '1', '--workers', '1']
  return startCommand(t, { database, words })
}

function keeping(t: TestContext): Agent {
  const agent = new Agent({ keepAlive: true, maxSockets: 4 })
  t.after(() => agent.destroy())
  return agent
}

/** @returns the status, or the code of the error */
async function send(
  options: RequestOptions,
  body: Buffer | undefined,
): Promise<number | string> {
  const answered = Promise.withResolvers<number | string>()
  const outgoing = request({ host: '127.0.0.1', ...options })
  // The client may notice that the server closes before it has sent everything; the answer counts.
  outgoing.on('error', ({ code = 'error' }: NodeJS.ErrnoException) =>
    answered.resolve(code),
  )
  outgoing.on('response', (response) => {
    text(response).then(
      () => answered.resolve(response.statusCode ?? 0),
      () => answered.resolve('incomplete'),
    )
  })
  outgoing.flushHeaders()
  if (body !== undefined) {
    // The server has answered the head before the body arrives.
    await sleep(5)
    outgoing.write(body.subarray(0, 1_000))
    await sleep(5)
  }
  outgoing.end(body?.subarray(1_000))
  return answered.promise
}

for (const [front, changes] of Object.entries(FRONTS)) {
  test(`behind ${front}: no request fails because the body of another one was not read`, async (t) => {
    const { port: own } = await server(t)
    const nginx = changes && (await anNginx(`127.0.0.1:${own}`, changes))
    if (typeof nginx === 'string') return t.skip(nginx)
    t.after(() => nginx?.stop())
    const port = nginx?.port ?? own
    const { access } = await signIn({ port })
    // Without buffers nginx itself resets clients' kept connections, with any server behind it.
    const agent = front.includes('passes') ? false : keeping(t)
    const outcomes: string[] = []
    const read = async (): Promise<void> => {
      const headers = { authorization: `Bearer ${access}` }
      const status = await send({ port, agent, path: '/hello/', headers }, undefined)
      outcomes.push(`read ${status}`)
    }
    const unread = async (index: number): Promise<void> => {
      const { path, size, status: expected } = UNREAD[index % UNREAD.length]!
      const length = { 'content-length': String(size) }
      const headers = index % 4 === 3 ? { 'transfer-encoding': 'chunked' } : length
      const options = { port, agent, method: 'POST', path, headers }
      const status = await send(options, Buffer.alloc(size, 'b'))
      outcomes.push(`${expected} ${status}`)
    }

    const clients = Array.from({ length: 6 }, async (_, client) => {
      for (let i = 0; i < 25; i++) {
        await unread(client + i)
        await read()
      }
    })
    await Promise.all(clients)

    const wrong = outcomes.filter((it) => !/^(?:read 200|(\d+) \1)$/.test(it))
    t.diagnostic(`${outcomes.length} requests`)
    assert.deepEqual(wrong, [])
  })
}
