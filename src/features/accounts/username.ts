import { days } from '../../base/clock.ts'
import { AuthError } from '../../base/errors.ts'
import { listOf } from '../../base/optional.ts'
import type { AuthRequest } from '../../http/request.ts'
import { NAME_TAKEN, rejectFieldErrors } from '../../users/field-errors.ts'
import type { JointWrite } from '../../users/joint-write.ts'
import { usernameFault, usernameKey, usernameOf } from '../../users/names.ts'
import type { StoredUser } from '../../users/user.ts'
import { limitCodeRequests } from '../codes/limits.ts'
import { checkCode, redeemCode } from '../codes/redeem.ts'
import type { Core } from '../core.ts'
import { attachMail, wakeSender } from '../mail/send.ts'
import { accountOf, findRecipient, requireValidName, targetOf } from './account-name.ts'
import { attemptOf, type CodeProof } from './code-proof.ts'
import { requireCurrentPassword } from './current-password.ts'
import { languageOfRequest, mailCodeTo } from './mail-code.ts'
import { ownAccount } from './own-account.ts'
import type { ResetName } from './reset-password.ts'
import { accountSettings, hasMail } from './settings.ts'

export interface UsernameChange {
  readonly userId: string
  readonly currentPassword: string
  readonly username: string
}

/**
 * Renames a user who knows the current password, and notifies the user by mail.
 *
 * @throws AuthError `invalid`, whose body has messages for `current_password` or `username`; `throttled`; `busy`; `user_not_found`
 */
export async function changeUsername(
  core: Core,
  { userId, currentPassword, username }: UsernameChange,
  request?: AuthRequest,
): Promise<void> {
  const account = await ownAccount(userId, core)
  await requireCurrentPassword(account, currentPassword, core)
  await rename(account.user, username, request, core)
}

/**
 * Mails a link or a code with which a user chooses another username. Nothing that this returns or throws, and no work that it does,
 * shows whether there is such an account.
 *
 * @throws AuthError `invalid` if this address is not valid; `throttled`; `store_unavailable`
 */
export async function requestUsernameReset(
  core: Core,
  name: ResetName,
  request?: AuthRequest,
): Promise<void> {
  requireValidName(name)
  await limitCodeRequests({ purpose: 'reset_username', target: targetOf(name) }, core)
  await mailCodeTo(
    name,
    await findRecipient(name, 'email', core),
    {
      purpose: 'reset_username',
      template: 'resetUsername',
      link: 'resetUsername',
      lifetime: accountSettings(core).lifetimes.resetPassword,
      language: languageOfRequest(request),
    },
    core,
  )
}

/**
 * Renames a user with the link or the code of a reset, and notifies the user by mail.
 *
 * @throws AuthError `invalid`, whose body has the messages for `username`: the code is still valid then; `invalid_code`; `throttled`
 */
export async function confirmUsernameReset(
  core: Core,
  proof: CodeProof,
  username: string,
  request?: AuthRequest,
): Promise<void> {
  const attempt = attemptOf('reset_username', proof)
  const { userId } = await checkCode(attempt, core)
  const account = await accountOf(userId, core)
  if (account === undefined) throw noAccount()
  await requireFreeName(username, account.user, core)
  await redeemCode(attempt, core)
  await rename(account.user, username, request, core)
}

const noAccount = (): AuthError => new AuthError('invalid_code', 'no account of the code')

/** @throws AuthError `invalid` */
async function requireFreeName(
  name: string,
  { id }: StoredUser,
  { users }: Core,
): Promise<void> {
  const username = usernameOf(name)
  rejectFieldErrors({ username: listOf(usernameFault(username)) })
  const holder = await users.findByKey('username', usernameKey(name))
  if (holder !== undefined && holder.id !== id)
    rejectFieldErrors({ username: [NAME_TAKEN] })
}

/** Sessions go on, unless tokens name the user by the username. */
async function rename(
  user: StoredUser,
  username: string,
  request: AuthRequest | undefined,
  core: Core,
): Promise<void> {
  if (usernameOf(username) === user.username) return
  const notice = noticeTo(user, request, core)
  const changed = await core.changeUser(user.id, { username }, {}, notice)
  if (changed === undefined) throw new AuthError('user_not_found')
  wakeSender(core)
}

/** The mail that the username was changed; `undefined` if the user has no address. */
function noticeTo(
  { email: to }: StoredUser,
  request: AuthRequest | undefined,
  core: Core,
): JointWrite | undefined {
  if (to === undefined || !hasMail(core)) return undefined
  const language = languageOfRequest(request)
  const letter = { template: 'usernameChanged', to, data: {}, language } as const
  return attachMail(core, { ...letter, lifetime: days(3) })
}
