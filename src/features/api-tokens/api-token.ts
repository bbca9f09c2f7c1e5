import { hash } from 'node:crypto'
import type { UnixSeconds } from '../../base/clock.ts'
import type { UserId } from '../../users/user.ts'

/** The id of an API token, inside: programs have strings. */
export type ApiTokenId = string & { readonly __is: 'ApiTokenId' }

/** The SHA-256 of a token in hexadecimal digits; the store has no more of it. */
export type TokenDigest = string & { readonly __is: 'TokenDigest' }

/** An opaque token with a row in the store: Django REST framework's `Token`, knox's token, an API key. */
export interface ApiToken {
  readonly id: string
  readonly userId: string
  /** Its first characters; the rest has 128 random bits or more. */
  readonly hint: string
  /** What it is for. */
  readonly name: string | undefined
  /** What it is limited to; empty: no scope. */
  readonly scopes: readonly string[]
  /** Seconds since 1970. */
  readonly createdAt: number
  /** `undefined`: valid until it is revoked. */
  readonly expiresAt: number | undefined
  /** Derived from the instance's secret, so that it can be shown again (D19). Other tokens are shown once. */
  readonly derived: boolean
}

/** The same, as the store returns it. */
export interface StoredApiToken extends ApiToken {
  readonly id: ApiTokenId
  readonly userId: UserId
  readonly createdAt: UnixSeconds
  readonly expiresAt: UnixSeconds | undefined
}

/** The row. It does not reveal the token: that takes the instance's secret (T13). */
export type ApiTokenRecord = Omit<StoredApiToken, 'derived'> & {
  readonly digest: TokenDigest
  /** A derived token is derived from this and the user's id. */
  readonly nonce: string | undefined
}

/** A token and its row. */
export interface ShownToken {
  readonly token: string
  readonly record: ApiToken
}

/** The port that keeps API tokens. Each method is one statement. */
export interface ApiTokens {
  /**
   * Adds a row; never changes one (T12).
   *
   * @param epoch of the user, as `keep`
   * @returns `false` if the user does not exist
   */
  insert(token: ApiTokenRecord, epoch?: number): Promise<boolean>
  /**
   * Adds a derived token, unless the user has one. Of concurrent calls one writes.
   *
   * @param epoch which the user must have, if a password was checked before. Default: any
   * @returns the user's derived token, the same for all of them; `undefined` if the user does not exist in this epoch
   */
  keep(token: ApiTokenRecord, epoch?: number): Promise<ApiTokenRecord | undefined>
  /**
   * Replaces a derived token, if it and its user still exist.
   *
   * @param epoch as `keep`
   * @returns whether this call did
   */
  replace(id: ApiTokenId, token: ApiTokenRecord, epoch?: number): Promise<boolean>
  /** An expired token is not found, so that it is answered like an unknown one (H4). */
  find(digest: TokenDigest, now: UnixSeconds): Promise<ApiTokenRecord | undefined>
  findDerived(userId: UserId): Promise<ApiTokenRecord | undefined>
  /** The tokens with this id or this hint. */
  named(idOrHint: string): Promise<readonly StoredApiToken[]>
  /** The newest first, including expired ones. */
  list(userId: UserId): Promise<readonly StoredApiToken[]>
  /** @returns `false` if there is no such token */
  delete(id: ApiTokenId): Promise<boolean>
  /** @returns how many it deleted */
  deleteAll(userId: UserId): Promise<number>
  /** Deletes up to `limit` tokens that expired before `moment` or whose user was deleted. @returns how many */
  flush(moment: UnixSeconds, limit: number): Promise<number>
}

/** Unsalted, so that one query finds the row: tokens are long and random (T13). */
export const digestOf = (text: string): TokenDigest =>
  hash('sha256', text, 'hex') as TokenDigest

/** The row without its secret parts. */
export const hintOf = ({
  digest: _,
  nonce,
  ...rest
}: ApiTokenRecord): StoredApiToken => ({
  ...rest,
  derived: nonce !== undefined,
})
