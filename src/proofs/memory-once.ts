import type { UnixSeconds } from '../base/clock.ts'
import { AuthError } from '../base/errors.ts'
import { forgottenAt } from './forgotten.ts'

/** Values that are accepted once, as far as this process knows. In any runtime. */
export interface MemoryOnce {
  /** @returns `true` for the first presentation only @throws AuthError `busy` if there is no room */
  use(name: string, until: UnixSeconds, now: UnixSeconds): boolean
  /** Deletes up to `limit` values that may be forgotten at `moment`. @returns how many */
  flush(moment: UnixSeconds, limit: number): number
}

/** How many values are kept: about 20 MB. */
const BOUND = 100_000

/** Values looked at for each new one: more than one, so that they are forgotten faster than new ones are added. */
const SWEEP_SIZE = 4

/**
 * Memory is bounded although clients can make values. None is dropped while it would be accepted: while there is no room, every further
 * one is refused.
 */
export function memoryOnce(bound = BOUND): MemoryOnce {
  const kept = new Map<string, UnixSeconds>()
  let position = kept.entries()

  const hasEnded = (until: UnixSeconds, now: UnixSeconds): boolean =>
    kept.size < bound / 2 ? forgottenAt(until) < now : until < now

  const sweep = (now: UnixSeconds): void => {
    for (let looked = 0; looked < SWEEP_SIZE; looked++) {
      const { done, value } = position.next()
      if (done === true) {
        position = kept.entries()
        return
      }
      if (hasEnded(value[1], now)) kept.delete(value[0])
    }
  }

  return {
    use(name, until, now) {
      if (kept.has(name)) return false
      sweep(now)
      if (kept.size >= bound)
        throw new AuthError('busy', 'too many one-time values are in memory')
      kept.set(name, until)
      return true
    },

    flush(moment, limit) {
      const before = kept.size
      for (const [key, until] of kept) {
        if (before - kept.size >= limit) break
        if (forgottenAt(until) < moment) kept.delete(key)
      }
      return before - kept.size
    },
  }
}
