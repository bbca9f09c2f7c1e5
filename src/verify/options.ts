import type { Clock, Seconds } from '../base/clock.ts'
import { type Duration, secondsOf } from '../base/duration.ts'
import { configError } from '../base/errors.ts'
import { parseTrusted } from '../base/fetch-json.ts'
import { ALGORITHMS, type Algorithm } from '../jwt/algorithms.ts'

/** Signed with a private key: whoever checks cannot sign. */
export type AsymmetricAlgorithm = Exclude<Algorithm, `HS${string}`>

export interface VerifierOptions {
  /** The `iss` that a token must have, an https address: the issuer's `tokens.issuer`. */
  readonly issuer: string
  /** The `aud` that a token must have, or one of them: this service's name. */
  readonly audience: string | readonly string[]
  /** Where the key set is. Default `<issuer>/.well-known/jwks.json`. */
  readonly jwksUrl?: string
  /** What keys of the set may be for. Default: all asymmetric ones. */
  readonly algorithms?: readonly AsymmetricAlgorithm[]
  /** What `token_type` may be. Default `["access"]`. */
  readonly types?: readonly ('access' | 'sliding')[]
  /** Names of claims, where the issuer has others than `token_type`, `jti` and `user_id`. */
  readonly typeClaim?: string
  readonly jtiClaim?: string
  readonly userIdClaim?: string
  /** Tolerance for `exp`, `iat`, `nbf`, up to 300 seconds. Default 0. */
  readonly leeway?: Duration
  /** The longest token that is looked at. Default 8192. */
  readonly maxBytes?: number
  /** How many verified tokens are remembered. Default 10,000. */
  readonly cache?: number
  /** How old the copy of the key set may be. Default `"5m"`. */
  readonly maxAge?: Duration
  /** The least time between two requests for it, whatever tokens come. Default `"10s"`. */
  readonly coolDown?: Duration
  /**
   * Follows the issuer's feed of ended sessions (its `endpoints: { revocations: true }`). `true`: at
   * `<issuer>/api/token/revocations/`, and what is known may be 30 seconds old. Default: tokens live until they expire.
   */
  readonly revocations?: boolean | { readonly url?: string; readonly maxAge?: Duration }
  /** Told why keys or revocations could not be read. */
  readonly failed?: (error: unknown) => void
  /** Default: the runtime's. */
  readonly fetch?: typeof fetch
  /** For tests: seconds since 1970. */
  readonly clock?: () => number
  /** For tests: seconds since some moment, never set back. */
  readonly elapsed?: () => number
}

export interface ParsedVerifierOptions {
  readonly issuer: string
  readonly audiences: readonly string[]
  readonly jwksUrl: string
  readonly algorithms: ReadonlySet<Algorithm>
  readonly types: readonly ('access' | 'sliding')[]
  readonly typeClaim: string
  readonly jtiClaim: string
  readonly userIdClaim: string
  readonly leeway: Seconds
  readonly maxBytes: number
  readonly cache: number
  readonly maxAge: Seconds
  readonly coolDown: Seconds
  readonly revocations: { readonly url: string; readonly maxAge: Seconds } | undefined
  readonly failed: (error: unknown) => void
  readonly fetch: typeof fetch
  readonly clock: Clock
  readonly elapsed: () => number
}

/** @throws AuthError `invalid_config`, its message one sentence that says what to write instead */
export function parseOptions(options: VerifierOptions): ParsedVerifierOptions {
  const { issuer, revocations = false } = options
  for (const name of Object.keys(options)) {
    if (!NAMES.has(name)) throw configError(`There is no option "${name}".`)
  }
  parseTrusted(text(issuer, 'issuer'), 'issuer')
  const base = issuer.replace(/\/+$/, '')
  const feed = revocations === true ? {} : revocations
  const types = options.types ?? ['access']
  if (
    types.length === 0 ||
    types.some((type) => type !== 'access' && type !== 'sliding')
  ) {
    throw configError('types must name "access" or "sliding".')
  }
  return {
    issuer,
    audiences: texts(options.audience, 'audience'),
    jwksUrl: parseTrusted(options.jwksUrl ?? `${base}/.well-known/jwks.json`, 'jwksUrl'),
    algorithms: new Set(asymmetric(options.algorithms ?? ASYMMETRIC)),
    types,
    typeClaim: text(options.typeClaim ?? 'token_type', 'typeClaim'),
    jtiClaim: text(options.jtiClaim ?? 'jti', 'jtiClaim'),
    userIdClaim: text(options.userIdClaim ?? 'user_id', 'userIdClaim'),
    leeway: length(options.leeway ?? 0, 'leeway', [0, 300]),
    maxBytes: whole(options.maxBytes ?? 8192, 'maxBytes', [256, 65_536]),
    cache: whole(options.cache ?? 10_000, 'cache', [0, 1_000_000]),
    maxAge: length(options.maxAge ?? '5m', 'maxAge', [1, 86_400]),
    coolDown: length(options.coolDown ?? '10s', 'coolDown', [1, 3600]),
    revocations:
      feed === false
        ? undefined
        : {
            url: parseTrusted(
              feed.url ?? `${base}/api/token/revocations/`,
              'revocations.url',
            ),
            maxAge: length(feed.maxAge ?? '30s', 'revocations.maxAge', [1, 300]),
          },
    failed: options.failed ?? (() => {}),
    // A method of the runtime's own object, which some runtimes insist on.
    fetch: options.fetch ?? ((input, init) => fetch(input, init)),
    clock: (options.clock ?? (() => Date.now() / 1000)) as Clock,
    elapsed: options.elapsed ?? (() => performance.now() / 1000),
  }
}

const NAMES: ReadonlySet<string> = new Set<keyof VerifierOptions>([
  'issuer',
  'audience',
  'jwksUrl',
  'algorithms',
  'types',
  'typeClaim',
  'jtiClaim',
  'userIdClaim',
  'leeway',
  'maxBytes',
  'cache',
  'maxAge',
  'coolDown',
  'revocations',
  'failed',
  'fetch',
  'clock',
  'elapsed',
])

const isAsymmetric = (name: string): name is AsymmetricAlgorithm =>
  Object.hasOwn(ALGORITHMS, name) && ALGORITHMS[name as Algorithm].kind !== 'hmac'

const ASYMMETRIC = Object.keys(ALGORITHMS).filter(isAsymmetric)

function asymmetric(names: readonly string[]): readonly AsymmetricAlgorithm[] {
  const known = names.filter(isAsymmetric)
  if (known.length > 0 && known.length === names.length) return known
  throw configError(
    `algorithms must be some of ${ASYMMETRIC.join(', ')}: a shared secret is no key for others to check with.`,
  )
}

function text(value: unknown, option: string): string {
  if (typeof value === 'string' && value !== '') return value
  throw configError(`${option} must be a text.`)
}

function texts(value: unknown, option: string): readonly string[] {
  const all = [value].flat()
  if (all.length > 0) return all.map((each) => text(each, option))
  throw configError(`${option} must name something.`)
}

function length(
  value: Duration,
  option: string,
  [min, max]: readonly [number, number],
): Seconds {
  const found = secondsOf(value)
  if (found !== undefined && found >= min && found <= max) return found
  throw configError(
    `${option} must be from ${min} to ${max} seconds, as a number or as "5m".`,
  )
}

function whole(
  value: number,
  option: string,
  [min, max]: readonly [number, number],
): number {
  if (Number.isInteger(value) && value >= min && value <= max) return value
  throw configError(`${option} must be a whole number from ${min} to ${max}.`)
}
