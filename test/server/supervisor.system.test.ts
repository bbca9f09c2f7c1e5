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
  const supervisor = await supervised(t)
  const [first = 0, second = 0] = supervisor.workers()

  process.kill(first, 'SIGKILL')
  await supervisor.until('another worker serves')

  const [entry] = supervisor.of('a worker ended, another one starts')
  assert.deepEqual([entry?.worker, entry?.ended], [first, 'by SIGKILL'])
  assert.ok(supervisor.workers().includes(second), 'the other worker still runs')
  assert.equal(supervisor.workers().length, 2)
})

test('workers that keep exiting are replaced with growing delays, until too many starts have failed', async (t) => {
  const supervisor = await supervised(t, {
    restartDelay: milliseconds(20),
    maxRestartDelay: milliseconds(100),
    maxFailedStarts: 6,
  })
  supervisor.put('broken')

  for (const pid of supervisor.workers()) process.kill(pid, 'SIGKILL')
  await supervisor.ended

  const delays = supervisor
    .of('a worker ended, another one starts')
    .map(({ delay }) => delay)
  assert.deepEqual(delays.slice(0, 5), [20, 40, 80, 100, 100])
  assert.ok(delays.length >= 7 && delays.length <= 9, JSON.stringify(delays))
  assert.deepEqual(supervisor.of('gave up'), [
    { event: 'gave up', code: 3, hasServed: true },
  ])
})

test('while one worker serves, the others are restarted without limit', async (t) => {
  const supervisor = await supervised(t, {
    restartDelay: milliseconds(1),
    maxRestartDelay: milliseconds(1),
    maxFailedStarts: 2,
  })
  supervisor.put('broken')
  const [first = 0, second = 0] = supervisor.workers()

  process.kill(first, 'SIGKILL')
  await supervisor.until('a worker ended, another one starts', 6)

  assert.ok(isAlive(second))
  assert.deepEqual(supervisor.of('gave up'), [])
})

test('if the first worker cannot start, there is no second attempt', async (t) => {
  const supervisor = await supervised(t, {}, 'broken')

  await supervisor.ended

  assert.deepEqual(supervisor.of('gave up'), [
    { event: 'gave up', code: 3, hasServed: false },
  ])
})

test('a worker that does not respond to pings is killed and replaced', async (t) => {
  const supervisor = await supervised(t, {
    pingInterval: milliseconds(200),
    maxMissedPings: 4,
  })
  const [first = 0] = supervisor.workers()

  process.kill(first, 'SIGUSR2')
  await supervisor.until('another worker serves')

  assert.deepEqual(
    supervisor.of('a worker does not respond and is killed').map(({ worker }) => worker),
    [first],
  )
})

test('SIGHUP replaces all workers', async (t) => {
  const supervisor = await supervised(t)
  const old = supervisor.workers()

  supervisor.child.kill('SIGHUP')
  await supervisor.until('reloaded')

  const fresh = supervisor.workers()
  assert.equal(fresh.length, 2)
  assert.deepEqual(
    fresh.filter((pid) => old.includes(pid)),
    [],
  )
  assert.deepEqual(supervisor.of('a worker ended, another one starts'), [])
})

test('a reload whose first worker cannot start keeps the old workers', async (t) => {
  const supervisor = await supervised(t)
  const old = supervisor.workers()
  supervisor.put('broken')

  supervisor.child.kill('SIGHUP')
  await supervisor.until('not reloaded: a new worker cannot start, the old ones go on')

  assert.deepEqual(supervisor.workers(), old)
})

test('any number of SIGHUPs during a reload cause exactly one more reload', async (t) => {
  const supervisor = await supervised(t)

  supervisor.child.kill('SIGHUP')
  assert.ok(await within(10, () => supervisor.workers().length === 3))
  for (let i = 0; i < 5; i++) {
    supervisor.child.kill('SIGHUP')
    await within(1, () => false)
    if (supervisor.of('reloaded').length > 0) break
  }
  await supervisor.until('reloaded', 2)

  assert.ok(await within(2, () => supervisor.workers().length === 2))
  assert.equal(supervisor.of('reloaded').length, 2)
})

test('a worker that does not stop in time is killed, and the supervisor still exits with 0', async (t) => {
  const supervisor = await supervised(t, { stopTimeout: milliseconds(700) })
  supervisor.put('stubborn')
  const workers = supervisor.workers()
  const began = performance.now()

  const { ms } = await timed(() => {
    supervisor.child.kill('SIGTERM')
    return supervisor.ended
  })

  assert.ok(performance.now() - began > 600 && ms < 4000, `${ms} ms`)
  assert.deepEqual([supervisor.child.exitCode, supervisor.of('stopped').length], [0, 1])
  assert.deepEqual(workers.filter(isAlive), [])
})

test('a second signal kills everything at once', async (t) => {
  const supervisor = await supervised(t, { stopTimeout: milliseconds(60_000) })
  supervisor.put('stubborn')
  const workers = supervisor.workers()

  supervisor.child.kill('SIGTERM')
  await within(1, () => false)
  assert.equal(supervisor.child.exitCode, null)
  supervisor.child.kill('SIGTERM')
  await supervisor.ended

  assert.equal(supervisor.child.signalCode, 'SIGTERM')
  assert.ok(await within(2, () => !workers.some(isAlive)))
})

test('workers exit when their supervisor is killed', async (t) => {
  const supervisor = await supervised(t)
  const workers = supervisor.workers()

  supervisor.child.kill('SIGKILL')
  await supervisor.ended

  assert.ok(await within(5, () => !workers.some(isAlive)))
})

test('a worker that gets SIGTERM from another process is replaced', async (t) => {
  const supervisor = await supervised(t)
  const [first = 0] = supervisor.workers()

  process.kill(first, 'SIGTERM')
  await supervisor.until('another worker serves')

  assert.equal(
    supervisor.of('a worker ended, another one starts')[0]?.ended,
    'with code 0',
  )
})
