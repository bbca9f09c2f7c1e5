import type { Scheme } from '../authentication/scheme.ts'
import type { Awaitable } from '../base/awaitable.ts'
import type { Duration } from '../base/duration.ts'
import type { LogEntry } from '../base/log.ts'
import type { Random } from '../base/random.ts'
import type { EndpointName, InstanceStore } from '../features.ts'
import type { AuthRequest } from '../http/request.ts'
import type { Algorithm } from '../jwt/index.ts'
import type { Permission, SignedIn } from '../permissions/permission.ts'
import type { RightsOf, Roles } from '../permissions/rights.ts'
import type { Rate } from '../throttling/rate.ts'
import type { User } from '../users/user.ts'

/** What a user may write. Each is explained in `docs/`, with the name that Simple JWT and Django REST framework have for it. */
export interface Options<
  R extends Roles = Roles,
  S extends Scheme<unknown> = Scheme<User>,
> {
  /** The database: a file, `sqlite::memory:`, `postgres://…`, or a store. Default `WATCHWORD_DATABASE`, else `watchword.db`. */
  readonly database?: string | InstanceStore
  /** Encrypts the private keys; the first encrypts, all decrypt. Default `WATCHWORD_SECRET`; in development made and kept beside the database. */
  readonly secret?: string | readonly string[]
  /** Where the endpoints are. Default `/api/token`. */
  readonly path?: `/${string}`
  readonly tokens?: TokenOptions
  readonly users?: UserOptions
  /** Which endpoints are mounted, and where. Default: the pair's four, and what the schemes bring; sliding ones on request. */
  readonly endpoints?: EndpointOptions
  /** Schemes, asked in this order. Default `[bearer()]`. DEFAULT_AUTHENTICATION_CLASSES */
  readonly authentication?: readonly S[]
  /** Roles and the permission strings of each, `*` for all. Permissions that name another do not compile. */
  readonly roles?: R
  /**
   * What every guard asks that is given nothing else. Default `isAuthenticated`. It must ask for a sign-in; a route for
   * everybody says so itself. DEFAULT_PERMISSION_CLASSES
   */
  readonly permissions?: DefaultPermissions<RightsOf<R>>
  /**
   * Rates by name. `anon` and `user` count on every guarded route and at the endpoints, `login` (default `10/min`) wrong passwords
   * wherever one is taken; other names count where a route asks for them. `null`: no limit. DEFAULT_THROTTLE_RATES
   */
  readonly throttle?: Readonly<Record<string, Rate | null>>
  /**
   * Redis, where several processes share limits and word of who was signed out: `redis://…`, `rediss://…`, of a cluster several.
   * Default `WATCHWORD_REDIS`, else none.
   */
  readonly redis?: string | readonly string[]
  /**
   * Where throttles count: in this process, or for several processes in the store or in Redis. Default `redis` where there is
   * one, else `memory`.
   */
  readonly counts?: 'memory' | 'store' | 'redis'
  /**
   * How many passwords are hashed at the same time. Default: as many as there are cores. Where several processes share a
   * machine, each should take its part.
   */
  readonly hashesAtOnce?: number
  /**
   * How many proxies stand in front, each of which appends to `X-Forwarded-For`: 0 by default, and then nobody is believed
   * about an address but the connection. `null` believes the whole header, as Django REST framework does (D10). NUM_PROXIES
   */
  readonly proxies?: number | null
  /** The log tells of every request that is refused by which scheme, permission or throttle it was, and why. Default false. */
  readonly explain?: boolean
  readonly on?: Events
  /**
   * Whether security events are kept in the store, and for how long: sign-ins, failures, what was changed, never a refresh.
   * Default `{ keep: '90d' }`; they are deleted by `flush`.
   */
  readonly audit?: boolean | { readonly keep: Duration }
  /** Tells OpenTelemetry of sign-ins, refreshes, verifications and sign-outs, each as a span; needs `@opentelemetry/api`. Default false. */
  readonly telemetry?: boolean
  /** For tests: the time in seconds since 1970. */
  readonly clock?: () => number
  /** For tests: as many random octets as it is asked for. */
  readonly random?: Random
  /** Where warnings go. Default: one line each on standard error. */
  readonly log?: (entry: LogEntry) => void
}

/** A permission that asks for a sign-in, or a list with one among it. */
export type DefaultPermissions<Right extends string> =
  | (Permission<unknown, never, Right> & SignedIn)
  | readonly [
      Permission<unknown, never, Right> & SignedIn,
      ...Permission<unknown, never, Right>[],
    ]

export interface TokenOptions {
  readonly access?: Duration // "5m"   ACCESS_TOKEN_LIFETIME
  readonly refresh?: Duration // "1d"  REFRESH_TOKEN_LIFETIME
  readonly session?: Duration // "30d" absolute end
  readonly overlap?: Duration // "10s", 0..60
  readonly sliding?: Duration // "5m"  SLIDING_TOKEN_LIFETIME
  readonly slidingRefresh?: Duration // "1d" SLIDING_TOKEN_REFRESH_LIFETIME
  readonly rotate?: boolean // true    ROTATE_REFRESH_TOKENS
  readonly blacklistAfterRotation?: boolean // true   BLACKLIST_AFTER_ROTATION
  readonly reuse?: 'end' | 'reject' // 'end'   D37
  /**
   * For how long a process that no longer hears what others end believes what it knows; then it asks the store at each check,
   * and where that cannot be asked the answer is 503. Default `30s`, 0..300 s; 0: always asks.
   */
  readonly revocationMaxAge?: Duration
  readonly sessions?: boolean // true; false: no store of sessions ("blacklist app not installed")
  readonly adoptForeign?: boolean // false; true: refresh and sliding tokens of a Simple JWT server with our key are taken in
  readonly algorithm?: Algorithm // 'ES256'   ALGORITHM
  readonly rotateKeys?: Duration | false // "90d"; how long a key of the house's own signs, from 4 s; false: until `keys.rotate()`
  readonly signingKey?: string // the secret (HS), or a private key in PEM   SIGNING_KEY
  readonly verifyingKey?: string // a public key in PEM; derived from signingKey when absent   VERIFYING_KEY
  readonly jwksUrl?: string // JWK_URL
  readonly audience?: string | readonly string[] // AUDIENCE
  readonly issuer?: string // ISSUER
  readonly leeway?: Duration // LEEWAY, 0..300 s
  readonly headerTypes?: readonly string[] // ["Bearer"]   AUTH_HEADER_TYPES
  readonly headerName?: string // "Authorization"   AUTH_HEADER_NAME, as "X-Access-Token"
  readonly userIdField?: 'id' | 'username' | 'email' // USER_ID_FIELD
  readonly userIdClaim?: string // "user_id"   USER_ID_CLAIM
  readonly typeClaim?: string // "token_type"   TOKEN_TYPE_CLAIM
  readonly jtiClaim?: string // "jti"   JTI_CLAIM
  readonly slidingRefreshClaim?: string // "refresh_exp"
  readonly types?: readonly ('access' | 'sliding')[] // ["access"]   AUTH_TOKEN_CLASSES
  /**
   * What a password change does: `session` ends every sign-in of the user (default); `claim` leaves sessions alone and
   * refuses tokens whose revoke claim no longer fits (CHECK_REVOKE_TOKEN=True on the wire); false nothing. A browser's
   * `session()` ends in any case.
   */
  readonly checkRevoke?: 'session' | 'claim' | false
  readonly revokeClaim?: 'hmac' | 'md5' // 'hmac' with checkRevoke 'claim'; D9
  readonly revokeClaimName?: string // "hash_password"   REVOKE_TOKEN_CLAIM
  readonly claims?: (user: User) => object // own claims, put into every token of a user
  readonly copyClaims?: boolean // false   D38
  readonly encode?: (value: unknown) => unknown // JSON_ENCODER
  readonly verifyIgnoresBlacklist?: boolean // false   D3
  readonly allowUserlessRefresh?: boolean // false   D13
  readonly allowWeakKeys?: boolean // false   D17, for tests
  readonly maxBytes?: number // 8192
}

export interface UserOptions {
  readonly loginField?: 'username' | 'email'
  readonly rule?: (user: User | undefined) => boolean // USER_AUTHENTICATION_RULE
  readonly ruleOnRequest?: boolean // true   D11
  readonly checkActive?: boolean // true   CHECK_USER_IS_ACTIVE
  readonly updateLastLogin?: boolean // false   UPDATE_LAST_LOGIN
  readonly trimPassword?: boolean | 'both' // 'both'   D2
}

/** A handler in place of, or around, ours; the *_SERIALIZER settings. `next` runs ours. */
export type Handler = (
  fields: Readonly<Record<string, string>>,
  request: AuthRequest,
  next: () => Promise<object>,
) => Awaitable<object>

/** `true`: mounted at its default path; a string: at this path; `false`: not mounted. */
export type EndpointOption =
  | boolean
  | `/${string}`
  | { readonly path?: `/${string}`; readonly handle?: Handler }

export type EndpointOptions = Readonly<Partial<Record<EndpointName, EndpointOption>>>

export interface Events {
  readonly signedIn?: (event: {
    user: User
    request: AuthRequest | undefined
  }) => Awaitable<void> // ON_LOGIN_SUCCESS
  readonly signInFailed?: (event: {
    credentials: object
    request: AuthRequest | undefined
  }) => Awaitable<void> // ON_LOGIN_FAILED
  readonly signedOut?: (event: {
    sessionId: string
    userId: string | undefined
  }) => Awaitable<void>
  readonly reuseDetected?: (event: {
    sessionId: string
    userId: string | undefined
  }) => Awaitable<void>
}
