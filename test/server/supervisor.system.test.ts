import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { type TestContext, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import type { Patience } from '../../src/server/supervisor.ts'
import { timed } from '../time.ts'
import { childrenOf, isAlive, within } from './command.ts'

const PROGRAM = fileURLToPath(new URL('supervised.ts', import.meta.url))

interface Entry {
  readonly event: string
  readonly worker?: number
  readonly pause?: number
  readonly ended?: string
  readonly code?: number
}

async function supervised(t: TestContext, patience: Partial<Patience> = {}, file?: 'broken') {
  const folder = mkdtempSync(join(tmpdir(), 'watchword-'))
  const put = (name: 'broken' | 'stubborn'): void => writeFileSync(join(folder, name), '')
  if (file !== undefined) put(file)
  const child = spawn(process.execPath, [PROGRAM, folder, JSON.stringify(patience)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  t.after(() => {
    child.kill('SIGKILL')
    rmSync(folder, { recursive: true, force: true })
  })
  const entries: Entry[] = []
  createInterface(child.stdout).on('line', (line) => entries.push(JSON.parse(line) as Entry))
  const ended = once(child, 'close')
  const of = (event: string): readonly Entry[] => entries.filter((entry) => entry.event === event)
  const until = async (event: string, times = 1): Promise<void> =>
    assert.ok(await within(120, () => of(event).length >= times), `${event}: ${JSON.stringify(entries)}`)
  if (file === undefined) await until('serving')
  return { child, put, ended, of, until, workers: () => childrenOf(child.pid!) }
}

test('a worker that ends is replaced, with its end told', async (t) => {
  const it = await supervised(t)
  const [first = 0, second = 0] = it.workers()

  process.kill(first, 'SIGKILL')
  await it.until('another worker serves')

  const [told] = it.of('a worker ended, another one starts')
  assert.deepEqual([told?.worker, told?.ended], [first, 'by SIGKILL'])
  assert.ok(it.workers().includes(second), 'the other one goes on')
  assert.equal(it.workers().length, 2)
})

test('workers that end again and again are replaced ever more slowly, and given up when none can start', async (t) => {
  const it = await supervised(t, { pause: 20, longestPause: 100, failures: 6 })
  it.put('broken')

  for (const pid of it.workers()) process.kill(pid, 'SIGKILL')
  await it.ended

  const pauses = it.of('a worker ended, another one starts').map(({ pause }) => pause)
  assert.deepEqual(pauses.slice(0, 5), [20, 40, 80, 100, 100])
  assert.ok(pauses.length >= 7 && pauses.length <= 9, JSON.stringify(pauses))
  assert.deepEqual(it.of('gave up'), [{ event: 'gave up', code: 3, served: true }])
})

test('while one worker serves, the others are tried again without end', async (t) => {
  const it = await supervised(t, { pause: 1, longestPause: 1, failures: 2 })
  it.put('broken')
  const [first = 0, second = 0] = it.workers()

  process.kill(first, 'SIGKILL')
  await it.until('a worker ended, another one starts', 6)

  assert.ok(isAlive(second))
  assert.deepEqual(it.of('gave up'), [])
})

test('where not even the first worker starts there is no second try', async (t) => {
  const it = await supervised(t, {}, 'broken')

  await it.ended

  assert.deepEqual(it.of('gave up'), [{ event: 'gave up', code: 3, served: false }])
})

test('a worker that does not answer any more is killed and replaced', async (t) => {
  const it = await supervised(t, { poke: 200, owed: 4 })
  const [first = 0] = it.workers()

  process.kill(first, 'SIGUSR2')
  await it.until('another worker serves')

  assert.deepEqual(
    it.of('a worker does not answer any more and is killed').map(({ worker }) => worker),
    [first],
  )
})

test('SIGHUP replaces all workers, one after the other', async (t) => {
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

test('a reload whose first worker cannot start leaves the old ones where they are', async (t) => {
  const it = await supervised(t)
  const old = it.workers()
  it.put('broken')

  it.child.kill('SIGHUP')
  await it.until('not reloaded: a new worker could not start, the old ones go on')

  assert.deepEqual(it.workers(), old)
})

test('a reload that is asked for while another one goes on is made after it, once', async (t) => {
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

test('a worker that does not stop in time is killed, and the stop is none the worse', async (t) => {
  const it = await supervised(t, { stop: 700 })
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

test('a second signal ends everything at once', async (t) => {
  const it = await supervised(t, { stop: 60_000 })
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

test('workers do not outlive their supervisor', async (t) => {
  const it = await supervised(t)
  const workers = it.workers()

  it.child.kill('SIGKILL')
  await it.ended

  assert.ok(await within(5, () => !workers.some(isAlive)))
})

test('a worker that is told to end by somebody else ends, and is replaced', async (t) => {
  const it = await supervised(t)
  const [first = 0] = it.workers()

  process.kill(first, 'SIGTERM')
  await it.until('another worker serves')

  assert.equal(it.of('a worker ended, another one starts')[0]?.ended, 'with 0')
})
