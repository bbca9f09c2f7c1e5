import { minutes } from '../../base/clock.ts'
import { AuthError } from '../../base/errors.ts'
import { rightsOf } from '../../permissions/rights.ts'
import type { UserUpdate } from '../../users/change.ts'
import { fieldError } from '../../users/field-errors.ts'
import type { StoredUser } from '../../users/user.ts'
import {
  cookiesAtSignIn,
  openBrowserSession,
  revokeBrowserSession,
} from '../browser-sessions/browser-session.ts'
import type { StaffVisit } from './pages/gate.ts'
import {
  accountsOf,
  resetFactors,
  revokeApiToken,
  revokeSession,
  revokeSessions,
} from './verbs.ts'

/** What an action did, by the code of its notice. */
export interface Done {
  readonly code: UserNotice
  /** Where to go on, if not to the user. */
  readonly path?: string
  readonly cookies?: readonly string[]
}

/** The notices of the page of a user. */
export const USER_NOTICES = {
  created: 'The user was created.',
  saved: 'The changes were saved.',
  activated: 'The user was activated.',
  deactivated: 'The user was deactivated, and all sessions were revoked.',
  resetSent: 'A link to choose a new password was mailed.',
  passwordSet: 'The new password works now. All sessions were revoked.',
  verificationSent: 'A mail with which the user confirms the address was sent.',
  verified: 'The address counts as verified.',
  sessionRevoked: 'The session was revoked.',
  sessionsRevoked: 'All sessions were revoked.',
  tokenRevoked: 'The API token was revoked.',
  factorsReset: 'The second factors and the recovery codes were removed.',
  deleted: '',
  impersonated: '',
} as const

type UserNotice = keyof typeof USER_NOTICES

type Action = (user: StoredUser, visit: StaffVisit) => Promise<Done>

/** Whether the visitor may change this user. Only superusers change staff: others could raise themselves. */
export const mayChange = (user: StoredUser, { visitor, can }: StaffVisit): boolean =>
  can('watchword.change') && (visitor.user.superuser || !(user.staff || user.superuser))

/** Whether the visitor may act as this user: never as one who may do more. */
export const mayImpersonate = (user: StoredUser, visit: StaffVisit): boolean =>
  visit.can('watchword.impersonate') &&
  user.active &&
  user.id !== visit.visitor.user.id &&
  (visit.visitor.user.superuser ? !user.superuser : !user.staff && !user.superuser) &&
  hasRightsOf(user, visit)

/**
 * Whether the visitor may do what another person can sign in as this user by. Who set the password of a user with more rights, or gave that
 * user another address, would have these rights.
 */
export const mayTakeOver = (user: StoredUser, visit: StaffVisit): boolean =>
  mayChange(user, visit) && hasRightsOf(user, visit)

/** Whether the visitor has each permission that the roles of a user give. */
const hasRightsOf = (user: StoredUser, visit: StaffVisit): boolean =>
  user.roles.every((role) => mayGive(role, visit))

/** Whether the visitor may give or take a role: only one whose permissions the visitor has. */
export function mayGive(role: string, { visitor, core }: StaffVisit): boolean {
  if (visitor.user.superuser) return true
  const strings = (Object.hasOwn(core.roles, role) && core.roles[role]) || []
  const has = rightsOf(core.roles)
  return strings.every((right) => right !== '*' && has(visitor.user, right, []))
}

/** Does what a form of the page of a user asks for. @throws AuthError `permission_denied`, `parse_error`, and those of the action */
export async function act(user: StoredUser, visit: StaffVisit): Promise<Done> {
  const name = visit.form.text('action')
  const action = Object.hasOwn(ACTIONS, name) ? ACTIONS[name] : undefined
  if (action === undefined) throw new AuthError('parse_error', 'there is no such action')
  const may = ALLOWED[name] ?? mayChange
  if (!may(user, visit))
    throw new AuthError('permission_denied', `may not ${name} this user`)
  return action(user, visit)
}

/** What an action needs. Default: `mayChange`. */
const ALLOWED: Readonly<Record<string, typeof mayChange>> = {
  profile: mayTakeOver,
  'set-password': mayTakeOver,
  'reset-factors': mayTakeOver,
  impersonate: mayImpersonate,
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
    const { form } = visit
    const email = form.text('email') || undefined
    await change(
      user,
      {
        username: form.text('username'),
        ...(email !== user.email && { email }),
        ...phoneOf(user, visit),
      },
      visit,
    )
    return { code: 'saved' }
  },
  async roles(user, visit) {
    const roles = visit.form.all('role').filter((role) => role !== '')
    const changed = [
      ...roles.filter((role) => !user.roles.includes(role)),
      ...user.roles.filter((role) => !roles.includes(role)),
    ]
    if (!changed.every((role) => mayGive(role, visit)))
      throw new AuthError('permission_denied', 'may not give this role')
    await change(user, { roles }, visit)
    return { code: 'saved' }
  },
  async staff(user, visit) {
    if (!visit.visitor.user.superuser)
      throw new AuthError('permission_denied', 'only superusers make users staff')
    const staff = visit.form.has('staff')
    const superuser = visit.form.has('superuser')
    const isOwn = user.id === visit.visitor.user.id
    if (isOwn && !(staff && superuser))
      throw fieldError({ staff: ['Another superuser has to take this from you.'] })
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
    const field = visit.form.text('field') === 'phone' ? 'phone' : 'email'
    const verified = field === 'phone' ? { phoneVerified: true } : { emailVerified: true }
    await change(user, verified, visit)
    return { code: 'verified' }
  },
  async 'revoke-session'(user, visit) {
    const id = visit.form.text('session')
    const state = await visit.core.sessions?.find(id as never)
    if (state?.session.userId !== user.id) throw new AuthError('not_found')
    await revokeSession(id, visit)
    return { code: 'sessionRevoked' }
  },
  async 'revoke-sessions'(user, visit) {
    await revokeSessions(user.id, visit)
    await visit.core.signedOutElsewhere(user.id, undefined)
    return { code: 'sessionsRevoked' }
  },
  async 'revoke-token'(user, visit) {
    await revokeApiToken(visit.form.text('token'), visit, user.id)
    return { code: 'tokenRevoked' }
  },
  async 'reset-factors'(user, visit) {
    await resetFactors(user.id, visit)
    return { code: 'factorsReset' }
  },
  async delete(user, visit) {
    refuseOwn(user, visit, 'You cannot delete yourself.')
    if (visit.form.text('confirm') !== user.username)
      throw fieldError({ confirm: ['Type the username as it is shown.'] })
    await visit.core.userAdmin.delete(user.id)
    return { code: 'deleted', path: '/console/users/' }
  },
  impersonate,
}

function phoneOf(
  user: StoredUser,
  { form }: StaffVisit,
): { readonly phone?: string | undefined } {
  const phone = form.text('phone') || undefined
  return phone === user.phone ? {} : { phone }
}

function refuseOwn({ id }: StoredUser, { visitor }: StaffVisit, message: string): void {
  if (id === visitor.user.id) throw fieldError({ '': [message] })
}

/** How long an operator acts as another user. */
export const IMPERSONATION = minutes(30)

/** Signs the browser in as the user. The visitor's own session ends: one browser has one. */
async function impersonate(user: StoredUser, visit: StaffVisit): Promise<Done> {
  const { core, request, visitor, sessionSettings, accountPath, form } = visit
  const reason = form.text('reason').slice(0, 200)
  if (reason === '') throw fieldError({ reason: ['This field is required.'] })
  const account = await core.users.read('id', user.id)
  if (account === undefined) throw new AuthError('not_found')
  const settings = { ...sessionSettings, lifetime: IMPERSONATION }
  const secret = await core.completeSignIn(account, {
    methods: [],
    request,
    actor: visitor.user.id,
    async start(checked) {
      const started = await openBrowserSession(checked, settings, core)
      return { ...started, detail: { reason } }
    },
  })
  await revokeBrowserSession(visitor, core)
  return {
    code: 'impersonated',
    path: accountPath('/'),
    cookies: cookiesAtSignIn(secret, request, settings),
  }
}
