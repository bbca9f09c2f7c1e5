import { type AssuranceLevel, hasLevel, isAssuranceLevel } from '../base/acr.ts'
import type { Seconds, UnixSeconds } from '../base/clock.ts'
import { type Duration, secondsOf } from '../base/duration.ts'
import { AuthError, configError } from '../base/errors.ts'
import { ifDefined, listOf } from '../base/optional.ts'

/** What a route requires of the sign-in (RFC 9470). */
export interface StepUpOptions {
  /** The maximum age of the sign-in: `"10m"`, or a number of seconds. A refresh is not a sign-in. */
  readonly fresh?: Duration
  /** The sign-in must have used one of these methods: values of `amr` (RFC 8176 §2), such as `["otp", "hwk"]`. */
  readonly amr?: readonly string[]
  /** The assurance level of the sign-in (`acr`): `"aal2"` requires two different factors. */
  readonly acr?: AssuranceLevel
}

export interface StepUp {
  readonly fresh?: Seconds | undefined
  readonly amr?: readonly string[] | undefined
  readonly acr?: AssuranceLevel | undefined
}

/** When and by which methods the user signed in; `undefined` if it is not known. */
export interface SignInProof {
  readonly authTime?: number | undefined
  readonly amr?: readonly string[] | undefined
}

/** @returns `undefined` if nothing is required @throws AuthError `invalid_config` */
export function parseStepUp({ fresh, amr, acr }: StepUpOptions): StepUp | undefined {
  if (fresh === undefined && amr === undefined && acr === undefined) return undefined
  if (fresh !== undefined && !isFresh(fresh)) throw configError(FRESH_FAULT)
  if (amr !== undefined && !isMethods(amr)) throw configError(AMR_FAULT)
  if (acr !== undefined && !isAssuranceLevel(acr)) throw configError(ACR_FAULT)
  return { fresh: ifDefined(fresh, secondsOf), amr, acr }
}

export const isFresh = (value: unknown): boolean => (secondsOf(value) ?? 0) > 0

export const FRESH_FAULT =
  'A requirement\'s "fresh" must be a duration above 0, such as "10m", or a number of seconds.'

/** They are sent in a quoted string, separated by spaces. */
const METHOD = /^[\w.-]{1,32}$/

export const isMethods = (value: unknown): boolean =>
  Array.isArray(value) &&
  value.length > 0 &&
  value.every((each) => typeof each === 'string' && METHOD.test(each))

export const AMR_FAULT =
  'A requirement\'s "amr" must be a list of methods (RFC 8176), of which one is enough: write ["otp"].'

export const ACR_FAULT =
  'A requirement\'s "acr" must be "aal1" or "aal2", which is a sign-in with two different factors.'

/** The sign-in in the claims of a token (`tokens.signInClaims`). Claims of other types count as missing. */
export function proofIn(claims: Readonly<Record<string, unknown>>): SignInProof {
  const { auth_time: authTime, amr } = claims
  return {
    authTime: typeof authTime === 'number' ? authTime : undefined,
    amr: isMethods(amr) ? (amr as readonly string[]) : undefined,
  }
}

/** @throws AuthError `insufficient_user_authentication` */
export function requireProof(proof: SignInProof, stepUp: StepUp, now: UnixSeconds): void {
  const isStrong = hasMethod(proof, stepUp) && hasClass(proof, stepUp)
  if (isStrong && isRecent(proof, stepUp, now)) return
  throw new AuthError('insufficient_user_authentication', undefined, {
    body: { detail: DETAIL, code: 'insufficient_user_authentication', ...hints(stepUp) },
  })
}

const isRecent = ({ authTime }: SignInProof, { fresh }: StepUp, now: number): boolean =>
  fresh === undefined || (authTime !== undefined && now < authTime + fresh)

const hasMethod = ({ amr = [] }: SignInProof, { amr: required }: StepUp): boolean =>
  required === undefined || required.some((method) => amr.includes(method))

const hasClass = ({ amr }: SignInProof, { acr }: StepUp): boolean =>
  acr === undefined || hasLevel(amr, acr)

const DETAIL = 'A more recent or a stronger sign-in is required.'

/** The parameters with the sign-in that a route requires (RFC 9470 §3). `acr_values` also lists the methods. */
function hints({ fresh, amr = [], acr }: StepUp): object {
  const values = [...listOf(acr), ...amr]
  return {
    ...(fresh !== undefined && { max_age: fresh }),
    ...(values.length > 0 && { acr_values: values.join(' ') }),
  }
}

/** The challenge of a token whose sign-in is not enough (RFC 9470 §3). */
export const stepUpChallengeOf = (challenge: string, stepUp: StepUp): string =>
  [
    challenge,
    'error="insufficient_user_authentication"',
    `error_description="${DETAIL}"`,
    ...Object.entries(hints(stepUp)).map(([name, value]) => `${name}="${value}"`),
  ].join(', ')
