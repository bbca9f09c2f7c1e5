import { setTimeout as sleep } from 'node:timers/promises'
import { days, type Seconds, type UnixSeconds } from '../base/clock.ts'
import type { Sessions } from './session.ts'

/** Rows deleted in one statement, first and at most. */
const FIRST = 100
const MOST = 1000

/** Target milliseconds per statement: other writers may have to wait for it. */
const BATCH = 10

/** So much longer than a statement took the next one is waited for: three quarters of the time are others'. */
const REST = 3

/** Kept for longer than any token needs, so that a token that comes back late, or a clock set back, still finds its end. */
const GRACE = days(1)

/** How time passes, in milliseconds. */
export interface FlushPace {
  /** Since some moment, never set back. */
  elapsed(): number
  rest(length: number): Promise<unknown>
}

const systemPace: FlushPace = {
  elapsed: () => performance.now(),
  rest: (length) => sleep(length),
}

/**
 * Deletes the sessions of which no token can be alive, or what else is flushed so: in batches that are as large as a moment
 * allows, and with rests in between, so that other writers are not delayed noticeably (D7).
 *
 * @param window how long a token may outlive the end of its session: the longest life of an access or sliding token, and
 *   the leeway (D7)
 * @param progress called after each batch with the number deleted so far
 * @returns how many were deleted
 */
export async function flush(
  sessions: Pick<Sessions, 'flush'>,
  now: UnixSeconds,
  window: Seconds,
  progress: (deleted: number) => void = () => {},
  { elapsed, rest }: FlushPace = systemPace,
): Promise<number> {
  const dead = (now - window - GRACE) as UnixSeconds
  let deleted = 0
  let size = FIRST
  for (;;) {
    const began = elapsed()
    const batch = await sessions.flush(dead, size)
    const took = elapsed() - began
    deleted += batch
    if (batch > 0) progress(deleted)
    if (batch < size) return deleted
    size = sizeAfter(size, took)
    await rest(took * REST)
  }
}

/** At most doubled or halved at once: one statement may have been slow for a reason of its own. */
function sizeAfter(size: number, took: number): number {
  const fitting = Math.round(size * Math.min(2, Math.max(0.5, BATCH / took)))
  return Math.min(MOST, Math.max(1, fitting))
}
