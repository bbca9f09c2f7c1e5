import assert from 'node:assert/strict'
import { Agent } from 'node:http'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { askJson, dial, inOneRoundOf, type Pair, p99, signIn, untilClosed } from './client.ts'
import { type ServerProcess, startServer } from './process.ts'

const LIMITS = {
  headersTimeout: 2000,
  requestTimeout: 3000,
  keepAliveTimeout: 1500,
  connectionsCheckingInterval: 250,
} as const
/** What node adds to `keepAliveTimeout` for requests that are on their way. */
const GRACE = 1000
const SOCKETS = 20

interface Closed {
  readonly said: string
  readonly ms: number
}

/** Opens a connection, does something slow on it every 100 ms, and waits until the server has enough of it. */
async function slowly(port: number, start: string, step: (socket: ReturnType<typeof dial>) => void): Promise<Closed> {
  const socket = dial(port)
  const began = performance.now()
  socket.write(start)
  const drip = setInterval(() => step(socket), 100)
  const enough = setTimeout(() => socket.destroy(), LIMITS.requestTimeout + 3000)
  try {
    return { said: await untilClosed(socket), ms: performance.now() - began }
  } finally {
    clearInterval(drip)
    clearTimeout(enough)
  }
}

const slowHeader = (port: number): Promise<Closed> =>
  slowly(port, 'GET /hello/ HTTP/1.1\r\nHost: x\r\nA: ', (socket) => socket.write('a'))

const slowBody = (port: number): Promise<Closed> =>
  slowly(port, 'POST /api/token/ HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n', (socket) => socket.write('a'))

/**
 * Asks twenty times and reads nothing, which is slower than any octet a second. What it has not read waits in the kernel,
 * so to the server it is an idle connection.
 *
 * @returns whether it was closed by the time that it has to be
 */
async function slowReader(port: number): Promise<boolean> {
  const socket = dial(port).pause()
  socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n'.repeat(20))
  await sleep(LIMITS.keepAliveTimeout + GRACE + 1000)
  // A paused socket does not hear of its end; one that writes does, at the second attempt.
  for (let i = 0; i < 2; i++) {
    socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n')
    await sleep(150)
  }
  const { closed } = socket
  socket.destroy()
  return closed
}

/** Refreshes one after the other, each token once. @returns how long each took */
async function honest(server: ServerProcess, agent: Agent, until: () => boolean): Promise<number[]> {
  const took: number[] = []
  let { refresh } = await signIn(server)
  do {
    const { status, body, ms } = await askJson(server, '/api/token/refresh/', { refresh }, agent)
    assert.equal(status, 200, body)
    refresh = (JSON.parse(body) as Pair).refresh
    took.push(ms)
    await sleep(10)
  } while (!until())
  return took
}

test('R18: slow clients are closed in time, and honest ones do not notice them', async (t) => {
  const server = await startServer(t, { limits: LIMITS })
  const agent = new Agent({ keepAlive: true })
  t.after(() => agent.destroy())
  const many = <T>(open: (port: number) => Promise<T>): Promise<T[]> =>
    Promise.all(Array.from({ length: SOCKETS }, () => open(server.port)))

  await honest(server, agent, after(500))
  await inOneRoundOf(3, async () => {
    const baseline = await honest(server, agent, after(2000))
    let over = false
    const attack = Promise.all([many(slowHeader), many(slowBody), many(slowReader)]).finally(() => {
      over = true
    })
    const [[headers, bodies, readers], during] = await Promise.all([attack, honest(server, agent, () => over)])

    for (const { said, ms } of headers) assertClosed(said, ms, LIMITS.headersTimeout)
    for (const { said, ms } of bodies) assertClosed(said, ms, LIMITS.requestTimeout)
    assert.deepEqual(new Set(readers), new Set([true]), 'a connection that reads nothing is still open')
    t.diagnostic(`refresh p99: ${p99(baseline).toFixed(1)} ms alone, ${p99(during).toFixed(1)} ms meanwhile`)
    assert.ok(p99(during) <= 3 * p99(baseline), `p99 ${p99(during)} ms, alone ${p99(baseline)} ms`)
  })
})

function assertClosed(said: string, ms: number, timeout: number): void {
  assert.match(said, /^HTTP\/1\.1 408 /)
  assert.ok(ms >= timeout && ms <= timeout + 1000, `closed after ${ms} ms`)
}

function after(ms: number): () => boolean {
  const end = performance.now() + ms
  return () => performance.now() >= end
}
