import { after, type Seconds } from '../../base/clock.ts'
import { AuthError } from '../../base/errors.ts'
import { ifDefined } from '../../base/optional.ts'
import { hexId } from '../../base/random.ts'
import type { CheckedSignIn } from '../../sessions/checked-sign-in.ts'
import type { StoredUser } from '../../users/user.ts'
import type { Core } from '../core.ts'
import {
  type ApiTokenId,
  type ApiTokens,
  apiTokenOf,
  digestOf,
  type ShownToken,
  type StoredApiToken,
  type TokenLimit,
} from './api-token.ts'
import { apiTokenStore } from './sql.ts'

/** What a sign-in issues: a token for each, as knox has them. */
export interface SignInTokenPolicy {
  /** See `ApiToken.kind`. */
  readonly kind: string
  /** What the token begins with; may be empty. */
  readonly prefix: string
  /** Hexadecimal digits after the prefix, an even number: 40 or more, so that 128 bits of them are not in the hint. */
  readonly digits: number
  /** `undefined`: valid until it is revoked. Zero or less: never valid. */
  readonly lifetime: Seconds | undefined
  readonly limit: TokenLimit | undefined
}

/** Length of the hint after the prefix. */
const HINT = 8

/**
 * Issues the token of a sign-in. A later password change revokes it, unless `tokens.checkRevoke` is false.
 *
 * @returns `undefined` if the user has as many as the limit allows
 * @throws AuthError `no_active_account` if the user has changed since the credentials were checked
 */
export async function issueSignInToken(
  { account: { user } }: CheckedSignIn,
  policy: SignInTokenPolicy,
  core: Core,
): Promise<ShownToken | undefined> {
  const { apiTokens } = core.ports(apiTokenStore)
  const { token, stored } = newToken(user, policy, core)
  const inserted = await insertWithin(policy.limit, stored, user, apiTokens)
  if (inserted === 'full') return undefined
  if (inserted === 'user changed')
    throw new AuthError('no_active_account', 'the user was changed during the sign-in')
  const record = apiTokenOf(stored)
  const { userId } = stored
  const detail = { token: record.id, kind: policy.kind }
  void core.audit.record({ kind: 'api_token_created', userId, detail })
  const { revoked: tokens } = inserted
  if (tokens > 0)
    void core.audit.record({ kind: 'api_token_revoked', userId, detail: { tokens } })
  return { token, record }
}

async function insertWithin(
  limit: TokenLimit | undefined,
  token: StoredApiToken,
  user: StoredUser,
  apiTokens: ApiTokens,
): ReturnType<ApiTokens['insertWithin']> {
  if (limit !== undefined) return apiTokens.insertWithin(limit, token, user)
  if (await apiTokens.insert(token, user)) return { revoked: 0 }
  return 'user changed'
}

function newToken(
  { id, epoch }: StoredUser,
  { kind, prefix, digits, lifetime }: SignInTokenPolicy,
  { clock, random, tokens }: Pick<Core, 'clock' | 'random' | 'tokens'>,
): { readonly token: string; readonly stored: StoredApiToken } {
  const token = prefix + Buffer.from(random(digits / 2)).toString('hex')
  const now = clock()
  const stored: StoredApiToken = {
    id: hexId(random) as ApiTokenId,
    userId: id,
    digest: digestOf(token),
    hint: token.slice(0, prefix.length + HINT),
    name: undefined,
    scopes: [],
    nonce: undefined,
    createdAt: now,
    expiresAt: ifDefined(lifetime, (length) => after(now, length)),
    kind,
    epoch: tokens.settings.checkRevoke === false ? undefined : epoch,
  }
  return { token, stored }
}
