import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { type TestContext, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { milliseconds } from '../../src/base/clock.ts'
import type { SupervisorLimits } from '../../src/server/cluster/supervisor.ts'
import { timed } from '../time.ts'
import { childrenOf, isAlive, within } from './command.ts'

const PROGRAM = fileURLToPath(new URL('supervised.ts', import.meta.url))

interface Entry {
  readonly event: string
  readonly worker?: number
  readonly delay?: number
  readonly ended?: string
  readonly code?: number
}

async function supervised(
  t: TestContext,
  limits: Partial<SupervisorLimits> = {},
  file?: 'broken',
) {
  const folder = mkdtempSync(join(tmpdir(), 'watchword-'))
  const put = (name: 'broken' | 'stubborn'): void => writeFileSync(join(folder, name), '')
  if (file !== undefined) put(file)
  const child = spawn(process.execPath, [PROGRAM, folder, JSON.stringify(limits)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  t.after(() => {
    child.kill('SIGKILL')
    rmSync(folder, { recursive: true, force: true })
  })
  const entries: Entry[] = []
  createInterface(child.stdout).on('line', (line) =>
    entries.push(JSON.parse(line) as Entry),
  )
  const ended = once(child, 'close')
  const of = (event: string): readonly Entry[] =>
    entries.filter((entry) => entry.event === event)
  const until = async (event: string, times = 1): Promise<void> =>
    assert.ok(
      await within(120, () => of(event).length >= times),
      `${event}: ${JSON.stringify(entries)}`,
    )
  if (file === undefined) await until('serving')
  return { child, put, ended, of, until, workers: () => childrenOf(child.pid!) }
}

test('a worker that exits is replaced, and the log says how it ended', async (t) => {
  const it = await supervised(t)
  const [first = 0, second = 0] = it.workers()

  process.kill(first, 'SIGKILL')
  await it.until('another worker serves')

  const [entry] = it.of('a worker ended, another one starts')
  assert.deepEqual([entry?.worker, entry?.ended], [first, 'by SIGKILL'])
  assert.ok(it.workers().includes(second), 'the other worker still runs')
  assert.equal(it.workers().length, 2)
})

test('workers that keep exiting are replaced with growing delays, until too many starts have failed', async (t) => {
  const it = await supervised(t, {
    restartDelay: milliseconds(20),
    maxRestartDelay: milliseconds(100),
    maxFailedStarts: 6,
  })
  it.put('broken')

  for (const pid of it.workers()) process.kill(pid, 'SIGKILL')
  await it.ended

  const delays = it.of('a worker ended, another one starts').map(({ delay }) => delay)
  assert.deepEqual(delays.slice(0, 5), [20, 40, 80, 100, 100])
  assert.ok(delays.length >= 7 && delays.length <= 9, JSON.stringify(delays))
  assert.deepEqual(it.of('gave up'), [{ event: 'gave up', code: 3, hasServed: true }])
})

test('while one worker serves, the others are restarted without limit', async (t) => {
  const it = await supervised(t, {
    restartDelay: milliseconds(1),
    maxRestartDelay: milliseconds(1),
    maxFailedStarts: 2,
  })
  it.put('broken')
  const [first = 0, second = 0] = it.workers()

  process.kill(first, 'SIGKILL')
  await it.until('a worker ended, another one starts', 6)

  assert.ok(isAlive(second))
  assert.deepEqual(it.of('gave up'), [])
})

test('if the first worker cannot start, there is no second attempt', async (t) => {
  const it = await supervised(t, {}, 'broken')

  await it.ended

  assert.deepEqual(it.of('gave up'), [{ event: 'gave up', code: 3, hasServed: false }])
})

test('a worker that does not respond to pings is killed and replaced', async (t) => {
  const it = await supervised(t, { pingInterval: milliseconds(200), maxMissedPings: 4 })
  const [first = 0] = it.workers()

  process.kill(first, 'SIGUSR2')
  await it.until('another worker serves')

  assert.deepEqual(
    it.of('a worker does not respond and is killed').map(({ worker }) => worker),
    [first],
  )
})

test('SIGHUP replaces all workers', async (t) => {
  const it = await supervised(t)
  const old = it.workers()

  it.child.kill('SIGHUP')
  await it.until('reloaded')

  const fresh = it.workers()
  assert.equal(fresh.length, 2)
  assert.deepEqual(
    fresh.filter((pid) => old.includes(pid)),
    [],
  )
  assert.deepEqual(it.of('a worker ended, another one starts'), [])
})

test('a reload whose first worker cannot start keeps the old workers', async (t) => {
  const it = await supervised(t)
  const old = it.workers()
  it.put('broken')

  it.child.kill('SIGHUP')
  await it.until('not reloaded: a new worker cannot start, the old ones go on')

  assert.deepEqual(it.workers(), old)
})

test('any number of SIGHUPs during a reload cause exactly one more reload', async (t) => {
  const it = await supervised(t)

  it.child.kill('SIGHUP')
  assert.ok(await within(10, () => it.workers().length === 3))
  for (let i = 0; i < 5; i++) {
    it.child.kill('SIGHUP')
    await within(1, () => false)
    if (it.of('reloaded').length > 0) break
  }
  await it.until('reloaded', 2)

  assert.ok(await within(2, () => it.workers().length === 2))
  assert.equal(it.of('reloaded').length, 2)
})

test('a worker that does not stop in time is killed, and the supervisor still exits with 0', async (t) => {
  const it = await supervised(t, { stopTimeout: milliseconds(700) })
  it.put('stubborn')
  const workers = it.workers()
  const began = performance.now()

  const { ms } = await timed(() => {
    it.child.kill('SIGTERM')
    return it.ended
  })

  assert.ok(performance.now() - began > 600 && ms < 4000, `${ms} ms`)
  assert.deepEqual([it.child.exitCode, it.of('stopped').length], [0, 1])
  assert.deepEqual(workers.filter(isAlive), [])
})

test('a second signal kills everything at once', async (t) => {
  const it = await supervised(t, { stopTimeout: milliseconds(60_000) })
  it.put('stubborn')
  const workers = it.workers()

  it.child.kill('SIGTERM')
  await within(1, () => false)
  assert.equal(it.child.exitCode, null)
  it.child.kill('SIGTERM')
  await it.ended

  assert.equal(it.child.signalCode, 'SIGTERM')
  assert.ok(await within(2, () => !workers.some(isAlive)))
})

test('workers exit when their supervisor is killed', async (t) => {
  const it = await supervised(t)
  const workers = it.workers()

  it.child.kill('SIGKILL')
  await it.ended

  assert.ok(await within(5, () => !workers.some(isAlive)))
})

test('a worker that gets SIGTERM from another process is replaced', async (t) => {
  const it = await supervised(t)
  const [first = 0] = it.workers()

  process.kill(first, 'SIGTERM')
  await it.until('another worker serves')

  assert.equal(it.of('a worker ended, another one starts')[0]?.ended, 'with code 0')
})
