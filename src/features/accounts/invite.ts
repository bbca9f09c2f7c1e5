import { AuthError } from '../../base/errors.ts'
import { listOf } from '../../base/optional.ts'
import { json } from '../../http/answer.ts'
import { ACCEPTED } from '../../http/description.ts'
import type { AuthRequest } from '../../http/request.ts'
import { isStaff } from '../../permissions/basic-permissions.ts'
import { emailFault, emailKey, emailOf } from '../../users/email.ts'
import { EMAIL_TAKEN, fieldError, rejectFieldErrors } from '../../users/field-errors.ts'
import type { JointWrite } from '../../users/joint-write.ts'
import { limitCodeRequests } from '../codes/limits.ts'
import { checkCode, type RedeemedCode, redeemWith } from '../codes/redeem.ts'
import type { Core } from '../core.ts'
import { defineEndpoint, post } from '../define-feature.ts'
import { ADDRESS } from './confirm.ts'
import { languageOfRequest, mailCode } from './mail-code.ts'
import { accountSettings, hasInvitations } from './settings.ts'

export interface Invitation {
  readonly email: string
  /** The roles of the new user. */
  readonly roles?: readonly string[]
}

/**
 * Mails an invitation. A sign-up with its token creates an account with this address, which counts as verified.
 *
 * @throws AuthError `invalid` if the address is invalid or a user has it
 */
export async function inviteUser(
  { email: address, roles = [] }: Invitation,
  request: AuthRequest | undefined,
  core: Core,
): Promise<void> {
  const email = emailOf(address)
  rejectFieldErrors({ email: listOf(emailFault(email)) })
  if ((await core.users.findByKey('email', emailKey(email))) !== undefined)
    throw fieldError({ email: [EMAIL_TAKEN] })
  await mailCode(
    {
      purpose: 'invitation',
      template: 'invitation',
      link: 'invite',
      form: 'link',
      to: email,
      target: emailKey(email),
      payload: { email, roles },
      lifetime: accountSettings(core).lifetimes.invite,
      language: languageOfRequest(request),
    },
    core,
  )
  void core.audit.record({ kind: 'user_invited' })
}

/** An invitation that is still valid. @throws AuthError `invalid_code` */
export const checkInvitation = async (token: string, core: Core): Promise<Invitation> =>
  invitationOf(await checkCode({ purpose: 'invitation', secret: token }, core))

/** Spends an invitation, once, together with the write of `work`. @throws AuthError `invalid_code` */
export const acceptInvitation = <T>(
  token: string,
  core: Core,
  work: (redeeming: JointWrite) => Promise<T>,
): Promise<T> => redeemWith({ purpose: 'invitation', secret: token }, core, work)

const invitationOf = ({ payload }: RedeemedCode): Invitation => {
  const { email, roles } = payload as Partial<Invitation>
  if (email === undefined) throw new AuthError('invalid_code')
  return { email, roles: roles ?? [] }
}

/** `POST /auth/invitations/`, for staff. */
export const inviteEndpoint = defineEndpoint({
  path: { at: '/auth/invitations/' },
  mount: hasInvitations,
  create: (_, open) =>
    post('Invite', {
      fields: { email: ADDRESS },
      requirement: isStaff,
      describe: () => ({
        operationId: 'inviteUser',
        summary: 'Mail an invitation',
        answers: ACCEPTED,
      }),
      async handle({ email }, request) {
        const core = await open()
        const target = emailKey(emailOf(email))
        await limitCodeRequests({ purpose: 'invitation', target }, core)
        await inviteUser({ email }, request, core)
        return json({}, { status: 202 })
      },
    }),
})
