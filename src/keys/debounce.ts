import { type Seconds, seconds } from '../base/clock.ts'

/** Between the beginnings of two reads, in seconds. */
const PAUSE = 0.25

/**
 * The same work, begun four times a second at most however often it is asked for. Who asks gets a run that began after he did,
 * shared with all who asked meanwhile: no caller misses what existed when it called, and the rate is bounded.
 *
 * @param elapsed seconds since some moment, never set back
 */
export function debounce(
  work: () => Promise<unknown>,
  wait: (length: Seconds) => Promise<unknown>,
  elapsed: () => number = () => performance.now() / 1000,
): () => Promise<unknown> {
  let coming: Promise<unknown> | undefined
  let begun = Number.NEGATIVE_INFINITY

  const begin = async (): Promise<unknown> => {
    await wait(seconds(Math.max(0, begun + PAUSE - elapsed())))
    begun = elapsed()
    // A caller from now on may need something that this run no longer sees.
    coming = undefined
    return work()
  }

  return () => {
    coming ??= begin()
    return coming
  }
}
