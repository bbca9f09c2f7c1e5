import { days, type Seconds, type UnixSeconds } from '../base/clock.ts'
import type { Sessions } from './session.ts'

/** Rows deleted in one statement: others can write in between. */
const BATCH = 1000

/** Kept for longer than any token needs, so that a token that comes back late, or a clock set back, still finds its end. */
const GRACE = days(1)

/**
 * Deletes the sessions of which no token can be alive, in batches; or what else is flushed so.
 *
 * @param window how long a token may outlive the end of its session: the longest life of an access or sliding token, and
 *   the leeway (D7)
 * @param progress told after each batch how many have been deleted so far
 * @returns how many were deleted
 */
export async function flush(
  sessions: Pick<Sessions, 'flush'>,
  now: UnixSeconds,
  window: Seconds,
  progress: (deleted: number) => void = () => {},
): Promise<number> {
  const dead = (now - window - GRACE) as UnixSeconds
  let deleted = 0
  for (;;) {
    const batch = await sessions.flush(dead, BATCH)
    deleted += batch
    if (batch > 0) progress(deleted)
    if (batch < BATCH) return deleted
  }
}
