import assert from 'node:assert/strict'
import { test } from 'node:test'
import { clockOf } from '../../src/client/clock.ts'
import type { Platform } from '../../src/client/platform.ts'
import { serverClockOf } from '../../src/client/server-clock.ts'

const HOUR = 3_600_000
const YEAR = 365 * 24 * HOUR
const START = Date.UTC(2027, 0, 15, 8)

/** An access token that was issued then. */
const issuedAt = (moment: number): string => {
  const claims = JSON.stringify({ iat: Math.floor(moment / 1000) })
  return `x.${Buffer.from(claims).toString('base64url')}.x`
}

const dateOf = (moment: number): string => new Date(moment).toUTCString()

/** A device whose clock is wrong by so much. */
function device(error: number) {
  let elapsed = 0
  const platform = {
    Date: { now: () => START + elapsed + error },
    performance: { now: () => elapsed },
  } as unknown as Platform
  const { wall } = clockOf(platform)
  const server = serverClockOf(wall)
  return {
    clock: { wall, compare: server.compare },
    pass(milliseconds: number) {
      elapsed += milliseconds
    },
    /** The server's time by the device, less the real one. */
    drift: () => server.now() - (START + elapsed),
    server: () => START + elapsed,
  }
}

for (const error of [0, -HOUR, HOUR, -YEAR, YEAR])
  test(`a clock that is wrong by ${error / HOUR} h: the server's time is known to 1.5 s, also after a slow answer`, () => {
    const { clock, pass, drift, server } = device(error)
    const sentAt = clock.wall()
    pass(1000)
    const date = dateOf(server())
    pass(1000)
    clock.compare(date, sentAt, undefined)
    assert.ok(Math.abs(drift()) <= 1500, `${drift()} ms`)
  })

test('a Date of a cache, an hour before the token of the same answer, is ignored', () => {
  const { clock, drift, server } = device(HOUR)
  clock.compare(dateOf(server() - HOUR), clock.wall(), issuedAt(server()))
  assert.ok(Math.abs(drift()) <= 1500, `${drift()} ms`)
})

test('without a Date the time of the token counts, and without both nothing is learnt', () => {
  const { clock, drift, server } = device(-HOUR)
  clock.compare(null, clock.wall(), undefined)
  clock.compare('no date', clock.wall(), 'no token')
  assert.equal(drift(), -HOUR)
  clock.compare(null, clock.wall(), issuedAt(server()))
  assert.ok(Math.abs(drift()) <= 1500, `${drift()} ms`)
})

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
