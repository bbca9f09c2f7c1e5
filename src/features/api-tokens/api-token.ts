import { hash } from 'node:crypto'
import type { UnixSeconds } from '../../base/clock.ts'
import type { UserId } from '../../users/user.ts'

/** 32 hexadecimal digits. */
export type ApiTokenId = string & { readonly __is: 'ApiTokenId' }

/** A SHA-256 in hexadecimal digits: what the store has of a token's text. */
export type TokenDigest = string & { readonly __is: 'TokenDigest' }

/**
 * A token that is a row and says nothing itself: the key that Django REST framework gives a user, knox's token, an API key.
 * They differ in what they are made with, not in what they are.
 */
export interface ApiToken {
  readonly id: ApiTokenId
  readonly userId: UserId
  /** How its text begins, to know it by. What is left of the text has 128 random bits or more. */
  readonly hint: string
  /** Given by whoever made it. */
  readonly name: string | undefined
  /** What it is limited to; empty: for no scope. */
  readonly scopes: readonly string[]
  readonly createdAt: UnixSeconds
  /** `undefined`: lives until it is revoked. */
  readonly expiresAt: UnixSeconds | undefined
  /** The one of its user that is derived, and so can be shown again (D19). The text of any other is shown once. */
  readonly derived: boolean
}

/** A token as the store keeps it. Nothing here is of use without the text, or without the instance's secret (T13). */
export type ApiTokenRecord = Omit<ApiToken, 'derived'> & {
  readonly digest: TokenDigest
  /** What a derived text is derived from, together with the user's id. */
  readonly nonce: string | undefined
}

/** A token's text beside its row. */
export interface ShownToken {
  readonly token: string
  readonly record: ApiToken
}

/** The port that keeps API tokens. Every verb is one statement. */
export interface ApiTokens {
  /** Writes a new row and changes none (T12). */
  insert(token: ApiTokenRecord): Promise<void>
  /**
   * Gives a user a derived token, unless there is one: of any number of callers one writes.
   *
   * @returns the user's derived token as it is then, the same for all of them
   */
  keep(token: ApiTokenRecord): Promise<ApiTokenRecord>
  /** Puts a derived token in the place of another, only while that is there. @returns whether this call did */
  replace(id: ApiTokenId, token: ApiTokenRecord): Promise<boolean>
  /** One that has expired at `now` is not found: it takes the same way as one that never was (H4). */
  find(digest: TokenDigest, now: UnixSeconds): Promise<ApiToken | undefined>
  findDerived(userId: UserId): Promise<ApiTokenRecord | undefined>
  /** Those of this id, or whose text begins so. */
  named(idOrHint: string): Promise<readonly ApiToken[]>
  /** The newest first, expired ones among them. */
  list(userId: UserId): Promise<readonly ApiToken[]>
  /** @returns `false`: there is none of this id */
  delete(id: ApiTokenId): Promise<boolean>
  /** @returns how many the user had */
  deleteAll(userId: UserId): Promise<number>
  /** Deletes up to `limit` that expired before `moment`, or whose user is gone. @returns how many it deleted */
  flush(moment: UnixSeconds, limit: number): Promise<number>
}

/** Unsalted: the texts are random and long, and one look finds the row (T13). */
export const digestOf = (text: string): TokenDigest =>
  hash('sha256', text, 'hex') as TokenDigest

/** A row as it may be shown. */
export const hintOf = ({ digest: _, nonce, ...rest }: ApiTokenRecord): ApiToken => ({
  ...rest,
  derived: nonce !== undefined,
})
