import { hash } from 'node:crypto'
import type { UnixSeconds } from '../../base/clock.ts'
import type { StoredUser, UserId } from '../../users/user.ts'

/** The id of an API token inside the library; in the public types it is a string. */
export type ApiTokenId = string & { readonly __is: 'ApiTokenId' }

/** The SHA-256 of a token in hexadecimal digits. The token itself is not stored. */
export type TokenDigest = string & { readonly __is: 'TokenDigest' }

/** An opaque token with a row in the store: Django REST framework's `Token`, knox's token, an API key. */
export interface ApiToken {
  readonly id: string
  readonly userId: string
  /** Its first characters; the rest has 128 random bits or more. */
  readonly hint: string
  /** What it is for. */
  readonly name: string | undefined
  /** The scopes that it has; empty: none. */
  readonly scopes: readonly string[]
  /** Seconds since 1970. */
  readonly createdAt: number
  /** `undefined`: valid until it is revoked. */
  readonly expiresAt: number | undefined
  /** Derived from the instance's secret, so that it can be shown again (D19). Other tokens are shown once. */
  readonly derived: boolean
  /** Which sign-in issued it, such as `knox`; `undefined`: none did. A limit, and signing out everywhere, concern one kind. */
  readonly kind: string | undefined
}

/** What lists show of a stored token: an `ApiToken` with the library's own types. */
export interface ListedApiToken extends ApiToken {
  readonly id: ApiTokenId
  readonly userId: UserId
  readonly createdAt: UnixSeconds
  readonly expiresAt: UnixSeconds | undefined
}

/** A row of the store: an API token, its digest and, if it is derived, its nonce. The token cannot be computed from it (T13). */
export type StoredApiToken = Omit<ListedApiToken, 'derived'> & {
  readonly digest: TokenDigest
  /** A derived token is computed from this, the user's id and the instance's secret. */
  readonly nonce: string | undefined
  /** The user's epoch at the sign-in: a new password revokes the token. `undefined`: it does not. */
  readonly epoch: number | undefined
}

/** The token itself, and what lists show of it. */
export interface ShownToken {
  readonly token: string
  readonly record: ApiToken
}

/** What a sign-in depends on: a new password increments the epoch. */
export type SignedInUser = Pick<StoredUser, 'epoch' | 'active'>

/** How many live tokens of one kind a user may have. */
export interface TokenLimit {
  /** 1 or more. */
  readonly limit: number
  /** Deletes the user's oldest tokens of the kind in place of refusing the new one. */
  readonly revokeOldest: boolean
}

/** The port that keeps API tokens. Each method is one statement, except `insertWithin`. */
export interface ApiTokens {
  /**
   * Adds a row; never changes one (T12).
   *
   * @param signedIn as in `insertDerived`
   * @returns `false` if the user does not exist, or has changed
   */
  insert(token: StoredApiToken, signedIn?: SignedInUser): Promise<boolean>
  /**
   * Adds a row unless the user has as many live tokens of its kind as the limit allows. It is one transaction, and those of one user
   * run one after the other: concurrent calls never exceed the limit.
   *
   * @param signedIn as in `insertDerived`
   * @returns how many tokens it deleted for it, or why it has not added it
   */
  insertWithin(
    limit: TokenLimit,
    token: StoredApiToken,
    signedIn: SignedInUser,
  ): Promise<{ readonly revoked: number } | 'full' | 'user changed'>
  /**
   * Moves the expiry of a live token to a later moment. Calls within a tenth of a second share a statement, and of several for one
   * token the latest moment is written.
   *
   * @returns when it is written
   */
  extend(id: ApiTokenId, expiresAt: UnixSeconds): Promise<void>
  /**
   * Adds a derived token, unless the user has one. Of concurrent calls one writes.
   *
   * @param signedIn the user when the password was checked, who must not have changed since. Default: the user must exist
   * @returns the user's derived token, the same for all concurrent calls; `undefined` if the user has changed
   */
  insertDerived(
    token: StoredApiToken,
    signedIn?: SignedInUser,
  ): Promise<StoredApiToken | undefined>
  /**
   * Replaces a derived token, if it and its user still exist.
   *
   * @param signedIn as in `insertDerived`
   * @returns whether this call replaced it
   */
  replaceDerived(
    id: ApiTokenId,
    token: StoredApiToken,
    signedIn?: SignedInUser,
  ): Promise<boolean>
  /**
   * Adds a token that another system has issued.
   *
   * @returns `false` if there is one with its digest, or the user does not exist
   */
  insertImported(token: StoredApiToken): Promise<boolean>
  /** Replaces the digest of an imported token by that of `digestOf`. @returns `false` if it has another one by now */
  upgradeDigest(id: ApiTokenId, from: TokenDigest, to: TokenDigest): Promise<boolean>
  /** An expired token is not found, so that it is answered like an unknown one (H4). */
  find(digest: TokenDigest, now: UnixSeconds): Promise<StoredApiToken | undefined>
  findDerived(userId: UserId): Promise<StoredApiToken | undefined>
  /** The tokens with this id or this hint. */
  findByIdOrHint(idOrHint: string): Promise<readonly ListedApiToken[]>
  /** Newest first, including expired ones. */
  list(userId: UserId): Promise<readonly ListedApiToken[]>
  /** @returns `false` if there is no such token */
  delete(id: ApiTokenId): Promise<boolean>
  /** @param kind only those of this kind @returns how many it deleted */
  deleteAll(userId: UserId, kind?: string): Promise<number>
  /** Deletes up to `limit` tokens that expired before `moment`, or whose user was deleted or has a new password. @returns how many */
  flush(moment: UnixSeconds, limit: number): Promise<number>
}

/** Unsalted, so that one query finds the row: tokens are long and random (T13). */
export const digestOf = (token: string): TokenDigest =>
  hash('sha256', token, 'hex') as TokenDigest

/** How a token is stored that was imported with the digest of django-rest-knox, until it is used: its SHA-512. */
export const knoxDigestOf = (token: string): TokenDigest =>
  importedDigest(hash('sha512', token, 'hex'))

/** @param digits of a SHA-512, in hexadecimal digits */
export const importedDigest = (digits: string): TokenDigest =>
  `sha512:${digits.toLowerCase()}` as TokenDigest

/**
 * Whether a string has the form of a token: of `issue.ts`, or hexadecimal digits with a prefix or without, as Django REST framework's
 * `Token` and `sign-in-token.ts` have. Others need no query.
 */
export const hasTokenForm = (token: string): boolean =>
  /^(?:[a-z\d]{1,10}_[\w-]{43}|[\w.~+/-]{0,10}[\da-f]{40,128})$/i.test(token)

/** The public part of a stored token. */
export const apiTokenOf = ({
  digest: _digest,
  epoch: _epoch,
  nonce,
  ...rest
}: StoredApiToken): ListedApiToken => ({
  ...rest,
  derived: nonce !== undefined,
})
