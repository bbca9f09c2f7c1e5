import { type Seconds, seconds } from '../base/clock.ts'
import { monotonicSeconds } from '../base/monotonic.ts'

/** Least time between the starts of two runs. */
const PAUSE = seconds(0.25)

/**
 * Starts `work` four times a second at most. A call resolves with a run that started after it, shared with the calls in between,
 * so that it sees everything that existed when it was made.
 *
 * @param elapsed the monotonic clock
 */
export function debounce(
  work: () => Promise<unknown>,
  wait: (length: Seconds) => Promise<unknown>,
  elapsed: () => Seconds = monotonicSeconds,
): () => Promise<unknown> {
  let next: Promise<unknown> | undefined
  let started = Number.NEGATIVE_INFINITY

  const start = async (): Promise<unknown> => {
    await wait(seconds(Math.max(0, started + PAUSE - elapsed())))
    started = elapsed()
    // A call from now on may need something that this run does not see.
    next = undefined
    return work()
  }

  return () => {
    next ??= start()
    return next
  }
}
