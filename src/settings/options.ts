import type { Scheme } from '../authentication/scheme.ts'
import type { Duration } from '../base/duration.ts'
import type { LogEntry } from '../base/log.ts'
import type { Random } from '../base/random.ts'
import type { FeatureOptions } from '../features.ts'
import type { Permission, SignedIn } from '../permissions/permission.ts'
import type { RightsOf, Roles } from '../permissions/rights.ts'
import type { Preset } from '../presets/define-preset.ts'
import type { Rate } from '../throttling/rate.ts'
import type { UserFields } from '../users/fields.ts'
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
  F extends UserFields = UserFields,
> extends CoreOptions<R, S, F>,
    FeatureOptions {}

export interface CoreOptions<
  R extends Roles = Roles,
  S extends Scheme<unknown> = Scheme<User>,
  F extends UserFields = UserFields,
> {
  /**
   * The public address of the application: links in mails begin with it. Never read from a request.
   *
   * @default `WATCHWORD_URL`, or none
   */
  readonly url?: string
  /**
   * A file, `"sqlite::memory:"` or `"postgres://…"`.
   *
   * @default `WATCHWORD_DATABASE`, or "watchword.db"
   * @django DATABASES
   */
  readonly database?: string
  /**
   * Encrypts private keys and derives API tokens; of a list the first encrypts, all decrypt.
   *
   * @default `WATCHWORD_SECRET`; generated in development
   */
  readonly secret?: string | readonly string[]
  /**
   * The path of the token endpoints.
   *
   * @default "/api/token"
   */
  readonly path?: `/${string}`
  /**
   * Fields of users besides those of the library: `{ nickname: "string?", age: "number", newsletter: "boolean", born: "date" }`;
   * those with `?` may be missing. They are validated wherever they come in, and are the `attributes` of a user.
   *
   * @default any attributes, not validated
   */
  readonly user?: F
  /** Rules for accounts and their passwords. */
  readonly users?: UserOptions
  /**
   * By name: `true`, a path, `false` or `{ path, handle }`.
   *
   * @default those of access and refresh tokens and of the schemes
   */
  readonly endpoints?: EndpointOptions
  /**
   * Schemes, tried in this order.
   *
   * @default [bearer()]
   * @django DEFAULT_AUTHENTICATION_CLASSES
   */
  readonly authentication?: readonly S[]
  /**
   * Endpoints as another system has them, such as `[knox()]`: see `watchword/presets`.
   *
   * @default none
   */
  readonly presets?: readonly Preset[]
  /** The permission strings of each role; `"*"` for all. */
  readonly roles?: R
  /**
   * The default requirement of every guard; it must require a sign-in.
   *
   * @default isAuthenticated
   * @django DEFAULT_PERMISSION_CLASSES
   */
  readonly permissions?: DefaultPermissions<RightsOf<R>>
  /**
   * Rates such as `"100/day"`, or `null`, of `anon`, `user`, `login` and names of yours.
   *
   * @default { login: "10/min" }
   * @django DEFAULT_THROTTLE_RATES
   */
  readonly throttle?: Readonly<Record<string, Rate | null>>
  /**
   * Shares throttles and revocations between machines: an address, or a list of a cluster's nodes.
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
   * Parallel password hashes in this process: 1 to 1024.
   *
   * @default one less than the number of cores, but at least 1: other requests have a core to themselves
   */
  readonly hashesAtOnce?: number
  /**
   * How many proxies append to `X-Forwarded-For`: 0 to 16; `null` trusts the whole header (D10).
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
   * How long security events are kept; false records none.
   *
   * @default { keep: "90d" }
   */
  readonly audit?: boolean | { readonly keep: Duration }
  /**
   * OpenTelemetry spans; needs the package `@opentelemetry/api`.
   *
   * @default false
   */
  readonly telemetry?: boolean
  /** The time in seconds since 1970, for tests. */
  readonly clock?: () => number
  /** Returns random bytes, for tests. */
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
