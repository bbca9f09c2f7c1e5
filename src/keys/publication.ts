import { type Seconds, seconds, type UnixSeconds } from '../base/clock.ts'
import type { Keys } from './keys.ts'

/** How other services may cache the key set. */
export interface Publication {
  /** The age up to which a copy may be used. */
  readonly maxAge: Seconds
  /** How long a key is published before it signs: by then every copy without it is too old, and every process has read it. */
  readonly settles: Seconds
}

/** Short, so that a key that leaked is soon used nowhere. The answer costs nothing. */
const MAX_AGE = seconds(15)
/** Time for every process to read a change, and for answers already sent to arrive. */
const PROPAGATION = seconds(5)

/** How long configured keys may be cached: they are rarely rotated. */
export const CONFIGURED_MAX_AGE = seconds(300)

/**
 * A key that verifies nothing any more is announced in the revocation feed for so long: twice the age up to which
 * `watchword/verify` uses a copy of the key set.
 */
const ANNOUNCED = seconds(2 * 86_400)

/** Deletes the keys that need not be announced any more. @returns how many */
export const flushKeys = (keys: Pick<Keys, 'flush'>, now: UnixSeconds): Promise<number> =>
  keys.flush((now - ANNOUNCED) as UnixSeconds)

/** @param every how long a key signs: the next one is published when the current one begins to sign, and settles before it signs */
export function publicationOf(
  every: Seconds = seconds(Number.POSITIVE_INFINITY),
): Publication {
  const maxAge = Math.min(MAX_AGE, Math.max(1, Math.floor(every / 4)))
  return {
    maxAge: seconds(maxAge),
    settles: seconds(maxAge + Math.min(PROPAGATION, every / 4)),
  }
}
