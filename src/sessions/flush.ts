import { setTimeout as sleep } from 'node:timers/promises'
import {
  days,
  type Milliseconds,
  milliseconds,
  type Seconds,
  type UnixSeconds,
} from '../base/clock.ts'
import { monotonicClock } from '../base/monotonic.ts'
import type { Sessions } from './session.ts'

/** Rows deleted in one statement, first and at most. */
const FIRST = 100
const MOST = 1000

/** Target of one statement: other writers may have to wait for it. */
const BATCH_TIME = milliseconds(4)

/** The pause after a statement, in lengths of the statement: five sixths of the time are left to other writers. */
const REST = 5

/** Kept for longer than any token lives, so that a late token, also after a clock was set back, still finds its revocation. */
const GRACE = days(1)

export interface FlushPace {
  /** The monotonic clock. */
  elapsed(): Milliseconds
  rest(length: Milliseconds): Promise<unknown>
}

const systemPace: FlushPace = {
  elapsed: monotonicClock,
  rest: (length) => sleep(length),
}

/**
 * Deletes the sessions of which no token can be alive, in batches with pauses in between, so that other writers are not delayed
 * noticeably (R30).
 *
 * @param window how long a token may outlive the end of its session: the longest lifetime of an access or sliding token, and
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
    const took = milliseconds(elapsed() - began)
    deleted += batch
    if (batch > 0) progress(deleted)
    if (batch < size) return deleted
    size = sizeAfter(size, took)
    await rest(milliseconds(took * REST))
  }
}

/** The size of the next statement. It at most doubles or halves: one statement may have been slow for another reason. */
function sizeAfter(size: number, took: Milliseconds): number {
  const fitting = Math.round(size * Math.min(2, Math.max(0.5, BATCH_TIME / took)))
  return Math.min(MOST, Math.max(1, fitting))
}
