import assert from 'node:assert/strict'
import { test } from 'node:test'
import { attempts } from '../../src/client/attempts.ts'
import type { Platform } from '../../src/client/platform.ts'

/** Timers that a test runs by hand. */
function timersOf() {
  const waiting = new Map<number, () => void>()
  let last = 0
  const platform = {
    setTimeout(run: () => void) {
      last++
      waiting.set(last, run)
      return last
    },
    clearTimeout: (timer: number) => waiting.delete(timer),
  } as unknown as Platform
  return { waiting, platform }
}

test('an attempt that fails after another one was answered is not repeated', async () => {
  const { waiting, platform } = timersOf()
  const first = Promise.withResolvers<string>()
  let count = 0
  const send = () => {
    count++
    return count === 1 ? first.promise : Promise.resolve('answer')
  }
  const answer = attempts(send, () => true, platform)
  const [hedge] = [...waiting.values()]
  hedge?.()
  assert.equal(await answer, 'answer')
  first.reject(new Error('aborted'))
  await new Promise(setImmediate)
  assert.equal(count, 2)
})
