import type { UnixSeconds } from '../../base/clock.ts'
import { AuthError } from '../../base/errors.ts'
import { ownMember } from '../../base/optional.ts'
import type { SessionId } from '../../sessions/session.ts'
import type { UserUpdate } from '../../users/change.ts'
import { fieldError } from '../../users/field-errors.ts'
import type { StoredUser, UserId } from '../../users/user.ts'
import { revokeSigningKey } from '../signing-keys/signing-keys.ts'
import { signingKeyStore } from '../signing-keys/store.ts'
import { impersonate } from './impersonate.ts'
import type { StaffVisit } from './pages/staff-visit.ts'
import type { Done } from './user-notices.ts'
import {
  mayChange,
  mayGive,
  mayImpersonate,
  mayRevoke,
  mayTakeOver,
} from './user-rules.ts'
import {
  accountsOf,
  findApiToken,
  resetFactors,
  revokeApiToken,
  revokeSession,
  revokeSessions,
} from './verbs.ts'

type Action = (user: StoredUser, visit: StaffVisit) => Promise<Done>

/** Runs the action of a form on the page of a user. @throws AuthError `permission_denied`, `parse_error`, and those of the action */
export async function act(user: StoredUser, visit: StaffVisit): Promise<Done> {
  const name = visit.form.text('action')
  const action = ownMember(ACTIONS, name)
  if (action === undefined)
    throw new AuthError('parse_error', 'the form has an unknown action')
  const may = ALLOWED[name] ?? mayChange
  if (!may(user, visit))
    throw new AuthError(
      'permission_denied',
      `the visitor may not do "${name}" to this user`,
    )
  return action(user, visit)
}

/** The rule of each action. Default: `mayChange`. */
const ALLOWED: Readonly<Record<string, typeof mayChange>> = {
  profile: mayTakeOver,
  'set-password': mayTakeOver,
  'reset-factors': mayTakeOver,
  impersonate: mayImpersonate,
  'revoke-session': mayRevoke,
  'revoke-sessions': mayRevoke,
  'revoke-token': mayRevoke,
}

const VERIFIED: Readonly<Record<string, UserUpdate>> = {
  phone: { phoneVerified: true },
  email: { emailVerified: true },
}

async function change(
  { id }: StoredUser,
  update: UserUpdate,
  { core }: StaffVisit,
): Promise<void> {
  if ((await core.userAdmin.change(id, update)) === undefined)
    throw new AuthError('not_found')
}

const ACTIONS: Readonly<Record<string, Action>> = {
  async profile(user, visit) {
    await change(user, profileIn(user, visit), visit)
    return { code: 'saved' }
  },
  async roles(user, visit) {
    const roles = visit.form.all('role').filter((role) => role !== '')
    const changed = [...roles, ...user.roles].filter(
      (role) => !(roles.includes(role) && user.roles.includes(role)),
    )
    if (!changed.every((role) => mayGive(role, visit)))
      throw new AuthError(
        'permission_denied',
        'the visitor lacks a permission of this role',
      )
    await change(user, { roles }, visit)
    return { code: 'saved' }
  },
  async staff(user, visit) {
    if (!visit.visitor.user.superuser)
      throw new AuthError(
        'permission_denied',
        'only superusers change staff and superusers',
      )
    const staff = visit.form.has('staff')
    const superuser = visit.form.has('superuser')
    const isOwn = user.id === visit.visitor.user.id
    if (isOwn && !(staff && superuser))
      throw fieldError({
        staff: ['You cannot remove your own rights: ask another superuser.'],
      })
    await change(user, { staff, superuser }, visit)
    return { code: 'saved' }
  },
  async activate(user, visit) {
    await change(user, { active: true }, visit)
    return { code: 'activated' }
  },
  async deactivate(user, visit) {
    refuseOwn(user, visit, 'You cannot deactivate yourself.')
    await change(user, { active: false }, visit)
    return { code: 'deactivated' }
  },
  async 'send-reset'(user, visit) {
    if (user.email === undefined)
      throw fieldError({ email: ['The user has no email address.'] })
    await accountsOf(visit).requestPasswordReset({ username: user.username })
    return { code: 'resetSent' }
  },
  async 'set-password'(user, visit) {
    const password = visit.form.exact('password')
    await visit.core.userAdmin.setPassword(user.id, password)
    await revokeSessions(user.id, visit)
    return { code: 'passwordSet' }
  },
  async 'send-verification'(user, visit) {
    await accountsOf(visit).sendVerification(user.id)
    return { code: 'verificationSent' }
  },
  async verify(user, visit) {
    const verified = VERIFIED[visit.form.text('field')] ?? { emailVerified: true }
    await change(user, verified, visit)
    return { code: 'verified' }
  },
  async 'revoke-session'(user, visit) {
    await endSession(visit.form.text('session'), visit, user.id)
    return { code: 'sessionRevoked' }
  },
  async 'revoke-sessions'(user, visit) {
    await revokeSessions(user.id, visit)
    await visit.core.signedOutElsewhere(user.id, undefined)
    return { code: 'sessionsRevoked' }
  },
  async 'revoke-token'(user, visit) {
    await endApiToken(visit.form.text('token'), visit, user.id)
    return { code: 'tokenRevoked' }
  },
  async 'reset-factors'(user, visit) {
    await resetFactors(user.id, visit)
    return { code: 'factorsReset' }
  },
  async delete(user, visit) {
    refuseOwn(user, visit, 'You cannot delete yourself.')
    if (visit.form.text('confirm') !== user.username)
      throw fieldError({ confirm: ['Type the username exactly as it is shown.'] })
    await visit.core.userAdmin.delete(user.id)
    return { code: 'deleted', path: '/console/users/' }
  },
  impersonate,
}

/** Unchanged addresses are left out, so that they stay verified. */
function profileIn(user: StoredUser, { form }: StaffVisit): UserUpdate {
  const email = form.text('email') || undefined
  const phone = form.text('phone') || undefined
  return {
    username: form.text('username'),
    ...(email !== user.email && { email }),
    ...(phone !== user.phone && { phone }),
  }
}

/**
 * Revokes a session. Only superusers revoke sessions of staff.
 *
 * @param owner the user whose session it must be. Default: any
 * @throws AuthError `not_found` if there is no such session, or it was revoked before; `permission_denied`
 */
export async function endSession(
  id: string,
  visit: StaffVisit,
  owner?: UserId,
): Promise<void> {
  const state = await visit.core.sessions?.find(id as SessionId)
  const userId = state?.session.userId
  if (state === undefined || (owner ?? userId) !== userId)
    throw new AuthError('not_found')
  await requireRevocable(userId, visit)
  await revokeSession(id, visit)
}

/** The same for an API token. */
export async function endApiToken(
  id: string,
  visit: StaffVisit,
  owner?: UserId,
): Promise<void> {
  const { userId } = await findApiToken(id, visit)
  if ((owner ?? userId) !== userId) throw new AuthError('not_found')
  await requireRevocable(userId, visit)
  await revokeApiToken(id, visit)
}

/** The same for a key of signed requests, of a user or an application. */
export async function endSigningKey(id: string, visit: StaffVisit): Promise<void> {
  const { signingKeys } = visit.core.ports(signingKeyStore)
  const key = await signingKeys.find(id, 0 as UnixSeconds)
  if (key === undefined) throw new AuthError('not_found')
  await requireRevocable(key.userId, visit)
  await revokeSigningKey(id, visit.core)
}

/** @throws AuthError `permission_denied` */
async function requireRevocable(
  userId: UserId | undefined,
  visit: StaffVisit,
): Promise<void> {
  const account = userId && (await visit.core.users.read('id', userId))
  if (!mayRevoke(account?.user, visit))
    throw new AuthError(
      'permission_denied',
      'only superusers revoke sessions and API tokens of staff',
    )
}

function refuseOwn({ id }: StoredUser, { visitor }: StaffVisit, message: string): void {
  if (id === visitor.user.id) throw fieldError({ '': [message] })
}
