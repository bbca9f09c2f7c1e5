import { after, minutes, type UnixSeconds } from '../../base/clock.ts'
import { AuthError } from '../../base/errors.ts'
import type { AuthRequest } from '../../http/request.ts'
import type { Principal } from '../../permissions/permission.ts'
import { fieldError } from '../../users/field-errors.ts'
import type { Account, UserId } from '../../users/user.ts'
import { requireConfirmed } from '../accounts/confirm.ts'
import { type FreshInput, requireFresh } from '../accounts/fresh.ts'
import { waysToKeep } from '../accounts/other-ways.ts'
import type { Core } from '../core.ts'
import { cancelSignUp, link } from './account-of-profile.ts'
import type { Identity } from './identity.ts'
import { notifyOf } from './notice.ts'
import type { ProviderSettings, SocialProfile } from './provider.ts'
import { identitiesOf } from './sql.ts'

/** The identities of a user, the oldest first. */
export const listIdentities = (
  userId: UserId,
  core: Core,
): Promise<readonly Identity[]> => identitiesOf(core).list(userId)

/** A user has no more identities than this. */
const MAX_IDENTITIES = 20

/**
 * Links a person at a provider to a user who is signed in, who is notified by mail.
 *
 * @throws AuthError `invalid` if the identity is another user's, there are too many, or the address is not confirmed
 */
export async function linkOwnIdentity(
  { user }: Account,
  settings: ProviderSettings,
  profile: SocialProfile,
  request: AuthRequest,
  core: Core,
): Promise<Identity> {
  await requireConfirmed(user, core)
  const before = await listIdentities(user.id, core)
  if (before.length >= MAX_IDENTITIES)
    throw fieldError({
      non_field_errors: ['You have too many connected accounts: disconnect one.'],
    })
  const identity = await link(user, settings, profile, core)
  const isNew = !before.some(({ id }) => id === identity.id)
  if (isNew) await notifyOf('identityConnected', identity, user, request, core)
  return identity
}

/**
 * Removes an identity of a user.
 *
 * @returns the identity
 * @throws AuthError `not_found`; `invalid` if the user could not sign in without it
 */
export async function unlinkIdentity(
  account: Account,
  id: string,
  core: Core,
): Promise<Identity> {
  const userId = account.user.id
  const all = await listIdentities(userId, core)
  const identity = all.find((each) => each.id === id)
  if (identity === undefined) throw new AuthError('not_found')
  await cancelSignUp(identity, core)
  const ways = waysToKeep(account, core)
  const outcome = await identitiesOf(core).unlink(identity.id, userId, ways)
  if (outcome === 'unknown') throw new AuthError('not_found')
  if (outcome === 'last') throw lastWay()
  const detail = { identity: id }
  void core.audit.record({ kind: 'identity_unlinked', userId, detail })
  return identity
}

const lastWay = (): AuthError =>
  fieldError({
    non_field_errors: ['This is the last way to sign in: set a password first.'],
  })

/** `unlinkIdentity` for a user who is signed in, who is notified by mail. @throws AuthError `insufficient_user_authentication`, too */
export async function unlinkOwnIdentity(
  principal: Principal,
  { id, ...input }: FreshInput & { readonly id: string },
  request: AuthRequest,
  core: Core,
): Promise<void> {
  const account = await requireFresh(principal, input, core)
  const identity = await unlinkIdentity(account, id, core)
  await notifyOf('identityDisconnected', identity, account.user, request, core)
}

/** The longest time between a sign-up and the link of its identity. */
const SIGN_UP = minutes(60)

/**
 * Unlinks the identities that were linked at a moment or later: an intruder may have linked them, to sign in again after a password reset.
 * The identity of the sign-up stays.
 */
export async function unlinkSince(
  userId: UserId,
  since: UnixSeconds,
  core: Core,
): Promise<void> {
  const account = await core.users.read('id', userId)
  const joined = after(account?.user.joinedAt ?? since, SIGN_UP)
  const late = (await listIdentities(userId, core)).filter(
    ({ createdAt }) => createdAt >= since && createdAt > joined,
  )
  for (const { id: identity } of late) {
    await identitiesOf(core).unlink(identity, userId, undefined)
    const detail = { identity, reason: 'reset' }
    void core.audit.record({ kind: 'identity_unlinked', userId, detail })
  }
}
