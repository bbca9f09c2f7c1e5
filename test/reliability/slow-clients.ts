import { Agent } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { LIMITS, type Limits } from '../../src/server/connection-limits.ts'
import { askJson, dial, type Pair, p99, signIn, untilClosed } from '../server/client.ts'
import { type ServerProcess, startServer } from '../server/process.ts'
import { pause, timed } from '../time.ts'
import {
  exactly,
  type Finding,
  findingsInOneRoundOf,
  trial,
  withinTime,
} from './trial.ts'

/** Node adds this to `keepAliveTimeout` for requests under way. */
const GRACE = 1000

/** Milliseconds by which a connection may be closed late. */
const LATE = 1000

type Timeouts = Pick<
  Limits,
  'headersTimeout' | 'requestTimeout' | 'keepAliveTimeout' | 'connectionsCheckingInterval'
>

/** Small, so that reading takes seconds. */
const SOON: Timeouts = {
  headersTimeout: 2000,
  requestTimeout: 3000,
  keepAliveTimeout: 1500,
  connectionsCheckingInterval: 250,
}

const NEVER: Partial<Limits> = {
  headersTimeout: 0,
  requestTimeout: 0,
  keepAliveTimeout: 0,
  timeout: 0,
}

interface Closed {
  readonly said: string
  /** Not closed before so many milliseconds of the clock, closed after so many of a stopwatch. */
  readonly clock: number
  readonly ms: number
}

/** R18. */
export const slowClients = trial({
  name: 'R18',
  promise: 'slow clients are disconnected in time and do not affect others',
  databases: ['sqlite', 'postgres'],
  long: { sockets: 200, limits: LIMITS as Timeouts, every: 1000, rounds: 1 },
  short: { sockets: 20, limits: SOON, every: 100, rounds: 3 },
  sabotages: [{ name: 'never-disconnect' }],
  async run(deps, { sockets, limits, every, rounds }) {
    const kept = deps.sabotage === 'never-disconnect' ? NEVER : limits
    const server = await startServer(deps, { database: deps.database, limits: kept })
    // In turns, so that other load on the machine affects both.
    const other = await startServer(deps)
    const agent = new Agent({ keepAlive: true })
    deps.after(() => agent.destroy())
    const slow = slowly(server.port, limits, every)
    const many = <T>(open: () => Promise<T>): Promise<T[]> =>
      Promise.all(Array.from({ length: sockets }, open))

    await honest(server, agent, after(500))
    return findingsInOneRoundOf(rounds, async () => {
      const baseline = await honest(server, agent, after(limits.requestTimeout))
      deps.progress(`${3 * sockets} slow connections`)
      let isOver = false
      const attack = Promise.all([
        many(slow.header),
        many(slow.body),
        many(slow.reader),
      ]).finally(() => {
        isOver = true
      })
      const [[headers, bodies, readers], during, elsewhere] = await Promise.all([
        attack,
        honest(server, agent, () => isOver),
        honest(other, agent, () => isOver),
      ])
      const alone = Math.max(p99(msOf(baseline)), p99(msOf(elsewhere)))
      const meanwhile = p99(msOf(during))
      const finding = withinTime(
        3,
        'times the p99 of other refreshes without them',
        meanwhile / alone,
      )
      return [
        inTime(sockets, 'slow headers', headers, limits.headersTimeout),
        inTime(sockets, 'slow bodies', bodies, limits.requestTimeout),
        exactly(
          sockets,
          'of them that read nothing closed in time',
          readers.filter(Boolean).length,
        ),
        exactly(
          0,
          `of ${during.length} other refreshes that failed`,
          during.filter(({ status }) => status !== 200).length,
        ),
        {
          ...finding,
          seen: `${finding.seen} (${alone.toFixed(1)} ms, ${meanwhile.toFixed(1)} ms)`,
        },
      ]
    })
  },
})

function inTime(
  sockets: number,
  of: string,
  closed: readonly Closed[],
  timeout: number,
): Finding {
  const good = closed.filter(
    ({ said, clock, ms }) =>
      said.startsWith('HTTP/1.1 408 ') && clock >= timeout && ms <= timeout + LATE,
  )
  return exactly(
    sockets,
    `of the ${of} answered 408 and closed after ${timeout / 1000} s`,
    good.length,
  )
}

/** Three kinds of connection. */
function slowly(
  port: number,
  { headersTimeout, requestTimeout, keepAliveTimeout }: Timeouts,
  every: number,
) {
  /** Sends a byte now and then until the server closes the connection. */
  const dripping = async (start: string, timeout: number): Promise<Closed> => {
    const socket = dial(port)
    const began = performance.now()
    socket.write(start)
    const drip = setInterval(() => socket.write('a'), every)
    let isClosed = false
    void pause(timeout + 3 * LATE).then(() => isClosed || socket.destroy())
    const { ms, got: said } = await timed(() => untilClosed(socket))
    isClosed = true
    clearInterval(drip)
    return { said, clock: performance.now() - began, ms }
  }
  return {
    header: () => dripping('GET /hello/ HTTP/1.1\r\nHost: x\r\nA: ', headersTimeout),
    body: () =>
      dripping(
        'POST /api/token/ HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n',
        requestTimeout,
      ),
    /**
     * Requests twenty answers and reads none of them. Unread bytes wait in the kernel, so to the
     * server the connection is idle.
     *
     * @returns whether it was closed in time
     */
    async reader(): Promise<boolean> {
      const socket = dial(port).pause()
      socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n'.repeat(20))
      await pause(keepAliveTimeout + GRACE + LATE)
      // A paused socket does not see the close; a writing one does, at the second attempt.
      for (let i = 0; i < 2; i++) {
        socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n')
        await sleep(150)
      }
      const { closed } = socket
      socket.destroy()
      return closed
    },
  }
}

interface Took {
  readonly status: number
  readonly ms: number
}

/** Refreshes one after the other, each token once, until one fails. */
async function honest(
  server: ServerProcess,
  agent: Agent,
  until: () => boolean,
): Promise<readonly Took[]> {
  const took: Took[] = []
  let { refresh } = await signIn(server)
  do {
    const { status, body, ms } = await askJson(
      server,
      '/api/token/refresh/',
      { refresh },
      agent,
    )
    took.push({ status, ms })
    if (status !== 200) break
    refresh = (JSON.parse(body) as Pair).refresh
    await sleep(10)
  } while (!until())
  return took
}

const msOf = (took: readonly Took[]): readonly number[] => took.map(({ ms }) => ms)

function after(ms: number): () => boolean {
  const end = performance.now() + ms
  return () => performance.now() >= end
}
