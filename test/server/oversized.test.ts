import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type IncomingMessage, request } from 'node:http'
import { Readable } from 'node:stream'
import { test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { askJson, boundOf, inOneRoundOf } from './client.ts'
import { type ServerProcess, startServer } from './process.ts'

const MIB = 2 ** 20
const ROUNDS = 20
const JSON_TYPE = { 'Content-Type': 'application/json' }

const BODIES = [
  ['10 MB', 413, { ...JSON_TYPE, 'Content-Length': '10000000' }, () => repeated('x'.repeat(100_000), 100)],
  ['10 MB in chunks', 413, JSON_TYPE, () => repeated('x'.repeat(100_000), 100)],
  ['chunks without end', 413, JSON_TYPE, () => repeated('x'.repeat(1000), Number.POSITIVE_INFINITY)],
  ['a gzip bomb', 415, { ...JSON_TYPE, 'Content-Encoding': 'gzip' }, () => [BOMB]],
  ['60,000 nested brackets', 400, JSON_TYPE, () => ['['.repeat(60_000)]],
  ['100,000 nested brackets', 413, JSON_TYPE, () => ['['.repeat(100_000)]],
] as const

/** 50 MB in 49 KB. */
const BOMB = gzipSync(Buffer.alloc(50 * MIB))

function* repeated(piece: string, times: number): Generator<string> {
  for (let i = 0; i < times; i++) yield piece
}

/** Sends until there is an answer. */
async function send(port: number, headers: Record<string, string>, pieces: Iterable<string | Buffer>): Promise<number> {
  const outgoing = request({ host: '127.0.0.1', port, path: '/api/token/', method: 'POST', headers, agent: false })
  outgoing.on('error', () => undefined)
  const source = Readable.from(pieces)
  source.pipe(outgoing)
  const [response] = (await once(outgoing, 'response', { signal: AbortSignal.timeout(10_000) })) as [IncomingMessage]
  source.destroy()
  outgoing.destroy()
  return response.statusCode ?? 0
}

test('R19: bodies that are too much are refused, and cost next to nothing', async (t) => {
  const server = await startServer(t)
  await sendAll(server.port)

  await inOneRoundOf(3, async () => {
    const alone = await server.measure(() => sendSmall(server))
    const { residentBefore, residentPeak, loopDelay } = await server.measure(() => sendAll(server.port))

    const grown = (residentPeak - residentBefore) / MIB
    t.diagnostic(
      `${ROUNDS * BODIES.length} bodies: ${grown.toFixed(1)} MiB more; loop delay p99 ${loopDelay.toFixed(1)} ms, with small ones ${alone.loopDelay.toFixed(1)} ms`,
    )
    assert.ok(grown <= 50, `${grown} MiB more`)
    assert.ok(loopDelay <= boundOf(50, alone.loopDelay), `the event loop came ${loopDelay} ms late`)
  })
})

async function sendAll(port: number): Promise<void> {
  for (let round = 0; round < ROUNDS; round++) {
    for (const [what, status, headers, pieces] of BODIES) {
      assert.equal(await send(port, headers, pieces()), status, what)
    }
  }
}

async function sendSmall(server: Pick<ServerProcess, 'port'>): Promise<void> {
  for (let i = 0; i < ROUNDS * BODIES.length; i++) await askJson(server, '/api/token/', {})
}
