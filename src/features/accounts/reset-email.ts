import { listOf } from '../../base/optional.ts'
import type { AuthRequest } from '../../http/request.ts'
import { emailFault, emailKey, emailOf } from '../../users/email.ts'
import { rejectFieldErrors } from '../../users/field-errors.ts'
import { limitCodeRequests } from '../codes/limits.ts'
import { redeemCode } from '../codes/redeem.ts'
import type { Core } from '../core.ts'
import { accountOf, findRecipient, requireValidName, targetOf } from './account-name.ts'
import { mailEmailChange } from './change-email.ts'
import { languageOfRequest, mailCodeTo } from './mail-code.ts'
import type { ResetName } from './reset-password.ts'
import { accountSettings } from './settings.ts'

/**
 * Mails a link with which a user who cannot sign in chooses another address. Nothing that this returns or throws, and no work that it
 * does, shows whether there is such an account.
 *
 * @throws AuthError `invalid` if this address is not valid; `throttled`; `store_unavailable`
 */
export async function requestEmailReset(
  core: Core,
  name: ResetName,
  request?: AuthRequest,
): Promise<void> {
  requireValidName(name)
  await limitCodeRequests({ purpose: 'reset_email', target: targetOf(name) }, core)
  await mailCodeTo(
    name,
    await findRecipient(name, 'email', core),
    {
      purpose: 'reset_email',
      template: 'resetEmail',
      link: 'resetEmail',
      form: 'link',
      lifetime: accountSettings(core).lifetimes.changeEmail,
      language: languageOfRequest(request),
    },
    core,
  )
}

/**
 * Redeems such a link, and mails another to the new address, which is in force once that one is opened. The former address gets a
 * notice, as after any request for another address.
 *
 * @throws AuthError `invalid`, whose body has the messages for `email`, and `throttled`: the link is still valid then; `invalid_code`
 */
export async function confirmEmailReset(
  core: Core,
  token: string,
  address: string,
  request?: AuthRequest,
): Promise<void> {
  const email = emailOf(address)
  rejectFieldErrors({ email: listOf(emailFault(email)) })
  await limitCodeRequests({ purpose: 'change_email', target: emailKey(email) }, core)
  const { userId } = await redeemCode({ purpose: 'reset_email', secret: token }, core)
  // The code is void if the user is another than when it was issued, or was deactivated.
  const account = await accountOf(userId, core)
  if (account !== undefined) await mailEmailChange(account.user, email, { request }, core)
}
