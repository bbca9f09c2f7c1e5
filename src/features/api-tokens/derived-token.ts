import { createHmac } from 'node:crypto'
import type { Clock } from '../../base/clock.ts'
import { AuthError } from '../../base/errors.ts'
import { hexId, type Random } from '../../base/random.ts'
import type { UserId } from '../../users/user.ts'
import type { Core } from '../core.ts'
import {
  type ApiTokenId,
  type ApiTokenRecord,
  type ApiTokens,
  digestOf,
  hintOf,
  type ShownToken,
} from './api-token.ts'
import { apiTokenStore } from './sql.ts'

export interface DerivedTokenDeps {
  readonly apiTokens: Pick<ApiTokens, 'findDerived' | 'keep' | 'replace'>
  readonly clock: Clock
  readonly random: Random
  /**
   * One key a secret: the first derives new tokens, all can derive the existing ones again.
   *
   * @throws AuthError `invalid_config` if there is no secret that lasts
   */
  derivingKeys(): readonly Uint8Array[]
}

type DerivedTokenCore = Pick<Core, 'clock' | 'random' | 'ports' | 'derivedKeys'>

export const derivedTokenDeps = (core: DerivedTokenCore): DerivedTokenDeps => ({
  apiTokens: core.ports(apiTokenStore).apiTokens,
  clock: core.clock,
  random: core.random,
  derivingKeys: () => derivingKeys(core),
})

const derivingKeys = ({ derivedKeys }: Pick<Core, 'derivedKeys'>) =>
  derivedKeys('API tokens')

/** Whether a token was made at random, or a current secret derives it: a removed secret revokes what was derived from it. */
export const isStillDerived = (
  record: ApiTokenRecord,
  core: Pick<Core, 'derivedKeys'>,
): boolean =>
  record.nonce === undefined ||
  shownAgain(record, { derivingKeys: () => derivingKeys(core) }) !== undefined

/**
 * The user's token that is the same at each call, as in Django REST framework: 40 hexadecimal digits, without scopes or
 * expiry. The store has a nonce and a digest of it, which are useless without the instance's secret (D19).
 *
 * It is replaced on `reset`, and if no current secret derives it: a removed secret revokes what was derived from it.
 */
export async function derivedToken(
  userId: UserId,
  deps: DerivedTokenDeps,
  { reset = false, epoch }: DerivedTokenOptions = {},
): Promise<ShownToken> {
  const { apiTokens } = deps
  const kept = await apiTokens.findDerived(userId)
  const known = kept && !reset ? shownAgain(kept, deps) : undefined
  if (known !== undefined) return known

  const fresh = newToken(userId, deps)
  if (kept === undefined) {
    const record = await apiTokens.keep(fresh.record, epoch)
    if (record === undefined) throw userGone(epoch)
    return shownAgain(record, deps) ?? derivedToken(userId, deps, { epoch })
  }
  if (await apiTokens.replace(kept.id, fresh.record, epoch))
    return { ...fresh, record: hintOf(fresh.record) }
  if ((await apiTokens.findDerived(userId))?.id === kept.id) throw userGone(epoch)
  // Another process replaced it at the same time: its token is as new.
  return derivedToken(userId, deps, { epoch })
}

export interface DerivedTokenOptions {
  /** Replaces the token by a new one. */
  readonly reset?: boolean
  /** The user's epoch before the password was checked: a new token is made only if it is the same now. */
  readonly epoch?: number | undefined
}

const userGone = (epoch: number | undefined): AuthError =>
  epoch === undefined
    ? new AuthError('user_not_found')
    : new AuthError('no_active_account', 'the user was changed during the sign-in')

function shownAgain(
  record: ApiTokenRecord,
  deps: Pick<DerivedTokenDeps, 'derivingKeys'>,
): ShownToken | undefined {
  const texts = deps.derivingKeys().map((key) => textOf(record, key))
  const token = texts.find((text) => digestOf(text) === record.digest)
  return token === undefined ? undefined : { token, record: hintOf(record) }
}

/** Digits that lists show; the rest still has 128 bits. */
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

/** The nonce has a fixed length, so no two pairs make the same message. */
const textOf = (
  { userId, nonce }: Pick<ApiTokenRecord, 'userId' | 'nonce'>,
  key: Uint8Array,
): string =>
  createHmac('sha256', key).update(`${nonce}${userId}`).digest('hex').slice(0, 40)
