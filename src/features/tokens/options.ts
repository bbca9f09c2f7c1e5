import type { KeyObject } from 'node:crypto'
import * as z from 'zod/mini'
import { days, minutes, seconds } from '../../base/clock.ts'
import type { Duration } from '../../base/duration.ts'
import { ownMember } from '../../base/optional.ts'
import { ALGORITHMS, type Algorithm } from '../../jwt/index.ts'
import { isKeyObject } from '../../jwt/pem.ts'
import {
  duration,
  functionOf,
  httpToken,
  name,
  nonEmptyList,
  oneOrMore,
  section,
  wholeNumber,
  withDefault,
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
   * How clients get and send tokens: in the `"body"` and a header, or in a `"cookie"` each, which scripts cannot read.
   *
   * @default "body"
   */
  readonly transport?: 'body' | 'cookie'
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
  /**
   * A function from the user to your own claims, at each sign-in and refresh; or names of fields, such as `["email", "nickname"]`, also of
   * the option `user`.
   */
  readonly claims?: ((user: User) => object | Promise<object>) | readonly string[]
  /**
   * A refresh copies your own claims, as in Simple JWT (D38).
   *
   * @default false
   */
  readonly copyClaims?: boolean
  /**
   * Tokens carry when and how the user signed in: `auth_time`, `amr` and `acr` (OpenID Connect Core §2). A refresh does not change them.
   *
   * @default false
   */
  readonly signInClaims?: boolean
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

const issuer = z.string().check(
  z.minLength(1, 'must not be empty: leave it out if tokens have no issuer'),
  z.refine((text) => !/[#?]/.test(text), 'must not contain "#" or "?"'),
  z.refine(
    (text) => !text.startsWith('http://') || LOOPBACK.test(text),
    'must begin with https:// (plain http is for loopback addresses)',
  ),
)
const LOOPBACK = /^http:\/\/(localhost|127\.0\.0\.1|\[::1\])(:\d+)?(\/|$)/

/** Of what a client may know of its own user. */
const CLAIM_FIELDS = [
  'username',
  'email',
  'phone',
  'staff',
  'superuser',
  'roles',
] as const

/** A function that copies fields of a user, and attributes; what a user does not have is left out. */
function claimsNamed(names: string[]): (user: User) => object {
  const fieldOf = (user: User, name: string): unknown => {
    const field = CLAIM_FIELDS.find((each) => each === name)
    if (field !== undefined) return user[field]
    return ownMember(user.attributes, name)
  }
  return (user) =>
    Object.fromEntries(
      names
        .map((name) => [name, fieldOf(user, name)] as const)
        .filter(([, value]) => value !== undefined && value !== null),
    )
}

/** The longest `lostAnswer`. */
export const HOUR = minutes(60)

const ALGORITHM_NAMES = Object.keys(ALGORITHMS) as [Algorithm, ...Algorithm[]]

const keyMaterial = z.custom<string | KeyObject>(
  (value) => typeof value === 'string' || isKeyObject(value),
  'must be a string or a KeyObject',
)

export const tokenOptions = section<TokenOptions>()({
  access: withDefault(duration(seconds(1), days(1)), minutes(5)),
  refresh: withDefault(duration(seconds(1), YEAR), days(1)),
  transport: withDefault(z.enum(['body', 'cookie']), 'body'),
  session: z.optional(duration(seconds(1), YEAR)),
  overlap: withDefault(duration(seconds(0), minutes(5)), seconds(10)),
  lostAnswer: z.optional(duration(seconds(0), HOUR)),
  rotate: z.optional(z.boolean()),
  blacklistAfterRotation: z.optional(z.boolean()),
  reuse: withDefault(z.enum(['revoke', 'reject']), 'revoke'),
  revocationMaxAge: withDefault(duration(seconds(0), seconds(300)), seconds(30)),
  sessions: withDefault(z.boolean(), true),
  adoptForeign: withDefault(z.boolean(), false),
  algorithm: z.optional(z.enum(ALGORITHM_NAMES)),
  refreshAlgorithm: z.optional(z.enum(ALGORITHM_NAMES)),
  rotateKeys: z.optional(z.union([z.literal(false), duration(seconds(4), YEAR)])),
  signingKey: z.optional(keyMaterial),
  passphrase: z.optional(z.string()),
  verifyingKey: z.optional(keyMaterial),
  jwksUrl: z.optional(z.url({ protocol: /^https?$/ })),
  audience: z.optional(oneOrMore(name)),
  issuer: z.optional(issuer),
  leeway: withDefault(duration(seconds(0), seconds(300)), seconds(0)),
  headerTypes: withDefault(nonEmptyList(httpToken('must be words without blanks')), [
    'Bearer',
  ]),
  headerName: withDefault(httpToken('must be the name of a header'), 'Authorization'),
  userIdField: withDefault(z.enum(['id', 'username', 'email']), 'id'),
  userIdClaim: withDefault(name, 'user_id'),
  typeClaim: withDefault(name, 'token_type'),
  jtiClaim: withDefault(name, 'jti'),
  types: withDefault(nonEmptyList(z.enum(['access', 'sliding'])), ['access']),
  checkRevoke: withDefault(z.literal(['session', 'claim', false]), 'session'),
  revokeClaim: withDefault(z.enum(['hmac', 'md5']), 'hmac'),
  revokeClaimName: withDefault(name, 'hash_password'),
  claims: z.optional(
    z.union(
      [
        functionOf<(user: User) => object | Promise<object>>(),
        z.pipe(nonEmptyList(name), z.transform(claimsNamed)),
      ],
      'must be a function, or a list of names of fields',
    ),
  ),
  copyClaims: withDefault(z.boolean(), false),
  signInClaims: withDefault(z.boolean(), false),
  encode: z.optional(functionOf<(value: unknown) => unknown>()),
  verifyIgnoresBlacklist: withDefault(z.boolean(), false),
  allowUserlessRefresh: withDefault(z.boolean(), false),
  allowWeakKeys: withDefault(z.boolean(), false),
  maxBytes: withDefault(wholeNumber(256, 65_536), 8192),
} satisfies Record<keyof TokenOptions, z.ZodMiniType>)

export type ParsedTokenOptions = z.output<typeof tokenOptions>
