import type { KeyObject } from 'node:crypto'
import { z } from 'zod'
import { days, minutes, seconds } from '../../base/clock.ts'
import type { Duration } from '../../base/duration.ts'
import { ALGORITHMS, type Algorithm } from '../../jwt/index.ts'
import { isKeyObject } from '../../jwt/pem.ts'
import {
  duration,
  functionOf,
  httpToken,
  name,
  section,
  YEAR,
} from '../../schema/shapes.ts'
import type { User } from '../../users/user.ts'

/** The option `tokens`. */
export interface TokenOptions {
  /**
   * Lifetime of an access token: 1 second to 24 hours.
   *
   * @default "5m"
   * @django ACCESS_TOKEN_LIFETIME
   */
  readonly access?: Duration
  /**
   * Lifetime of a refresh token: longer than `access`, at most 366 days.
   *
   * @default "1d"
   * @django REFRESH_TOKEN_LIFETIME
   */
  readonly refresh?: Duration
  /**
   * The absolute end of a session: at least `refresh`, at most 366 days.
   *
   * @default "30d"
   */
  readonly session?: Duration
  /**
   * How long a spent refresh token returns the same successor: 0 to 5 minutes.
   *
   * @default "10s"
   */
  readonly overlap?: Duration
  /**
   * How long after its first use a spent refresh token gets a new successor if the first one was never used: 0 to 1 hour.
   * Default: the lifetime of an access token, at most 1 hour; 0 if `overlap` is 0 or `reuse` is `"reject"`.
   *
   * @default "5m"
   */
  readonly lostAnswer?: Duration
  /**
   * A refresh issues a new refresh token (Django: false).
   *
   * @default true
   * @django ROTATE_REFRESH_TOKENS
   */
  readonly rotate?: boolean
  /**
   * A refresh token works once (Django: false).
   *
   * @default true
   * @django BLACKLIST_AFTER_ROTATION
   */
  readonly blacklistAfterRotation?: boolean
  /**
   * Reuse of a spent refresh token: `"revoke"` revokes the session, `"reject"` only rejects the token.
   *
   * @default "revoke"
   */
  readonly reuse?: 'revoke' | 'reject'
  /**
   * From this age of the revocation feed each check asks the database: 0 to 300 seconds.
   *
   * @default "30s"
   */
  readonly revocationMaxAge?: Duration
  /**
   * False stores nothing: tokens cannot be revoked.
   *
   * @default true
   * @django INSTALLED_APPS: token_blacklist
   */
  readonly sessions?: boolean
  /**
   * Accepts refresh and sliding tokens of a Simple JWT server with the same key.
   *
   * @default false
   */
  readonly adoptForeign?: boolean
  /**
   * HS, RS, PS or ES with 256, 384 or 512, or EdDSA (Django: HS256).
   *
   * @default "ES256"
   * @django ALGORITHM
   */
  readonly algorithm?: Algorithm
  /**
   * Of refresh tokens: HS256, HS384 or HS512, with a secret derived from the signing key, or that of `algorithm`, with the key itself.
   *
   * @default "HS256", or with `signingKey` that of `algorithm`
   */
  readonly refreshAlgorithm?: Algorithm
  /**
   * How long a generated key signs, from 4 seconds; false: until `keys.rotate()`.
   *
   * @default "90d"
   */
  readonly rotateKeys?: Duration | false
  /**
   * The secret (HS), or a private key in PEM or as a `KeyObject`.
   *
   * @default generated and stored
   * @django SIGNING_KEY
   */
  readonly signingKey?: string | KeyObject
  /** The passphrase of `signingKey`, if its PEM is encrypted. */
  readonly passphrase?: string
  /**
   * A public key or a certificate in PEM, or a `KeyObject`.
   *
   * @default derived from `signingKey`
   * @django VERIFYING_KEY
   */
  readonly verifyingKey?: string | KeyObject
  /**
   * Verifies with the key set at this address.
   *
   * @django JWK_URL
   */
  readonly jwksUrl?: string
  /**
   * One name or several, written to tokens and required.
   *
   * @django AUDIENCE
   */
  readonly audience?: string | readonly string[]
  /**
   * Written to tokens and required; `https:`, or `http:` on loopback.
   *
   * @django ISSUER
   */
  readonly issuer?: string
  /**
   * Tolerated clock difference: at most 300 seconds.
   *
   * @default 0
   * @django LEEWAY
   */
  readonly leeway?: Duration
  /**
   * The words before a token, in any case; challenges name the first.
   *
   * @default ["Bearer"]
   * @django AUTH_HEADER_TYPES
   */
  readonly headerTypes?: readonly string[]
  /**
   * The header of access tokens.
   *
   * @default "Authorization"
   * @django AUTH_HEADER_NAME
   */
  readonly headerName?: string
  /**
   * The user's field in tokens: `"id"`, `"username"` or `"email"`.
   *
   * @default "id"
   * @django USER_ID_FIELD
   */
  readonly userIdField?: 'id' | 'username' | 'email'
  /**
   * The claim with that field.
   *
   * @default "user_id"
   * @django USER_ID_CLAIM
   */
  readonly userIdClaim?: string
  /**
   * The required claim with a token's type.
   *
   * @default "token_type"
   * @django TOKEN_TYPE_CLAIM
   */
  readonly typeClaim?: string
  /**
   * The required claim with a token's id.
   *
   * @default "jti"
   * @django JTI_CLAIM
   */
  readonly jtiClaim?: string
  /**
   * Token types that authenticate requests, in this order: `"access"`, `"sliding"`.
   *
   * @default ["access"]
   * @django AUTH_TOKEN_CLASSES
   */
  readonly types?: readonly ('access' | 'sliding')[]
  /**
   * A new password revokes sessions, tokens by their revoke claim (`"claim"`, Django's True), or only browser sessions
   * (false).
   *
   * @default "session"
   * @django CHECK_REVOKE_TOKEN
   */
  readonly checkRevoke?: 'session' | 'claim' | false
  /**
   * The kind of revoke claim: `"md5"` if Django services share the tokens (D9).
   *
   * @default "hmac"
   */
  readonly revokeClaim?: 'hmac' | 'md5'
  /**
   * The claim of `checkRevoke: "claim"`.
   *
   * @default "hash_password"
   * @django REVOKE_TOKEN_CLAIM
   */
  readonly revokeClaimName?: string
  /** A function from the user to your own claims, at each sign-in and refresh. */
  readonly claims?: (user: User) => object | Promise<object>
  /**
   * A refresh copies your own claims, as in Simple JWT (D38).
   *
   * @default false
   */
  readonly copyClaims?: boolean
  /**
   * A function from a claim's value to a JSON value.
   *
   * @django JSON_ENCODER
   */
  readonly encode?: (value: unknown) => unknown
  /**
   * The verify endpoint accepts revoked tokens (D3).
   *
   * @default false
   */
  readonly verifyIgnoresBlacklist?: boolean
  /**
   * Tokens of deleted users can be refreshed (D13).
   *
   * @default false
   */
  readonly allowUserlessRefresh?: boolean
  /**
   * Accepts keys that are too short (D17), for tests.
   *
   * @default false
   */
  readonly allowWeakKeys?: boolean
  /**
   * The longest accepted token in bytes: 256 to 65536.
   *
   * @default 8192
   */
  readonly maxBytes?: number
}

const issuer = z
  .string()
  .min(1, 'must not be empty: leave it out if tokens have no issuer')
  .refine((text) => !/[#?]/.test(text), 'must not contain "#" or "?"')
  .refine(
    (text) => !text.startsWith('http://') || LOOPBACK.test(text),
    'must begin with https:// (plain http is for loopback addresses)',
  )
const LOOPBACK = /^http:\/\/(localhost|127\.0\.0\.1|\[::1\])(:\d+)?(\/|$)/

/** The longest `lostAnswer`. */
export const HOUR = minutes(60)

const ALGORITHM_NAMES = Object.keys(ALGORITHMS) as [Algorithm, ...Algorithm[]]

const keyMaterial = z.custom<string | KeyObject>(
  (value) => typeof value === 'string' || isKeyObject(value),
  'must be a string or a KeyObject',
)

export const tokenOptions = section<TokenOptions>()(
  z
    .strictObject({
      access: duration(seconds(1), days(1)).default(minutes(5)),
      refresh: duration(seconds(1), YEAR).default(days(1)),
      session: duration(seconds(1), YEAR).optional(),
      overlap: duration(seconds(0), minutes(5)).default(seconds(10)),
      lostAnswer: duration(seconds(0), HOUR).optional(),
      rotate: z.boolean().optional(),
      blacklistAfterRotation: z.boolean().optional(),
      reuse: z.enum(['revoke', 'reject']).default('revoke'),
      revocationMaxAge: duration(seconds(0), seconds(300)).default(seconds(30)),
      sessions: z.boolean().default(true),
      adoptForeign: z.boolean().default(false),
      algorithm: z.enum(ALGORITHM_NAMES).optional(),
      refreshAlgorithm: z.enum(ALGORITHM_NAMES).optional(),
      rotateKeys: z.union([z.literal(false), duration(seconds(4), YEAR)]).optional(),
      signingKey: keyMaterial.optional(),
      passphrase: z.string().optional(),
      verifyingKey: keyMaterial.optional(),
      jwksUrl: z.url({ protocol: /^https?$/ }).optional(),
      audience: z.union([name, z.array(name).min(1)]).optional(),
      issuer: issuer.optional(),
      leeway: duration(seconds(0), seconds(300)).default(seconds(0)),
      headerTypes: z
        .array(httpToken('must be words without blanks'))
        .min(1)
        .default(['Bearer']),
      headerName: httpToken('must be the name of a header').default('Authorization'),
      userIdField: z.enum(['id', 'username', 'email']).default('id'),
      userIdClaim: name.default('user_id'),
      typeClaim: name.default('token_type'),
      jtiClaim: name.default('jti'),
      types: z
        .array(z.enum(['access', 'sliding']))
        .min(1)
        .default(['access']),
      checkRevoke: z.literal(['session', 'claim', false]).default('session'),
      revokeClaim: z.enum(['hmac', 'md5']).default('hmac'),
      revokeClaimName: name.default('hash_password'),
      claims: functionOf<(user: User) => object | Promise<object>>().optional(),
      copyClaims: z.boolean().default(false),
      encode: functionOf<(value: unknown) => unknown>().optional(),
      verifyIgnoresBlacklist: z.boolean().default(false),
      allowUserlessRefresh: z.boolean().default(false),
      allowWeakKeys: z.boolean().default(false),
      maxBytes: z.int().min(256).max(65_536).default(8192),
    } satisfies Record<keyof TokenOptions, z.ZodType>)
    .prefault({}),
)

export type ParsedTokenOptions = z.output<typeof tokenOptions>
