import { accountOptions } from '../../accounts/options.ts'
import { hasMail, sendsSignInCodes } from '../../accounts/settings.ts'
import type { Core } from '../../core.ts'
import { smsOptions } from '../../mail/options.ts'
import { hasPasskeys } from '../../passkeys/settings.ts'

/** The ways in that the options of the instance allow. */
export interface Ways {
  readonly password: boolean
  readonly forgot: boolean
  readonly signUp: boolean
  readonly passkey: boolean
  readonly mail: boolean
  readonly phone: boolean
  readonly form: 'link' | 'digits'
}

export function waysOf({ section }: Pick<Core, 'section'>): Ways {
  const accounts = section(accountOptions)
  const password = accounts?.password !== 'none'
  const codes = sendsSignInCodes(section)
  const mail = hasMail({ section })
  return {
    password,
    forgot: accounts !== undefined && password && mail,
    signUp: accounts !== undefined && accounts.signUp === 'open',
    passkey: hasPasskeys(section),
    mail: codes && mail,
    phone: codes && section(smsOptions) !== undefined,
    form: accounts?.form ?? 'link',
  }
}
