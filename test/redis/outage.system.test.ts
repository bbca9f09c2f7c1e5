import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { seconds, type UnixSeconds } from '../../src/base/clock.ts'
import { inOneRoundOf } from '../server/client.ts'
import { aRedis } from '../services/redis.ts'
import { pause, timed, until } from '../time.ts'
import { aHouse, aProcess, type Process, TEN } from './world.ts'

const NOW = 1_790_000_000.25 as UnixSeconds

/** How many of so many hits are counted. */
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

test('while Redis is down three processes let in no more together than one limit, and more when it is back', async (t) => {
  const instance = await aHouse(t, 3)
  if (instance === undefined) return
  const { server, processes } = instance

  await server.stop()
  await until(() => processes.every(({ state }) => state() === 'down'))
  const alone = await Promise.all(processes.map((each) => counted(each, 20)))
  assert.deepEqual(alone, [3, 3, 3])

  await server.start()
  await until(() => processes.every(({ state }) => state() === 'up'))
  assert.equal(sum(await Promise.all(processes.map((each) => counted(each, 20)))), 10)
})

test('a limit of less than there are processes lets in one each', async (t) => {
  const instance = await aHouse(t, 3)
  if (instance === undefined) return
  await instance.server.stop()
  await until(() => instance.processes.every(({ state }) => state() === 'down'))

  const two = { limit: 2, per: seconds(60) }
  const answers = await Promise.all(
    instance.processes.map(async ({ hits }) => [
      await hits.hit('k', two, NOW),
      await hits.hit('k', two, NOW),
    ]),
  )

  for (const [first, second] of answers)
    assert.deepEqual([first?.kind, second?.kind], ['counted', 'full'])
})

test('nobody waits for more than 250 ms for a Redis that hangs, and only the first waits at all', async (t) => {
  const instance = await aHouse(t, 1)
  if (instance === undefined) return
  const { server, processes } = instance
  const [one] = processes
  assert.equal(await counted(one!, 4), 4)

  server.pause()
  const first = await timed(() => one!.hits.hit('k', TEN, NOW))
  const others = await timed(() => counted(one!, 3))
  assert.ok(first.ms < 400, `the first waited for ${first.ms} ms`)
  assert.ok(others.ms < 50, `those after it waited for ${others.ms} ms`)
  assert.equal(one!.state(), 'down')

  await sleep(2000)
  server.resume()
  await until(() => one!.state() === 'up')
  assert.deepEqual(one!.told, ['lost: no answer within 250 ms', 'back'])
  // The four from before, and one that was on its way when Redis hung.
  assert.equal(await counted(one!, 20), 5)
})

test('after FLUSHALL counting starts anew, and nothing is lost but the counts', async (t) => {
  const instance = await aHouse(t, 2)
  if (instance === undefined) return
  const { server, processes } = instance
  assert.equal(sum(await Promise.all(processes.map((each) => counted(each, 20)))), 10)

  await server.flush()

  assert.equal(sum(await Promise.all(processes.map((each) => counted(each, 20)))), 10)
  assert.deepEqual(
    processes.flatMap(({ told }) => told),
    [],
  )
  // The processes are known again: when it goes down now, the limit is shared by two.
  await pause(1200)
  await server.stop()
  await until(() => processes.every(({ state }) => state() === 'down'))
  assert.deepEqual(await Promise.all(processes.map((each) => counted(each, 20))), [5, 5])
})

test('what was restarted is used again, and each outage is told of in two lines', async (t) => {
  const instance = await aHouse(t, 1)
  if (instance === undefined) return
  const { server, processes } = instance
  const [one] = processes

  for (let i = 0; i < 2; i++) {
    await server.stop()
    await until(() => one!.state() === 'down')
    // Long enough to be asked in vain again and again.
    for (let n = 0; n < 15; n++)
      await Promise.all([one!.hits.hit('k', TEN, NOW), sleep(100)])
    await server.start()
    await until(() => one!.state() === 'up')
    assert.equal(await counted(one!, 20, `after ${i}`), 10)
  }

  assert.deepEqual(
    one!.told.map((text) => text.replace(/:.*/, '')),
    ['lost', 'back', 'lost', 'back'],
  )
})

test('where Redis takes no writes, a process counts alone', async (t) => {
  const instance = await aHouse(t, 1)
  if (instance === undefined) return
  const { server, processes } = instance
  const [one] = processes

  await server.ask('CONFIG SET maxmemory 1')
  await until(() => one!.state() === 'down')
  assert.equal(await counted(one!, 20), 10)
  await server.ask('CONFIG SET maxmemory 0')
  await until(() => one!.state() === 'up')

  assert.equal(one!.told.length, 2)
  assert.match(one!.told[0]!, /^lost: OOM command not allowed/)
})

test('a process that was busy itself does not take Redis for slow', async (t) => {
  const instance = await aHouse(t, 1)
  if (instance === undefined) return
  const [one] = instance.processes

  for (let i = 0; i < 3; i++) {
    const answer = one!.hits.hit('k', TEN, NOW)
    // Lets the question leave, and is busy until long after its answer has come.
    await new Promise((resolve) => setImmediate(resolve))
    const end = performance.now() + 400
    while (performance.now() < end) {
      // As a loop of somebody's would be.
    }
    await answer
  }

  assert.deepEqual(one!.told, [])
})

test('what was counted is taken back wherever it was counted', async (t) => {
  const instance = await aHouse(t, 1)
  if (instance === undefined) return
  const { server, processes } = instance
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

test('Redis forgets by itself what counts no more', async (t) => {
  const instance = await aHouse(t, 1)
  if (instance === undefined) return
  await instance.processes[0]!.hits.hit('k', { limit: 5, per: seconds(1) }, NOW)

  assert.equal(await instance.server.ask('EXISTS watchword:k'), ':1\r\n')
  await pause(2200)
  assert.equal(await instance.server.ask('EXISTS watchword:k'), ':0\r\n')
})

test('a start without Redis takes a second, says so, and uses it when it is there', async (t) => {
  const server = await aRedis()
  if (typeof server === 'string') return t.skip(server)
  await server.stop()

  await inOneRoundOf(3, async () => {
    const { ms, got } = await timed(() => aProcess(server.url))
    await got.close()
    assert.ok(ms < 1500, `it took ${ms} ms`)
  })

  const one = await aProcess(server.url)
  t.after(async () => {
    await one.close()
    await server.stop()
  })
  assert.match(one.told.join(), /^lost: connect ECONNREFUSED/)
  // As if there were eight.
  assert.equal(await counted(one, 20), 1)
  await server.start()
  await until(() => one.state() === 'up')
  assert.equal(await counted(one, 20), 10)
})

test('a wrong password is told of, and not told', async (t) => {
  const server = await aRedis('--requirepass', 'the-right-one')
  if (typeof server === 'string') return t.skip(server)
  const wrong = await aProcess(server.url.replace('//', '//:the-wrong-one@'))
  const right = await aProcess(server.url.replace('//', '//:the-right-one@'))
  t.after(async () => {
    await wrong.close()
    await right.close()
    await server.stop()
  })

  assert.equal(wrong.state(), 'down')
  assert.match(wrong.told.join(), /^lost: WRONGPASS/)
  assert.ok(!wrong.told.join().includes('the-wrong-one'))
  assert.equal(right.state(), 'up')
  assert.equal(await counted(right, 20), 10)
})
