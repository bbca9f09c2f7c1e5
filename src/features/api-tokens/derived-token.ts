import { createHmac } from 'node:crypto'
import type { Clock } from '../../base/clock.ts'
import { hexId, type Random } from '../../base/random.ts'
import type { UserId } from '../../users/user.ts'
import {
  type ApiTokenId,
  type ApiTokenRecord,
  type ApiTokens,
  digestOf,
  hintOf,
  type ShownToken,
} from './api-token.ts'

export interface DerivedTokenDeps {
  readonly apiTokens: Pick<ApiTokens, 'findDerived' | 'keep' | 'replace'>
  readonly clock: Clock
  readonly random: Random
  /**
   * What texts are derived under, one key a secret: the first derives new ones, all show again what they derived.
   *
   * @throws AuthError `invalid_config` where there is no secret that lasts
   */
  derivingKeys(): readonly Uint8Array[]
}

/**
 * The token of a user that is the same at each call, as Django REST framework's is: 40 hexadecimal digits, for no scope,
 * without an end. The store has a nonce and a digest of it, and of no use to whoever has not the instance's secret (D19).
 *
 * It is made where there is none, and made anew on `reset` and where no secret of today's derives it: the secret that did
 * was taken away, and what was derived under it shall not live on.
 */
export async function derivedToken(
  userId: UserId,
  deps: DerivedTokenDeps,
  { reset = false }: { readonly reset?: boolean } = {},
): Promise<ShownToken> {
  const { apiTokens } = deps
  const kept = await apiTokens.findDerived(userId)
  const known = kept && !reset ? shownAgain(kept, deps) : undefined
  if (known !== undefined) return known

  const fresh = newToken(userId, deps)
  if (kept === undefined) {
    const record = await apiTokens.keep(fresh.record)
    return shownAgain(record, deps) ?? derivedToken(userId, deps)
  }
  if (await apiTokens.replace(kept.id, fresh.record))
    return { ...fresh, record: hintOf(fresh.record) }
  // Somebody else was faster, and theirs is as new.
  return derivedToken(userId, deps)
}

function shownAgain(
  record: ApiTokenRecord,
  deps: DerivedTokenDeps,
): ShownToken | undefined {
  const texts = deps.derivingKeys().map((key) => textOf(record, key))
  const token = texts.find((text) => digestOf(text) === record.digest)
  return token === undefined ? undefined : { token, record: hintOf(record) }
}

/** Digits that lists show: 128 bits are left. */
const HINT = 8

function newToken(userId: UserId, { clock, random, derivingKeys }: DerivedTokenDeps) {
  const nonce = hexId(random)
  const token = textOf({ userId, nonce }, derivingKeys()[0]!)
  const record: ApiTokenRecord = {
    id: hexId(random) as ApiTokenId,
    userId,
    digest: digestOf(token),
    hint: token.slice(0, HINT),
    name: undefined,
    scopes: [],
    nonce,
    createdAt: clock(),
    expiresAt: undefined,
  }
  return { token, record }
}

/** The nonce has one length, so no two pairs are one message. */
const textOf = (
  { userId, nonce }: Pick<ApiTokenRecord, 'userId' | 'nonce'>,
  key: Uint8Array,
): string =>
  createHmac('sha256', key).update(`${nonce}${userId}`).digest('hex').slice(0, 40)
