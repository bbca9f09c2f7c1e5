import type { Scheme } from '../authentication/scheme.ts'
import type { Duration } from '../base/duration.ts'
import type { LogEntry } from '../base/log.ts'
import type { Random } from '../base/random.ts'
import type { FeatureOptions } from '../features.ts'
import type { Permission, SignedIn } from '../permissions/permission.ts'
import type { RightsOf, Roles } from '../permissions/rights.ts'
import type { Rate } from '../throttling/rate.ts'
import type { User } from '../users/user.ts'
import type { EndpointOptions } from './endpoint-options.ts'
import type { Hooks } from './hook-options.ts'
import type { UserOptions } from './user-options.ts'

export type { TokenOptions } from '../features/tokens/options.ts'
export type {
  EndpointHandler,
  EndpointOption,
  EndpointOptions,
} from './endpoint-options.ts'
export type {
  Hooks,
  SessionEvent,
  SignInEvent,
  SignInFailedEvent,
} from './hook-options.ts'
export type { UserOptions } from './user-options.ts'

/** The options of `watchword()`. */
export interface Options<
  R extends Roles = Roles,
  S extends Scheme<unknown> = Scheme<User>,
> extends CoreOptions<R, S>,
    FeatureOptions {}

export interface CoreOptions<
  R extends Roles = Roles,
  S extends Scheme<unknown> = Scheme<User>,
> {
  /**
   * A file, `"sqlite::memory:"` or `"postgres://…"`.
   *
   * @default `WATCHWORD_DATABASE`, or "watchword.db"
   * @django DATABASES
   */
  readonly database?: string
  /**
   * Encrypts private keys and derives API tokens. In a list the first one encrypts and all decrypt.
   *
   * @default `WATCHWORD_SECRET`; in development generated and kept beside the database
   */
  readonly secret?: string | readonly string[]
  /**
   * The path of the token endpoints.
   *
   * @default "/api/token"
   */
  readonly path?: `/${string}`
  /** Rules for accounts and their passwords. */
  readonly users?: UserOptions
  /**
   * Which endpoints there are, by name: `true`, a path, `false` or `{ path, handle }`.
   *
   * @default those of access and refresh tokens, and those of the schemes
   */
  readonly endpoints?: EndpointOptions
  /**
   * Schemes, tried in this order.
   *
   * @default [bearer()]
   * @django DEFAULT_AUTHENTICATION_CLASSES
   */
  readonly authentication?: readonly S[]
  /** The permission strings of each role; `"*"` for all. Permissions that name others do not compile. */
  readonly roles?: R
  /**
   * The default requirement of every guard. It must require an authenticated user.
   *
   * @default isAuthenticated
   * @django DEFAULT_PERMISSION_CLASSES
   */
  readonly permissions?: DefaultPermissions<RightsOf<R>>
  /**
   * Rates by name, such as `"100/day"`; `null` for no limit. `anon` and `user` count every request, `login` wrong passwords,
   * others where a guard names them.
   *
   * @default { login: "10/min" }
   * @django DEFAULT_THROTTLE_RATES
   */
  readonly throttle?: Readonly<Record<string, Rate | null>>
  /**
   * Shares throttles and revocations between machines: `"redis://…"`, or a list of a cluster's nodes.
   *
   * @default `WATCHWORD_REDIS`, or none
   */
  readonly redis?: string | readonly string[]
  /**
   * Where throttles count: `"memory"` (in each process), `"store"` or `"redis"`.
   *
   * @default "redis" with the option `redis`, or "memory"
   */
  readonly counts?: 'memory' | 'store' | 'redis'
  /**
   * Password hashes at the same time; processes on one machine share its cores: 1 to 1024.
   *
   * @default the number of cores
   */
  readonly hashesAtOnce?: number
  /**
   * How many proxies append to `X-Forwarded-For`: 0 to 16. `null` trusts the whole header, as Django REST framework does
   * (D10).
   *
   * @default 0
   * @django NUM_PROXIES
   */
  readonly proxies?: number | null
  /**
   * Logs why each refused request was refused.
   *
   * @default false
   */
  readonly explain?: boolean
  /** Functions that are called when something happened. */
  readonly on?: Hooks
  /**
   * Keeps security events in the database for this long; false keeps none.
   *
   * @default { keep: "90d" }
   */
  readonly audit?: boolean | { readonly keep: Duration }
  /**
   * OpenTelemetry spans of sign-ins, refreshes, verifications and sign-outs. Needs the package `@opentelemetry/api`.
   *
   * @default false
   */
  readonly telemetry?: boolean
  /** The time in seconds since 1970. For tests. */
  readonly clock?: () => number
  /** Returns random bytes. For tests. */
  readonly random?: Random
  /**
   * Receives log entries.
   *
   * @default one line each on standard error
   */
  readonly log?: (entry: LogEntry) => void
}

/** A permission that requires an authenticated user, or a list with one. */
export type DefaultPermissions<Right extends string> =
  | (Permission<unknown, never, Right> & SignedIn)
  | readonly [
      Permission<unknown, never, Right> & SignedIn,
      ...Permission<unknown, never, Right>[],
    ]
