import { days } from '../../base/clock.ts'
import type { AuthRequest } from '../../http/request.ts'
import type { StoredUser } from '../../users/user.ts'
import { languageOfRequest } from '../accounts/mail-code.ts'
import { hasMail } from '../accounts/settings.ts'
import type { Core } from '../core.ts'
import { sendMail } from '../mail/send.ts'
import type { Identity } from './identity.ts'
import { providersIn } from './options.ts'

/** Mails a user that an identity was connected or disconnected, if there are mails: an intruder may have done it. */
export async function notifyOf(
  template: 'identityConnected' | 'identityDisconnected',
  { provider }: Pick<Identity, 'provider'>,
  { email }: Pick<StoredUser, 'email'>,
  request: AuthRequest,
  core: Core,
): Promise<void> {
  if (email === undefined || !hasMail(core)) return
  await sendMail(core, {
    template,
    to: email,
    data: { provider: providersIn(core.section).get(provider)?.label ?? provider },
    language: languageOfRequest(request),
    lifetime: days(1),
  })
}
