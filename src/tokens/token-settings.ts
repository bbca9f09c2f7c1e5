import type { Awaitable } from '../base/awaitable.ts'
import type { Clock, Seconds } from '../base/clock.ts'
import type { Random } from '../base/random.ts'
import type { Claims } from '../jwt/index.ts'
import type { DpopRequests } from '../proofs/dpop-requests.ts'
import type { SessionManager } from '../sessions/session-manager.ts'
import type { Account, User } from '../users/user.ts'
import type { UserField, Users } from '../users/users.ts'

/** The parsed settings of tokens. */
export interface TokenSettings {
  readonly access: Seconds
  readonly refresh: Seconds
  /** The absolute end of a session: refreshes do not move it. */
  readonly session: Seconds
  readonly leeway: Seconds
  readonly rotate: boolean
  readonly blacklistAfterRotation: boolean
  readonly adoptForeign: boolean
  /** The token types that authenticate requests, in the order they are tried. */
  readonly types: readonly ('access' | 'sliding')[]
  readonly userIdField: UserField
  readonly userIdClaim: string
  readonly typeClaim: string
  readonly jtiClaim: string
  readonly audience?: string | readonly string[] | undefined
  readonly issuer?: string | undefined
  readonly checkRevoke: 'session' | 'claim' | false
  readonly revokeClaimName: string
  readonly claims?: ((user: User) => Awaitable<object>) | undefined
  readonly copyClaims: boolean
  /** Whether tokens carry `auth_time` and `amr`. */
  readonly signInClaims: boolean
  readonly encode?: ((value: unknown) => unknown) | undefined
  readonly verifyIgnoresBlacklist: boolean
  readonly allowUserlessRefresh: boolean
  readonly checkActive: boolean
  /** The option `users.rule`. Without it a user must exist and, with `checkActive`, be active. */
  readonly rule?: ((user: User | undefined) => boolean) | undefined
  readonly ruleOnRequest: boolean
  /** Tokens that features issue. */
  readonly kinds: readonly TokenKind[]
  /** What tokens of applications (those with `client_id`) must name; `undefined` if the instance issues none. */
  readonly applications?: ApplicationTokens | undefined
}

export interface ApplicationTokens {
  /** Their `iss`. */
  readonly issuer: string
  /** The names of the instance itself, of which their `aud` must have one. */
  readonly audiences: readonly string[]
  /** The paths of the instance that have tokens of their own. */
  readonly resources?: readonly string[]
}

/** What the core has to know of tokens that a feature issues. */
export interface TokenKind {
  /** How long one is valid. Keys verify, and revocations are known, for as long. */
  readonly lifetime: Seconds
  /** How long a refresh token is valid, if there are some. Keys verify for as long. */
  readonly refresh?: Seconds
  /** The claims that it adds. */
  readonly claims: readonly string[]
  /** Whether it is for applications: their tokens must then name this instance. */
  readonly isForApplications?: boolean
  /** The paths of the instance that have tokens of their own. */
  readonly resources?: readonly string[]
  /** Until when a token with these claims, or one that it is exchanged for, is valid; 0 if it is of another kind. */
  endOf(claims: Claims): number
}

/** How long tokens of features are valid, by their kind. */
export const lifetimesOf = (kinds: readonly TokenKind[]): readonly Seconds[] =>
  kinds.map(({ lifetime }) => lifetime)

/** How long refresh tokens of features are valid, by their kind. */
export const refreshLifetimesOf = (kinds: readonly TokenKind[]): readonly Seconds[] =>
  kinds.flatMap(({ refresh }) => refresh ?? [])

/** What issuing and checking tokens depends on. */
export interface TokenDeps {
  readonly settings: TokenSettings
  readonly clock: Clock
  readonly random: Random
  readonly users: Users
  /** `undefined` if `tokens.sessions` is false: then tokens are valid until they expire. */
  readonly sessions: SessionManager | undefined
  sign(claims: object): string
  /** Signs a refresh token. */
  signRefresh(claims: object): string
  /** Requires that a token with these claims is accepted again, without signing it. @throws AuthError `server_error` */
  requireReadable(claims: object): void
  requireReadableRefresh(claims: object): void
  /** Verifies signature and times. @throws AuthError */
  verify(token: string): Awaitable<Claims>
  /** Verifies without the cache: for refresh tokens, which are presented once. */
  verifyOnce(token: string): Awaitable<Claims>
  /** Verifies a token that may have expired: to revoke its session, and for nothing else. @throws AuthError */
  verifyExpired(token: string): Awaitable<Claims>
  /** What cached results of `verify` depend on: the keys (see `KeySource.version`), and the tolerance for `iat` and `nbf`. */
  keysVersion(): number
  readonly ahead: Seconds
  /** Checks proofs of keys; loaded at first use. */
  dpop(): Promise<DpopRequests>
  /** The current revoke claim of an account. */
  revokeClaimOf(account: Account): string
  /** Compares a presented revoke claim with the account's, in constant time. */
  isRevokeClaimOf(claim: unknown, account: Account): boolean
}

/** Whether a user may sign in. The rule is synchronous: a promise counts as a refusal. */
export function isAllowed(
  user: User | undefined,
  { rule, checkActive }: TokenSettings,
): boolean {
  if (rule !== undefined) return rule(user) === true
  return user !== undefined && (user.active || !checkActive)
}

/** Whether a refresh spends the presented token. */
export const spendsTokens = ({
  rotate,
  blacklistAfterRotation,
}: TokenSettings): boolean => rotate && blacklistAfterRotation

/** Whether a signed-in user may still make requests: inactive users may not, and the rule is applied again (D11). */
export const mayUse = (user: User, settings: TokenSettings): boolean =>
  (user.active || !settings.checkActive) &&
  (!settings.ruleOnRequest || isAllowed(user, settings))

/**
 * Whether the user id claim is a username or an email, which may later be another user's: then the claim `ww_uid` has the
 * immutable id, and decides.
 */
export const namesUserByField = ({
  userIdField,
}: Pick<TokenSettings, 'userIdField'>): boolean => userIdField !== 'id'
