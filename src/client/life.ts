import type { Clock } from './clock.ts'
import type { Session } from './kept.ts'

/**
 * Seconds that the access token of a session lives: it is compared with its own age, because a clock may be wrong.
 *
 * @param heldAt when it was received, by `clock.now`
 */
export function restOf(session: Session, clock: Clock, heldAt: number): number {
  const { claims, at } = session
  const { exp, iat } = claims
  if (typeof exp !== 'number' || typeof iat !== 'number') return Number.POSITIVE_INFINITY
  const age =
    at === undefined
      ? clock.served() - iat * 1000
      : Math.max(clock.wall() - at, clock.now() - heldAt)
  return exp - iat - Math.max(age, 0) / 1000
}

/** Seconds before its end at which a visible page refreshes. */
export function aheadOf(session: Session | undefined): number {
  const { exp = 0, iat = 0 } = (session?.claims ?? {}) as Record<string, number>
  return Math.min(60, (exp - iat) / 5)
}
