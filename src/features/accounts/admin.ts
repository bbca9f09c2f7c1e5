import { refuseUnknownRoles } from '../../admin/users.ts'
import { AuthError } from '../../base/errors.ts'
import { argumentOf, refuseUnknownOptions } from '../../base/known-options.ts'
import { requireString } from '../../users/field-errors.ts'
import type { OpenCore } from '../core.ts'
import { mailVerification } from './confirm.ts'
import { type Invitation, inviteUser } from './invite.ts'

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
})

const INVITATION = { email: true, roles: true } as const
