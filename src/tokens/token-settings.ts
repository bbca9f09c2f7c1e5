import type { Awaitable } from '../base/awaitable.ts'
import type { Clock, Seconds } from '../base/clock.ts'
import type { Random } from '../base/random.ts'
import type { Claims } from '../jwt/index.ts'
import type { SessionManager } from '../sessions/session-manager.ts'
import type { Account, User } from '../users/user.ts'
import type { UserField, Users } from '../users/users.ts'

/** On what terms tokens are issued and exchanged: the parsed settings, one plain value each. */
export interface TokenSettings {
  readonly access: Seconds
  readonly refresh: Seconds
  /** The end of a session that no refresh moves. */
  readonly session: Seconds
  readonly sliding: Seconds
  readonly slidingRefresh: Seconds
  readonly leeway: Seconds
  readonly rotate: boolean
  readonly blacklistAfterRotation: boolean
  readonly adoptForeign: boolean
  /** Token types that prove identity, in the order they are tried. */
  readonly types: readonly ('access' | 'sliding')[]
  readonly userIdField: UserField
  readonly userIdClaim: string
  readonly typeClaim: string
  readonly jtiClaim: string
  readonly slidingRefreshClaim: string
  readonly audience: string | readonly string[] | undefined
  readonly issuer: string | undefined
  readonly checkRevoke: 'session' | 'claim' | false
  readonly revokeClaimName: string
  readonly claims: ((user: User) => object) | undefined
  readonly copyClaims: boolean
  readonly encode: ((value: unknown) => unknown) | undefined
  readonly verifyIgnoresBlacklist: boolean
  readonly allowUserlessRefresh: boolean
  readonly checkActive: boolean
  /** The authentication rule where one is given; else a user must exist and, with `checkActive`, be active. */
  readonly rule: ((user: User | undefined) => boolean) | undefined
  readonly ruleOnRequest: boolean
}

/** What tokens are made and judged in. */
export interface TokenDeps {
  readonly terms: TokenSettings
  readonly clock: Clock
  readonly random: Random
  readonly users: Users
  /** `undefined`: there is no store of sessions, and tokens live until they expire. */
  readonly sessions: SessionManager | undefined
  sign(claims: object): string
  /** Spec 1.2, rows 1 to 12 and 14. @throws AuthError with the error class of the fault */
  verify(token: string): Awaitable<Claims>
  /** The same of a token that is spent by being shown: it is not remembered, nor does it take the place of one that is. */
  verifyOnce(token: string): Awaitable<Claims>
  /** The revoke claim of an account as it stands (spec 3.5). */
  revokeClaimOf(account: Account): string
  /** Whether a presented revoke claim is the account's, in constant time. */
  isRevokeClaimOf(claim: unknown, account: Account): boolean
}

/** Whether the authentication rule lets this user have and use tokens. It answers at once: a promise is no yes. */
export const isAllowed = (user: User | undefined, terms: TokenSettings): boolean =>
  terms.rule === undefined
    ? user !== undefined && (user.active || !terms.checkActive)
    : terms.rule(user) === true

/** Whether a user who has signed in may go on: who is inactive may not, nor whom the rule refuses by now (D11). */
export const mayUse = (user: User, terms: TokenSettings): boolean =>
  (user.active || !terms.checkActive) && (!terms.ruleOnRequest || isAllowed(user, terms))
