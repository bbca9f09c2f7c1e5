import { once } from 'node:events'
import { type IncomingMessage, request } from 'node:http'
import { Readable } from 'node:stream'
import { gzipSync } from 'node:zlib'
import { askJson, boundOf } from '../server/client.ts'
import { startServer } from '../server/process.ts'
import { atMost, exactly, findingsInOneRoundOf, trial, withinTime } from './trial.ts'

const MIB = 2 ** 20
const JSON_TYPE = { 'Content-Type': 'application/json' }

/** 50 MiB of zeros, compressed to 49 KB. */
const BOMB = gzipSync(Buffer.alloc(50 * MIB))

const BODIES = [
  [
    '10 MB',
    413,
    { ...JSON_TYPE, 'Content-Length': '10000000' },
    () => repeated('x'.repeat(100_000), 100),
  ],
  ['10 MB in chunks', 413, JSON_TYPE, () => repeated('x'.repeat(100_000), 100)],
  [
    'chunks without end',
    413,
    JSON_TYPE,
    () => repeated('x'.repeat(1000), Number.POSITIVE_INFINITY),
  ],
  ['a gzip bomb', 415, { ...JSON_TYPE, 'Content-Encoding': 'gzip' }, () => [BOMB]],
  ['60,000 nested brackets', 400, JSON_TYPE, () => ['['.repeat(60_000)]],
  ['100,000 nested brackets', 413, JSON_TYPE, () => ['['.repeat(100_000)]],
] as const

/** Fault: the server keeps everything it receives, several times over. */
const HOARD = `data:text/javascript,${encodeURIComponent(`import { IncomingMessage } from 'node:http'
const { push } = IncomingMessage.prototype
const kept = []
IncomingMessage.prototype.push = function (chunk, ...rest) {
  if (chunk !== null) kept.push(Buffer.alloc(16 * chunk.length, 1))
  return push.call(this, chunk, ...rest)
}`)}`

/** R19. */
export const oversized = trial({
  name: 'R19',
  promise: 'oversized bodies are rejected without much memory or time',
  databases: ['sqlite'],
  long: { times: 1000, rounds: 1 },
  short: { times: 20, rounds: 3 },
  sabotages: [{ name: 'keep-everything' }],
  async run(deps, { times, rounds }) {
    const execArgv = deps.sabotage === 'keep-everything' ? ['--import', HOARD] : []
    const server = await startServer(deps, { database: deps.database }, execArgv)
    await sendAll(server.port, 20)

    return findingsInOneRoundOf(rounds, async () => {
      const alone = await server.measure(async () => {
        for (let i = 0; i < 20 * BODIES.length; i++)
          await askJson(server, '/api/token/', {})
      })
      let wrong: readonly string[] = []
      const { residentBefore, residentPeak, loopDelay } = await server.measure(
        async () => {
          wrong = await sendAll(server.port, times, (done) =>
            deps.progress(`${done} of ${times} of each`),
          )
        },
      )
      const all = (times * BODIES.length).toLocaleString('en')
      const late = withinTime(
        boundOf(50, alone.loopDelay),
        'ms of event-loop delay, p99',
        loopDelay,
      )
      return [
        {
          ...exactly(0, `of ${all} bodies answered wrongly`, wrong.length),
          seen: `${wrong.length} ${[...new Set(wrong)].join(', ')}`.trim(),
        },
        atMost(50, 'MiB more memory', (residentPeak - residentBefore) / MIB),
        {
          ...late,
          seen: `${late.seen} (with small bodies ${alone.loopDelay.toFixed(1)})`,
        },
      ]
    })
  },
})

/** Sends every body `times` times. @returns a description of each wrong answer */
async function sendAll(
  port: number,
  times: number,
  progress?: (done: number) => void,
): Promise<readonly string[]> {
  const wrong: string[] = []
  for (let done = 0; done < times; done++) {
    if (done > 0 && done % 100 === 0) progress?.(done)
    for (const [what, status, headers, pieces] of BODIES) {
      const answered = await send(port, headers, pieces())
      if (answered !== status) wrong.push(`${what}: ${answered}`)
    }
  }
  return wrong
}

/** Sends a body until the server answers, even if it answers before the end of the body. @returns the status */
async function send(
  port: number,
  headers: Record<string, string>,
  pieces: Iterable<string | Buffer>,
): Promise<number> {
  const outgoing = request({
    host: '127.0.0.1',
    port,
    path: '/api/token/',
    method: 'POST',
    headers,
    agent: false,
  })
  outgoing.on('error', () => undefined)
  const source = Readable.from(pieces)
  source.pipe(outgoing)
  const [response] = (await once(outgoing, 'response', {
    signal: AbortSignal.timeout(120_000),
  })) as [IncomingMessage]
  source.destroy()
  outgoing.destroy()
  return response.statusCode ?? 0
}

function* repeated(piece: string, times: number): Generator<string> {
  for (let i = 0; i < times; i++) yield piece
}
