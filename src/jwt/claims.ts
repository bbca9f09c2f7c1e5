import { type Seconds, seconds, type UnixSeconds } from '../base/clock.ts'
import type { ErrorCode } from '../base/errors.ts'
import type { Claims } from './json.ts'

/** The claims that a verifier requires. */
export interface Expectation {
  /** The `iss`. `undefined`: any. */
  readonly issuer: string | undefined
  /** The `aud` must name one of these. `undefined`: any. */
  readonly audiences: readonly string[] | undefined
  /** Tolerance for `exp`, `iat` and `nbf`. */
  readonly leeway: Seconds
  /** Tolerance for `iat` and `nbf`, if it is another one. It makes no token live longer. */
  readonly ahead?: Seconds | undefined
}

/** The end of the year 9999, the last that RFC 3339 can write. Later dates are malformed (rule J12). */
const LAST_MOMENT = 253_402_300_799

/** The default tolerance for `iat` and `nbf` of tokens that another machine issues: its clock may be a little ahead. */
export const CLOCK_TOLERANCE = seconds(5)

/** Ids become keys of stores and caches. Simple JWT stores at most so many characters. */
const LONGEST_ID = 255

/** Whether a claim that names a token or a session is a string of a sensible length. */
export const isId = (id: unknown): id is string =>
  typeof id === 'string' && id !== '' && id.length <= LONGEST_ID

/**
 * Checks the claims of a token whose signature is valid, in Simple JWT's order of checks (RFC 7519 §4.1).
 *
 * Pure. Each comparison is negated, so that a clock or a leeway of `NaN` rejects every token instead of none.
 *
 * @returns the first fault, or `undefined` if the claims are valid
 */
export function claimFault(
  claims: Claims,
  expected: Expectation,
  now: UnixSeconds,
): ErrorCode | undefined {
  const { leeway, ahead = leeway } = expected
  const { exp, iat, nbf, sub, jti, sid } = claims
  if (iat !== undefined && !isMoment(iat)) return 'invalid_claim'
  if (iat !== undefined && !(iat <= now + ahead)) return 'not_yet_valid'
  if (nbf !== undefined && !isMoment(nbf)) return 'invalid_claim'
  if (nbf !== undefined && !(nbf <= now + ahead)) return 'not_yet_valid'
  if (exp !== undefined && !isMoment(exp)) return 'invalid_claim'
  if (exp !== undefined && !(now < exp + leeway)) return 'expired'
  if (expected.issuer !== undefined && claims.iss !== expected.issuer)
    return 'wrong_issuer'
  if (expected.audiences !== undefined && !isFor(claims.aud, expected.audiences))
    return 'wrong_audience'
  if (sub !== undefined && typeof sub !== 'string') return 'invalid_claim'
  if (jti !== undefined && !isId(jti)) return 'invalid_claim'
  if (typeof sid === 'string' && sid.length > LONGEST_ID) return 'invalid_claim'
  return undefined
}

const isMoment = (value: unknown): value is UnixSeconds =>
  typeof value === 'number' && value >= 0 && value <= LAST_MOMENT

function isFor(aud: unknown, audiences: readonly string[]): boolean {
  if (typeof aud === 'string') return audiences.includes(aud)
  if (!Array.isArray(aud) || !aud.every((name) => typeof name === 'string')) return false
  return aud.some((name) => audiences.includes(name))
}
