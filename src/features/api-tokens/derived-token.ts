import { createHmac } from 'node:crypto'
import type { Clock } from '../../base/clock.ts'
import { AuthError } from '../../base/errors.ts'
import { hexId, type Random } from '../../base/random.ts'
import type { UserId } from '../../users/user.ts'
import type { Core } from '../core.ts'
import {
  type ApiTokenId,
  type ApiTokens,
  apiTokenOf,
  digestOf,
  type ShownToken,
  type SignedInUser,
  type StoredApiToken,
} from './api-token.ts'
import { apiTokenStore } from './sql.ts'

export interface DerivedTokenDeps {
  readonly apiTokens: Pick<ApiTokens, 'findDerived' | 'insertDerived' | 'replaceDerived'>
  readonly clock: Clock
  readonly random: Random
  /**
   * One key for each secret: the first derives new tokens, and existing ones may be derived from any.
   *
   * @throws AuthError `invalid_config` if there is no permanent secret
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

/** Whether a token is random, or derived from a current secret: removing a secret revokes the tokens derived from it. */
export const isDerivable = (
  stored: StoredApiToken,
  core: Pick<Core, 'derivedKeys'>,
): boolean =>
  stored.nonce === undefined ||
  derivedAgain(stored, { derivingKeys: () => derivingKeys(core) }) !== undefined

/**
 * The user's token that is the same at each call, as in Django REST framework: 40 hexadecimal digits, without scopes or
 * expiry. The store has a nonce and its digest, which are useless without the instance's secret (D19).
 *
 * It is replaced on `reset`, and if the secret that it was derived from has been removed.
 */
export async function derivedToken(
  userId: UserId,
  deps: DerivedTokenDeps,
  { reset = false, signedIn }: DerivedTokenOptions = {},
): Promise<ShownToken> {
  const { apiTokens } = deps
  const stored = await apiTokens.findDerived(userId)
  const current = stored && !reset ? derivedAgain(stored, deps) : undefined
  if (current !== undefined) return current

  const fresh = newToken(userId, deps)
  if (stored === undefined) {
    const inserted = await apiTokens.insertDerived(fresh.stored, signedIn)
    if (inserted === undefined) throw userChanged(signedIn)
    return derivedAgain(inserted, deps) ?? derivedToken(userId, deps, { signedIn })
  }
  if (await apiTokens.replaceDerived(stored.id, fresh.stored, signedIn))
    return { token: fresh.token, record: apiTokenOf(fresh.stored) }
  if ((await apiTokens.findDerived(userId))?.id === stored.id) throw userChanged(signedIn)
  // Another process replaced it at the same time: return its token.
  return derivedToken(userId, deps, { signedIn })
}

export interface DerivedTokenOptions {
  /** Replaces the token with a new one. */
  readonly reset?: boolean
  /** The user when the password was checked: a token is created only if the user has not changed. */
  readonly signedIn?: SignedInUser | undefined
}

function userChanged(signedIn: SignedInUser | undefined): AuthError {
  if (signedIn === undefined) return new AuthError('user_not_found')
  return new AuthError('no_active_account', 'the user was changed during the sign-in')
}

/** A stored token and its text; `undefined` if no current secret derives it. */
function derivedAgain(
  stored: StoredApiToken,
  deps: Pick<DerivedTokenDeps, 'derivingKeys'>,
): ShownToken | undefined {
  const candidates = deps.derivingKeys().map((key) => tokenOf(stored, key))
  const token = candidates.find((each) => digestOf(each) === stored.digest)
  if (token === undefined) return undefined
  return { token, record: apiTokenOf(stored) }
}

/** Length of the hint in hexadecimal digits; the other 32 have 128 bits. */
const HINT = 8

function newToken(userId: UserId, { clock, random, derivingKeys }: DerivedTokenDeps) {
  const nonce = hexId(random)
  const token = tokenOf({ userId, nonce }, derivingKeys()[0]!)
  const stored: StoredApiToken = {
    id: hexId(random) as ApiTokenId,
    userId,
    digest: digestOf(token),
    hint: token.slice(0, HINT),
    name: undefined,
    scopes: [],
    nonce,
    createdAt: clock(),
    expiresAt: undefined,
    kind: undefined,
    epoch: undefined,
  }
  return { token, stored }
}

/** The nonce has a fixed length, so no two pairs of nonce and user make the same message. */
const tokenOf = (
  { userId, nonce }: Pick<StoredApiToken, 'userId' | 'nonce'>,
  key: Uint8Array,
): string =>
  createHmac('sha256', key).update(`${nonce}${userId}`).digest('hex').slice(0, 40)
