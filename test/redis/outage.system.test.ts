import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { seconds, type UnixSeconds } from '../../src/base/clock.ts'
import { inOneRoundOf } from '../server/client.ts'
import { aRedis } from '../services/redis.ts'
import { pause, timed, until } from '../time.ts'
import { type Process, startProcess, startProcesses, TEN } from './setup.ts'

const NOW = 1_790_000_000.25 as UnixSeconds

/** Sends `many` hits. @returns how many were counted */
async function counted(
  { hits }: Process,
  many: number,
  key = 'k',
  now = NOW,
): Promise<number> {
  const all = await Promise.all(
    Array.from({ length: many }, () => hits.hit(key, TEN, now)),
  )
  return all.filter(({ kind }) => kind === 'counted').length
}

const sum = (numbers: readonly number[]): number => numbers.reduce((a, b) => a + b, 0)

test('while Redis is down three processes together admit at most one limit, and share it again after the outage', async (t) => {
  const started = await startProcesses(t, 3)
  if (started === undefined) return
  const { server, processes } = started

  await server.stop()
  await until(() => processes.every(({ state }) => state() === 'down'))
  const alone = await Promise.all(processes.map((each) => counted(each, 20)))
  assert.deepEqual(alone, [3, 3, 3])

  await server.start()
  await until(() => processes.every(({ state }) => state() === 'up'))
  assert.equal(sum(await Promise.all(processes.map((each) => counted(each, 20)))), 10)
})

test('during an outage a limit below the number of processes admits one hit in each', async (t) => {
  const started = await startProcesses(t, 3)
  if (started === undefined) return
  await started.server.stop()
  await until(() => started.processes.every(({ state }) => state() === 'down'))

  const two = { limit: 2, per: seconds(60) }
  const answers = await Promise.all(
    started.processes.map(async ({ hits }) => [
      await hits.hit('k', two, NOW),
      await hits.hit('k', two, NOW),
    ]),
  )

  for (const [first, second] of answers)
    assert.deepEqual([first?.kind, second?.kind], ['counted', 'full'])
})

test('if Redis hangs, the first hit waits 250 ms for it and later hits do not wait', async (t) => {
  const started = await startProcesses(t, 1)
  if (started === undefined) return
  const { server, processes } = started
  const [one] = processes
  assert.equal(await counted(one!, 4), 4)

  server.pause()
  const first = await timed(() => one!.hits.hit('k', TEN, NOW))
  const others = await timed(() => counted(one!, 3))
  assert.ok(first.ms < 400, `the first hit waited for ${first.ms} ms`)
  assert.ok(others.ms < 50, `later hits waited for ${others.ms} ms`)
  assert.equal(one!.state(), 'down')

  await sleep(2000)
  server.resume()
  await until(() => one!.state() === 'up')
  assert.deepEqual(one!.reported, ['lost: no answer within 250 ms', 'back'])
  // The four from before, and one that was on its way when Redis hung.
  assert.equal(await counted(one!, 20), 5)
})

test('FLUSHALL resets the counts, and processes keep sharing limits', async (t) => {
  const started = await startProcesses(t, 2)
  if (started === undefined) return
  const { server, processes } = started
  assert.equal(sum(await Promise.all(processes.map((each) => counted(each, 20)))), 10)

  await server.flush()

  assert.equal(sum(await Promise.all(processes.map((each) => counted(each, 20)))), 10)
  assert.deepEqual(
    processes.flatMap(({ reported }) => reported),
    [],
  )
  // The processes have announced themselves again: during an outage the limit is divided by two.
  await pause(1200)
  await server.stop()
  await until(() => processes.every(({ state }) => state() === 'down'))
  assert.deepEqual(await Promise.all(processes.map((each) => counted(each, 20))), [5, 5])
})

test('a restarted Redis is used again, and each outage is reported once when it starts and once when it ends', async (t) => {
  const started = await startProcesses(t, 1)
  if (started === undefined) return
  const { server, processes } = started
  const [one] = processes

  for (let i = 0; i < 2; i++) {
    await server.stop()
    await until(() => one!.state() === 'down')
    // Long enough for several attempts to reconnect.
    for (let n = 0; n < 15; n++)
      await Promise.all([one!.hits.hit('k', TEN, NOW), sleep(100)])
    await server.start()
    await until(() => one!.state() === 'up')
    assert.equal(await counted(one!, 20, `after ${i}`), 10)
  }

  assert.deepEqual(
    one!.reported.map((text) => text.replace(/:.*/, '')),
    ['lost', 'back', 'lost', 'back'],
  )
})

test('while Redis rejects writes, a process counts in memory', async (t) => {
  const started = await startProcesses(t, 1)
  if (started === undefined) return
  const { server, processes } = started
  const [one] = processes

  await server.ask('CONFIG SET maxmemory 1')
  await until(() => one!.state() === 'down')
  assert.equal(await counted(one!, 20), 10)
  await server.ask('CONFIG SET maxmemory 0')
  await until(() => one!.state() === 'up')

  assert.equal(one!.reported.length, 2)
  assert.match(one!.reported[0]!, /^lost: OOM command not allowed/)
})

test('a blocked event loop is not reported as an outage of Redis', async (t) => {
  const started = await startProcesses(t, 1)
  if (started === undefined) return
  const [one] = started.processes

  for (let i = 0; i < 3; i++) {
    const answer = one!.hits.hit('k', TEN, NOW)
    // Sends the request, and blocks until long after the response has arrived.
    await new Promise((resolve) => setImmediate(resolve))
    const end = performance.now() + 400
    while (performance.now() < end) {
      // Blocks the event loop, as an application may.
    }
    await answer
  }

  assert.deepEqual(one!.reported, [])
})

test('a hit is taken back in Redis, and during an outage in memory', async (t) => {
  const started = await startProcesses(t, 1)
  if (started === undefined) return
  const { server, processes } = started
  const [one] = processes
  const tryAll = async (): Promise<void> => {
    assert.equal(await counted(one!, 20), 10)
    await one!.hits.takeBack('k', TEN, NOW)
    assert.equal(await counted(one!, 20), 1)
  }

  await tryAll()
  await server.stop()
  await until(() => one!.state() === 'down')
  await tryAll()
})

test('keys in Redis expire after their period', async (t) => {
  const started = await startProcesses(t, 1)
  if (started === undefined) return
  await started.processes[0]!.hits.hit('k', { limit: 5, per: seconds(1) }, NOW)

  assert.equal(await started.server.ask('EXISTS watchword:k'), ':1\r\n')
  await pause(2200)
  assert.equal(await started.server.ask('EXISTS watchword:k'), ':0\r\n')
})

test('a start without Redis takes a second, is reported, and Redis is used once it runs', async (t) => {
  const server = await aRedis()
  if (typeof server === 'string') return t.skip(server)
  await server.stop()

  await inOneRoundOf(3, async () => {
    const { ms, got } = await timed(() => startProcess(server.url))
    await got.close()
    assert.ok(ms < 1500, `it took ${ms} ms`)
  })

  const one = await startProcess(server.url)
  t.after(async () => {
    await one.close()
    await server.stop()
  })
  assert.match(one.reported.join(), /^lost: connect ECONNREFUSED/)
  // Before the first contact eight processes are assumed.
  assert.equal(await counted(one, 20), 1)
  await server.start()
  await until(() => one.state() === 'up')
  assert.equal(await counted(one, 20), 10)
})

test('a wrong password for Redis is reported without the password', async (t) => {
  const server = await aRedis('--requirepass', 'the-right-one')
  if (typeof server === 'string') return t.skip(server)
  const wrong = await startProcess(server.url.replace('//', '//:the-wrong-one@'))
  const right = await startProcess(server.url.replace('//', '//:the-right-one@'))
  t.after(async () => {
    await wrong.close()
    await right.close()
    await server.stop()
  })

  assert.equal(wrong.state(), 'down')
  assert.match(wrong.reported.join(), /^lost: WRONGPASS/)
  assert.ok(!wrong.reported.join().includes('the-wrong-one'))
  assert.equal(right.state(), 'up')
  assert.equal(await counted(right, 20), 10)
})
