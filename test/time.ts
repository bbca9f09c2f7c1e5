import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'

// No verdict of a test may depend on what else the machine does. A test waits until something is so, counts what happens, or
// compares with a control in the same run.

/** Seconds after which a wait is given up: a guard against hanging, which promises nothing. */
const HANGING = 120

/** Waits until something is so. @throws after two minutes */
export async function until(
  isSo: () => boolean | Promise<boolean>,
  otherwise: string | (() => string) = 'what was waited for did not happen',
): Promise<void> {
  for (const end = performance.now() + HANGING * 1000; !(await isSo()); await sleep(5)) {
    if (performance.now() > end)
      assert.fail(typeof otherwise === 'string' ? otherwise : otherwise())
  }
}

/** Several turns of the event loop, each with a timer: what this process had under way has happened then. */
export async function turns(count = 10): Promise<void> {
  for (let turn = 0; turn < count; turn++) await sleep(2)
}

/** Whether some work of this process ends before so many timers of so many milliseconds have run, one after the other. */
export async function endsBefore(
  work: Promise<unknown>,
  timers: number,
  milliseconds: number,
): Promise<boolean> {
  let hasEnded = false
  const ended = work.finally(() => {
    hasEnded = true
  })
  for (let timer = 0; timer < timers && !hasEnded; timer++) await sleep(milliseconds)
  const isInTime = hasEnded
  await ended
  return isInTime
}

/** Milliseconds for which the processor worked on this thread. */
export function threadMillis(since?: NodeJS.CpuUsage): number {
  const { user, system } = process.threadCpuUsage(since)
  return (user + system) / 1000
}

/** Milliseconds of the processor that some work takes on this thread. */
export function effortOf(work: () => unknown): number {
  const before = process.threadCpuUsage()
  work()
  return threadMillis(before)
}

/**
 * Milliseconds of the processor that some work takes on this thread: the least of several runs, for once may compile code or
 * collect the garbage of other tests. What is slow by itself is slow each time.
 */
export async function leastEffort(work: () => unknown, runs = 5): Promise<number> {
  let least = Number.POSITIVE_INFINITY
  for (let run = 0; run < runs; run++) {
    const before = process.threadCpuUsage()
    await work()
    least = Math.min(least, threadMillis(before))
  }
  return least
}

/**
 * Which part of the processor time that some work takes, over all threads, is spent on this one: what delays the event loop, whatever
 * else the machine does.
 */
export async function shareOfThread<T>(
  work: () => Promise<T>,
): Promise<readonly [share: number, got: T]> {
  const [all, own] = [process.cpuUsage(), process.threadCpuUsage()]
  const got = await work()
  const { user, system } = process.cpuUsage(all)
  return [(1000 * threadMillis(own)) / (user + system), got]
}

const MEGABYTE = Buffer.alloc(1 << 20, 'x')
let megabyte: number | undefined

/** The control: milliseconds of the processor that SHA-512 over a megabyte takes here. Some two where this was written. */
export function effortOfMegabyte(): number {
  const count = 50
  megabyte ??=
    effortOf(() =>
      Array.from({ length: count }, () => createHash('sha512').update(MEGABYTE).digest()),
    ) / count
  return megabyte
}

/** Milliseconds that one tick of a stopwatch takes where nothing else is done: its timer, and the work after it. */
const TIMER = 10
const tickMillis = (): number => TIMER + 1 + effortOfMegabyte()

/**
 * How many times longer by the clock some work takes than the processor is at it: 1 on a machine that does nothing else. For a
 * moment in which the test itself does nothing.
 */
export function contention(): number {
  const began = performance.now()
  const before = process.threadCpuUsage()
  for (let i = 0; i < 50; i++) createHash('sha512').update(MEGABYTE).digest()
  return (performance.now() - began) / threadMillis(before)
}

/** Above this `contention` requests may time out that are answered on a machine that does nothing else. */
export const BUSY = 1.5

/**
 * Repeats a request that is answered 503, once per second and at most 50 times.
 *
 * @param onUnavailable called for each 503
 */
export async function untilAvailable<T extends { readonly status: number }>(
  ask: () => Promise<T>,
  onUnavailable: () => void = () => {},
): Promise<T> {
  for (let tries = 1; ; tries++) {
    const answer = await ask()
    if (answer.status !== 503 || tries === 50) return answer
    onUnavailable()
    await sleep(1000)
  }
}

export interface Stopwatch extends Disposable {
  /**
   * Milliseconds since it was started, as a machine without other work has them. Beside what is timed it does a little work
   * again and again, and it is this that is counted: where other programs slow down the one, they slow down the other.
   */
  ms(): number
}

/** For what several processes do: bounds of milliseconds in which the load of the machine is no part. */
export function stopwatch(): Stopwatch {
  const tick = tickMillis()
  const began = performance.now()
  let ticks = 0
  let isRunning = true
  void (async () => {
    for (; isRunning; ticks++) {
      await sleep(TIMER, undefined, { ref: false })
      createHash('sha512').update(MEGABYTE).digest()
    }
  })()
  const ms = (): number => Math.min(performance.now() - began, (ticks + 1) * tick)
  return {
    ms,
    [Symbol.dispose]() {
      isRunning = false
    },
  }
}

/** Waits for so many milliseconds of a stopwatch: on a busy machine for longer. */
export async function pause(milliseconds: number): Promise<void> {
  using watch = stopwatch()
  while (watch.ms() < milliseconds) await sleep(TIMER)
}

/** What some work takes, by a stopwatch. */
export async function timed<T>(
  work: () => T | Promise<T>,
): Promise<{ readonly ms: number; readonly got: T }> {
  using watch = stopwatch()
  const got = await work()
  return { ms: watch.ms(), got }
}
