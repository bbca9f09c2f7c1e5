import * as z from 'zod/mini'
import type { Scheme } from '../../authentication/scheme.ts'
import { days, minutes, type Seconds, seconds } from '../../base/clock.ts'
import { type Duration, secondsOf } from '../../base/duration.ts'
import type { ApiToken } from '../../features/api-tokens/api-token.ts'
import { isKeyword } from '../../features/api-tokens/scheme.ts'
import type { AuthRequest } from '../../http/request.ts'
import {
  absolutePath,
  duration,
  functionOf,
  nonEmptyList,
  parsedBy,
  withDefault,
} from '../../schema/shapes.ts'
import type { User } from '../../users/user.ts'
import { isExpiryFormat } from './expiry-format.ts'

/** The options of `knox()`. */
export interface KnoxOptions {
  /**
   * What the paths begin with: `/knox/login/`, `/knox/logout/`, `/knox/logoutall/`.
   *
   * @default "/knox"
   */
  readonly prefix?: `/${string}`
  /**
   * Lifetime of a token; `null`: until it is revoked. Zero or less: the token is never valid.
   *
   * @default "10h"
   * @django TOKEN_TTL
   */
  readonly ttl?: Duration | null
  /**
   * What tokens begin with: 10 letters, digits or `-._~+/` at most.
   *
   * @default ""
   * @django TOKEN_PREFIX
   */
  readonly tokenPrefix?: string
  /**
   * Hexadecimal digits after the prefix: an even number from 40 to 128.
   *
   * @default 64
   * @django AUTH_TOKEN_CHARACTER_LENGTH
   */
  readonly tokenLength?: number
  /**
   * Live tokens of a user: 1 or more, or `null` for any number. Expired ones do not count.
   *
   * @default null
   * @django TOKEN_LIMIT_PER_USER
   */
  readonly limit?: number | null
  /**
   * At the limit: `"reject"` the sign-in with 403, or `"revokeOldest"`.
   *
   * @default "reject"
   */
  readonly onLimit?: 'reject' | 'revokeOldest'
  /**
   * A request with a token sets its expiry to `ttl` from then.
   *
   * @default false
   * @django AUTO_REFRESH
   */
  readonly autoRefresh?: boolean
  /**
   * How long after the sign-in `autoRefresh` ends: `ttl` or more, or `null` for never.
   *
   * @default null
   * @django AUTO_REFRESH_MAX_TTL
   */
  readonly autoRefreshMaxTtl?: Duration | null
  /**
   * An expiry that would move by no more than this is not written: 1 second to 1 day.
   *
   * @default "60s"
   * @django MIN_REFRESH_INTERVAL
   */
  readonly minRefreshInterval?: Duration
  /**
   * Accepts tokens that `auth.apiTokens.import` has added with the SHA-512 of knox.
   *
   * @default false
   */
  readonly importedTokens?: boolean
  /**
   * The word before the token in `Authorization`.
   *
   * @default "Token"
   * @django AUTH_HEADER_PREFIX
   */
  readonly headerPrefix?: string
  /**
   * How the member `expiry` is written: a format of `strftime`, in UTC, or a function.
   *
   * @default ISO 8601 with microseconds
   * @django EXPIRY_DATETIME_FORMAT
   */
  readonly expiryFormat?: string | ((expiry: Date) => string)
  /**
   * Returns the member `user` of the answer to a sign-in.
   *
   * @default no such member
   * @django USER_SERIALIZER
   */
  readonly user?: (user: User) => object
  /**
   * What signs in: `"schemes"` (of the next option), or `"body"`, the fields `username` and `password`.
   *
   * @default "schemes"
   */
  readonly credentials?: 'schemes' | 'body'
  /**
   * The schemes that sign in, with `credentials: "schemes"`.
   *
   * @default those of the option `authentication`
   * @django LoginView.authentication_classes
   */
  readonly authentication?: readonly Scheme<User>[]
  /**
   * Changes the answer to a sign-in: returns the body of a 200, or a Response.
   *
   * @default `{ expiry, token, user }`
   * @django LoginView.get_post_response
   */
  readonly response?: (body: KnoxBody, context: KnoxSignIn) => object | Response
}

/** The answer to a sign-in. */
export interface KnoxBody {
  readonly expiry: string | null
  readonly token: string
  /** With the option `user`. */
  readonly user?: object
}

/** What the option `response` is passed. */
export interface KnoxSignIn {
  readonly user: User
  /** What is stored of the token. */
  readonly token: ApiToken
  readonly request: AuthRequest
}

const CENTURY = days(36_525)

/** A number of seconds may be zero or less, as in knox: such a token is expired when it is issued. */
const ttl = parsedBy((value, reject): Seconds | null => {
  const length = value === null ? 0 : secondsOf(value)
  if (length === undefined || Math.abs(length) > CENTURY)
    return reject(
      'must be a duration such as "10h" or "30d" of 100 years at most, a number of seconds, or null',
    )
  if (value === null) return null
  return length as Seconds
})

const hours = (n: number): Seconds => minutes(60 * n)

const PREFIX = 'must be 10 letters, digits or "-._~+/" at most'

const LIMIT = 'must be a whole number, 1 or more, or null for any number'

const LENGTH = 'must be an even number from 40 to 128'

const FORMAT =
  'must be a format of strftime such as "%Y-%m-%d %H:%M", with the directives %Y %y %m %d %H %I %M %S %f %p %j %a %A %b %B %z %Z %%, or a function'

export const knoxOptions = z.strictObject({
  prefix: withDefault(absolutePath, '/knox'),
  ttl: withDefault(ttl, hours(10)),
  tokenPrefix: withDefault(z.string().check(z.regex(/^[\w.~+/-]{0,10}$/, PREFIX)), ''),
  tokenLength: withDefault(
    z
      .int(LENGTH)
      .check(z.minimum(40, LENGTH), z.maximum(128, LENGTH), z.multipleOf(2, LENGTH)),
    64,
  ),
  limit: withDefault(z.nullable(z.int(LIMIT).check(z.minimum(1, LIMIT))), null),
  onLimit: withDefault(z.literal(['reject', 'revokeOldest']), 'reject'),
  autoRefresh: withDefault(z.boolean(), false),
  autoRefreshMaxTtl: withDefault(z.nullable(duration(seconds(1), CENTURY)), null),
  minRefreshInterval: withDefault(duration(seconds(1), days(1)), minutes(1)),
  importedTokens: withDefault(z.boolean(), false),
  headerPrefix: withDefault(
    z
      .string()
      .check(z.refine(isKeyword, 'must be a word without blanks, such as "Token"')),
    'Token',
  ),
  expiryFormat: z.optional(
    z.custom<string | ((expiry: Date) => string)>(
      (value) =>
        typeof value === 'function' ||
        (typeof value === 'string' && isExpiryFormat(value)),
      FORMAT,
    ),
  ),
  user: z.optional(functionOf<NonNullable<KnoxOptions['user']>>()),
  credentials: withDefault(z.literal(['schemes', 'body']), 'schemes'),
  authentication: z.optional(
    nonEmptyList(functionOf<Scheme<User>>('must be a scheme, such as basic()')),
  ),
  response: z.optional(functionOf<NonNullable<KnoxOptions['response']>>()),
} satisfies Record<keyof KnoxOptions, z.ZodMiniType>)

/** The options, parsed. */
export type KnoxSettings = z.output<typeof knoxOptions>

/** Settings of `REST_KNOX`, and what to write instead. */
export const KNOX_NAMES: Readonly<Record<string, string>> = {
  TOKEN_TTL: 'Use knox({ ttl }) instead.',
  TOKEN_PREFIX: 'Use knox({ tokenPrefix }) instead.',
  AUTH_TOKEN_CHARACTER_LENGTH: 'Use knox({ tokenLength }) instead.',
  TOKEN_LIMIT_PER_USER: 'Use knox({ limit }) instead.',
  AUTO_REFRESH: 'Use knox({ autoRefresh }) instead.',
  AUTO_REFRESH_MAX_TTL: 'Use knox({ autoRefreshMaxTtl }) instead.',
  MIN_REFRESH_INTERVAL: 'Use knox({ minRefreshInterval }) instead.',
  AUTH_HEADER_PREFIX: 'Use knox({ headerPrefix }) instead.',
  EXPIRY_DATETIME_FORMAT: 'Use knox({ expiryFormat }) instead.',
  USER_SERIALIZER: 'Use knox({ user }) instead.',
  SECURE_HASH_ALGORITHM:
    'Leave it out: the SHA-256 of a token is stored. For tokens of knox, use knox({ importedTokens: true }).',
  TOKEN_MODEL: 'Leave it out: tokens are stored with the API tokens.',
}
