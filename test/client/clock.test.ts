import assert from 'node:assert/strict'
import { test } from 'node:test'
import { clockOf } from '../../src/client/clock.ts'
import type { Platform } from '../../src/client/platform.ts'

const HOUR = 3_600_000
const START = Date.UTC(2027, 0, 15, 8)

test('time passes with the faster of both clocks, so that sleep counts and a clock that is set back does not', () => {
  let [wall, monotonic] = [START, 0]
  const clock = clockOf({
    Date: { now: () => wall },
    performance: { now: () => monotonic },
  } as unknown as Platform)
  const before = clock.now()
  // Asleep: the monotonic clock of some systems stands still.
  wall += HOUR
  assert.equal(clock.now() - before, HOUR)
  wall -= 2 * HOUR
  monotonic += 1000
  assert.equal(clock.now() - before, HOUR + 1000)
})
