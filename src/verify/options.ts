import {
  type Clock,
  elapsedSeconds,
  type Seconds,
  seconds,
  systemClock,
} from '../base/clock.ts'
import { type Duration, secondsOf } from '../base/duration.ts'
import { configError } from '../base/errors.ts'
import { parseSecureUrl } from '../base/fetch-json.ts'
import { refuseUnknownOptions } from '../base/known-options.ts'
import {
  ALGORITHMS,
  type Algorithm,
  type AsymmetricAlgorithm,
  isAsymmetric,
} from '../jwt/algorithms.ts'
import { CLOCK_TOLERANCE } from '../jwt/claims.ts'
import { LONGEST_STALE } from '../jwt/remote-keys.ts'
import type { DpopOptions } from './dpop.ts'

type VerifiedType = 'access' | 'sliding'

export interface VerifierOptions {
  /** The required `iss`, an https address: the issuer's `tokens.issuer`. */
  readonly issuer: string
  /** The required `aud`: this service's name. Of several, a token must have at least one. */
  readonly audience: string | readonly string[]
  /** The address of the issuer's key set. Default `<issuer>/.well-known/jwks.json`. */
  readonly jwksUrl?: string
  /** Algorithms whose keys are used. Default: all of RS, PS, ES and EdDSA. */
  readonly algorithms?: readonly AsymmetricAlgorithm[]
  /** Allowed values of the claim `token_type`. Default `["access"]`. */
  readonly types?: readonly VerifiedType[]
  /** The claim with the token's type. Default `"token_type"`, as the issuer's `tokens.typeClaim`. */
  readonly typeClaim?: string
  /** The claim with the token's id. Default `"jti"`, as the issuer's `tokens.jtiClaim`. */
  readonly jtiClaim?: string
  /** The claim with the user's id. Default `"user_id"`, as the issuer's `tokens.userIdClaim`. */
  readonly userIdClaim?: string
  /** Tolerance for `exp`, `iat` and `nbf`, at most 300 seconds. Default 0 for `exp`, and 5 seconds for `iat` and `nbf`. */
  readonly leeway?: Duration
  /** Limit of a token's length. Default 8192. */
  readonly maxBytes?: number
  /** Number of verified tokens that are cached until they expire; 0: none. Default 10,000. */
  readonly cache?: number
  /** How long a copy of the key set is fresh, unless its `Cache-Control` says less (`watchword` says 15 seconds). Default `"5m"`. */
  readonly maxAge?: Duration
  /** How long a copy is used while the issuer cannot be reached, at most a day; after that, 503 `keys_unavailable`. Default `"1h"`. */
  readonly maxStale?: Duration
  /** Least time between two requests for the key set, however many tokens name unknown keys. Default `"10s"`. */
  readonly coolDown?: Duration
  /**
   * Follows the issuer's feed of revoked sessions (its option `endpoints: { revocations: true }`). `true`: at
   * `<issuer>/api/token/revocations/`, with a `maxAge` of `"30s"`; when the copy is older and cannot be read again, the error
   * is 503 `revocations_unavailable`. Default false: a token is valid until it expires.
   */
  readonly revocations?: boolean | RevocationOptions
  /**
   * Accepts tokens that are bound to a key (DPoP, RFC 9449), as `Authorization: DPoP …` with a proof. Without it they are refused with 401.
   */
  readonly dpop?: DpopOptions
  /** Called with the error if the key set or the revocations could not be read. */
  readonly onError?: (error: unknown) => void
  /** Default: the runtime's. */
  readonly fetch?: typeof fetch
  /** The clock, in seconds since 1970, for tests. */
  readonly clock?: () => number
  /** The monotonic clock, in seconds, for tests. */
  readonly elapsed?: () => number
}

export interface RevocationOptions {
  readonly url?: string
  readonly maxAge?: Duration
}

export interface ParsedVerifierOptions {
  readonly issuer: string
  readonly audiences: readonly string[]
  readonly jwksUrl: string
  readonly algorithms: ReadonlySet<Algorithm>
  readonly types: readonly VerifiedType[]
  readonly typeClaim: string
  readonly jtiClaim: string
  readonly userIdClaim: string
  readonly leeway: Seconds
  /** Tolerance for `iat` and `nbf`. */
  readonly ahead: Seconds
  readonly maxBytes: number
  readonly cache: number
  readonly maxAge: Seconds
  readonly maxStale: Seconds
  readonly coolDown: Seconds
  readonly revocations: { readonly url: string; readonly maxAge: Seconds } | undefined
  readonly dpop: DpopOptions | undefined
  readonly onError: (error: unknown) => void
  readonly fetch: typeof fetch
  readonly clock: Clock
  readonly elapsed: () => Seconds
}

/** @throws AuthError `invalid_config` of the first option that is wrong */
export function parseOptions(options: VerifierOptions): ParsedVerifierOptions {
  refuseUnknownOptions(options, OPTIONS, (name) => name)
  const { issuer, clock = systemClock, elapsed = elapsedSeconds } = options
  parseSecureUrl(parseString(issuer, 'issuer'), 'issuer')
  const base = issuer.replace(/\/+$/, '')
  const { jwksUrl = `${base}/.well-known/jwks.json` } = options
  return {
    issuer,
    audiences: parseAudience(options.audience),
    jwksUrl: parseSecureUrl(jwksUrl, 'jwksUrl'),
    algorithms: parseAlgorithms(options.algorithms ?? ASYMMETRIC),
    types: parseTypes(options.types ?? ['access']),
    typeClaim: parseString(options.typeClaim ?? 'token_type', 'typeClaim'),
    jtiClaim: parseString(options.jtiClaim ?? 'jti', 'jtiClaim'),
    userIdClaim: parseString(options.userIdClaim ?? 'user_id', 'userIdClaim'),
    leeway: parseDuration(options.leeway ?? 0, 'leeway', 0, 300),
    ahead: parseDuration(options.leeway ?? CLOCK_TOLERANCE, 'leeway', 0, 300),
    maxBytes: parseInteger(options.maxBytes ?? 8192, 'maxBytes', 256, 65_536),
    cache: parseInteger(options.cache ?? 10_000, 'cache', 0, 1_000_000),
    maxAge: parseDuration(options.maxAge ?? '5m', 'maxAge', 1, 86_400),
    maxStale: parseDuration(options.maxStale ?? '1h', 'maxStale', 1, LONGEST_STALE),
    coolDown: parseDuration(options.coolDown ?? '10s', 'coolDown', 1, 3600),
    revocations: parseRevocations(options.revocations ?? false, base),
    dpop: parseDpop(options.dpop),
    onError: options.onError ?? (() => {}),
    // Some runtimes allow `fetch` only as a function of the global object.
    fetch: options.fetch ?? ((input, init) => fetch(input, init)),
    clock: clock as Clock,
    elapsed: () => seconds(elapsed()),
  }
}

/** Every option, as the type checker ensures. */
const OPTIONS: Readonly<Record<keyof VerifierOptions, true>> = {
  issuer: true,
  audience: true,
  jwksUrl: true,
  algorithms: true,
  types: true,
  typeClaim: true,
  jtiClaim: true,
  userIdClaim: true,
  leeway: true,
  maxBytes: true,
  cache: true,
  maxAge: true,
  maxStale: true,
  coolDown: true,
  revocations: true,
  dpop: true,
  onError: true,
  fetch: true,
  clock: true,
  elapsed: true,
}

const REVOCATION_OPTIONS: Readonly<Record<keyof RevocationOptions, true>> = {
  url: true,
  maxAge: true,
}

const ASYMMETRIC = Object.keys(ALGORITHMS).filter(isAsymmetric)

function parseAlgorithms(names: readonly string[]): ReadonlySet<Algorithm> {
  if (names.length > 0 && names.every(isAsymmetric)) return new Set(names)
  throw configError(
    `algorithms must be a list of ${ASYMMETRIC.join(', ')}. HS256 and its like are not possible: with a shared secret this service could issue tokens.`,
  )
}

const TYPES: readonly string[] = ['access', 'sliding'] satisfies readonly VerifiedType[]

function parseTypes(types: readonly VerifiedType[]): readonly VerifiedType[] {
  if (types.length > 0 && types.every((type) => TYPES.includes(type))) return types
  throw configError('types must be a list of "access" and "sliding".')
}

function parseAudience(audience: string | readonly string[]): readonly string[] {
  const names = [audience].flat()
  if (names.length > 0) return names.map((name) => parseString(name, 'audience'))
  throw configError(
    'audience must be the name of this service, such as "api", or a list of names.',
  )
}

function parseRevocations(
  given: boolean | RevocationOptions,
  base: string,
): ParsedVerifierOptions['revocations'] {
  if (given === false) return undefined
  const options = given === true ? {} : given
  refuseUnknownOptions(options, REVOCATION_OPTIONS, (name) => `revocations.${name}`)
  const { url = `${base}/api/token/revocations/`, maxAge = '30s' } = options
  return {
    url: parseSecureUrl(url, 'revocations.url'),
    maxAge: parseDuration(maxAge, 'revocations.maxAge', 1, 300),
  }
}

const DPOP_OPTIONS: Readonly<Record<keyof DpopOptions, true>> = { url: true, use: true }

function parseDpop(options: DpopOptions | undefined): DpopOptions | undefined {
  if (options === undefined) return undefined
  refuseUnknownOptions(options, DPOP_OPTIONS, (name) => `dpop.${name}`)
  return {
    ...options,
    url: parseSecureUrl(parseString(options.url, 'dpop.url'), 'dpop.url'),
  }
}

function parseString(value: unknown, option: string): string {
  if (typeof value === 'string' && value !== '') return value
  throw configError(`${option} must be a string that is not empty.`)
}

function parseDuration(
  value: Duration,
  option: string,
  min: number,
  max: number,
): Seconds {
  const length = secondsOf(value)
  if (length !== undefined && length >= min && length <= max) return length
  throw configError(
    `${option} must be a duration such as "30s" or "5m", or a number of seconds, from ${min} to ${max} seconds.`,
  )
}

function parseInteger(value: number, option: string, min: number, max: number): number {
  if (Number.isInteger(value) && value >= min && value <= max) return value
  throw configError(`${option} must be a whole number from ${min} to ${max}.`)
}
