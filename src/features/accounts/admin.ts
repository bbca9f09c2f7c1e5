import { refuseUnknownRoles } from '../../admin/users.ts'
import { AuthError, configError } from '../../base/errors.ts'
import { argumentOf, refuseUnknownOptions } from '../../base/known-options.ts'
import { requireString } from '../../users/field-errors.ts'
import type { OpenCore } from '../core.ts'
import type { AccountName, NameField } from './account-name.ts'
import { mailVerification } from './confirm.ts'
import { type Invitation, inviteUser } from './invite.ts'
import { confirmPasswordReset, requestPasswordReset } from './reset-password.ts'
import { requestSignInCode } from './sign-in-code.ts'

/** What accounts add to `auth.users`. */
export interface AccountUserAdmin {
  /**
   * Mails an invitation to sign up. Needs the options `mail` and `url`.
   *
   * @throws AuthError `invalid` if the address is invalid or a user has it, or there is no such role
   */
  invite(invitation: Invitation): Promise<void>
  /**
   * Mails a user what confirms the email address, unless it is verified or there is none. Needs the options `mail` and `url`.
   *
   * @throws AuthError `user_not_found`
   */
  sendVerification(id: string): Promise<void>
  /**
   * Mails what sets a new password, as `/auth/password/reset/` does, with its limits. Nothing is sent if there is no such user.
   *
   * @throws AuthError `invalid` if this address is not valid; `throttled`
   */
  requestPasswordReset(
    by: { readonly email: string } | { readonly username: string },
  ): Promise<void>
  /**
   * Sets a new password with the token of a reset, as `/auth/password/reset/confirm/` does.
   *
   * @throws AuthError `invalid_code`; `invalid` if the password is weak: the token is still valid then; `busy`
   */
  confirmPasswordReset(token: string, newPassword: string): Promise<void>
  /**
   * Sends what signs a user in, as `/auth/code/` does, with its limits: by text message to a phone, else by mail. Nothing is sent if
   * there is no such user.
   *
   * @throws AuthError `invalid` if this address or number is not valid; `throttled`
   */
  sendSignInCode(
    by:
      | { readonly email: string }
      | { readonly username: string }
      | { readonly phone: string },
  ): Promise<void>
}

export const accountUserAdmin = (open: OpenCore): AccountUserAdmin => ({
  async invite(invitation) {
    refuseUnknownOptions(invitation, INVITATION, argumentOf('users.invite'))
    requireString('email', invitation?.email)
    const core = await open()
    refuseUnknownRoles(invitation.roles, core.roles)
    await inviteUser(invitation, undefined, core)
  },
  async sendVerification(id) {
    const core = await open()
    const account = await core.users.read('id', requireString('id', id))
    if (account === undefined) throw new AuthError('user_not_found')
    const { user } = account
    if (user.email === undefined || user.emailVerifiedAt !== undefined) return
    await mailVerification(user, user.email, undefined, core)
  },
  async requestPasswordReset(by) {
    const name = nameOf(by, ['email', 'username'], 'users.requestPasswordReset')
    await requestPasswordReset(await open(), name)
  },
  async confirmPasswordReset(token, newPassword) {
    requireString('token', token)
    requireString('new_password', newPassword)
    await confirmPasswordReset(await open(), { token }, newPassword)
  },
  async sendSignInCode(by) {
    const names = ['email', 'username', 'phone'] as const
    await requestSignInCode(await open(), nameOf(by, names, 'users.sendSignInCode'))
  },
})

const INVITATION = { email: true, roles: true } as const

/** @throws AuthError `invalid_config` unless it has one of these fields; `invalid` if that is no string */
function nameOf<Field extends NameField>(
  by: object,
  fields: readonly Field[],
  verb: string,
): AccountName & { readonly field: Field } {
  const [[given, value] = ['', undefined], another] = Object.entries(by ?? {})
  const field = fields.find((each) => each === given)
  if (field !== undefined && another === undefined)
    return { field, value: requireString(field, value) }
  throw configError(
    `${verb}(…) takes one field: ${fields.map((each) => `{ ${each} }`).join(' or ')}.`,
  )
}
