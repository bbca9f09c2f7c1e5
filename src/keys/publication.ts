import { type Seconds, seconds } from '../base/clock.ts'

/** How others may keep the key set, and what follows from it. */
export interface Publication {
  /** So old a copy may be. */
  readonly maxAge: Seconds
  /** So long a key is published before it signs: all copies without it are too old by then, and all processes know it. */
  readonly settles: Seconds
}

/** Short, so that a key that leaked is soon nowhere. The answer costs nothing. */
const MAX_AGE = 15
/** In which every process has heard of a change, and a copy that was on its way has arrived. */
const HEARD = 5

/** Of keys that are kept elsewhere, and there rotated seldom. */
export const GIVEN_MAX_AGE = seconds(300)

/** @param every how long a key signs: the next one is published when it begins to, and has settled by then */
export function publicationOf(
  every: Seconds = seconds(Number.POSITIVE_INFINITY),
): Publication {
  const maxAge = Math.min(MAX_AGE, Math.max(1, Math.floor(every / 4)))
  return {
    maxAge: seconds(maxAge),
    settles: seconds(maxAge + Math.min(HEARD, every / 4)),
  }
}
