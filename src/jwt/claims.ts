import type { Seconds, UnixSeconds } from '../base/clock.ts'
import type { ErrorCode } from '../base/errors.ts'
import type { Claims } from './json.ts'

/** What the claims of a token must say, whatever else they say. */
export interface Expectation {
  /** `undefined`: not looked at. */
  readonly issuer: string | undefined
  /** One of these; `undefined`: not looked at. */
  readonly audiences: readonly string[] | undefined
  readonly leeway: Seconds
}

/** The end of the year 9999, rule J12: RFC 3339 ends there too. */
const LAST_MOMENT = 253_402_300_799

/**
 * Judges the claims of a token whose signature holds, in Simple JWT's order (specification 1.2, rows 6 to 12).
 *
 * Pure: the same claims, expectation and time always give the same answer. Conditions say what must hold, so that a time or
 * a leeway that is no number makes no token good.
 *
 * @returns the first fault, or `undefined`
 */
export function claimFault(
  claims: Claims,
  want: Expectation,
  now: UnixSeconds,
): ErrorCode | undefined {
  const { exp, iat, nbf, sub, jti } = claims
  if (iat !== undefined && !isMoment(iat)) return 'invalid_claim'
  if (iat !== undefined && !(iat <= now + want.leeway)) return 'not_yet_valid'
  if (nbf !== undefined && !isMoment(nbf)) return 'invalid_claim'
  if (nbf !== undefined && !(nbf <= now + want.leeway)) return 'not_yet_valid'
  if (exp !== undefined && !isMoment(exp)) return 'invalid_claim'
  if (exp !== undefined && !(now < exp + want.leeway)) return 'expired'
  if (want.issuer !== undefined && claims.iss !== want.issuer) return 'wrong_issuer'
  if (want.audiences !== undefined && !isFor(claims.aud, want.audiences))
    return 'wrong_audience'
  if (sub !== undefined && typeof sub !== 'string') return 'invalid_claim'
  if (jti !== undefined && (typeof jti !== 'string' || jti === '')) return 'invalid_claim'
  return undefined
}

const isMoment = (value: unknown): value is UnixSeconds =>
  typeof value === 'number' && value >= 0 && value <= LAST_MOMENT

function isFor(aud: unknown, audiences: readonly string[]): boolean {
  if (typeof aud === 'string') return audiences.includes(aud)
  if (!Array.isArray(aud) || !aud.every((each) => typeof each === 'string')) return false
  return aud.some((each) => audiences.includes(each))
}
