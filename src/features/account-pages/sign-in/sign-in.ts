import { accountOptions } from '../../accounts/options.ts'
import { hasMail, sendsSignInCodes } from '../../accounts/settings.ts'
import type { Core } from '../../core.ts'
import { smsOptions } from '../../mail/options.ts'
import type { PageHandlers } from '../../pages/define-page.ts'
import type { Visit } from '../../pages/visit.ts'
import { hasPasskeys } from '../../passkeys/settings.ts'
import type { SignInData } from './data.ts'
import {
  faultsIn,
  nextOf,
  onward,
  pathWithNext,
  rendererOf,
  requireFilled,
  signInVisitor,
} from './flow.ts'
import { renderSignIn } from './views.ts'

/** `/account/sign-in/`: with a password, and the ways to the others. */
export const signIn: PageHandlers = {
  get(visit) {
    return (
      onward(visit) ?? rendererOf('signIn', renderSignIn, visit)(dataOf(visit), visit)
    )
  },
  async post(visit) {
    const { form, core, request } = visit
    requireFilled(visit, ['login', 'password'])
    const password = form.exact('password')
    const account = await core.checkPassword(form.text('login'), password, request)
    return signInVisitor(visit, account, ['pwd'])
  },
}

function dataOf(visit: Visit): SignInData {
  const { form, error, core, accountPath, texts } = visit
  const { errors, retry } = faultsIn(visit)
  const ways = waysOf(core)
  const isWrong = error?.code === 'no_active_account'
  return {
    action: accountPath('/sign-in/'),
    errors: isWrong ? { login: [texts.signIn.wrong] } : errors,
    retry,
    loginField: core.loginField,
    hasPasswords: ways.password,
    login: form.text('login'),
    forgot: ways.forgot ? accountPath('/forgot-password/') : undefined,
    signUp: ways.signUp ? pathWithNext(visit, '/sign-up/') : undefined,
    passkey: ways.passkey ? pathWithNext(visit, '/sign-in/passkey/') : undefined,
    mail: ways.mail
      ? { href: pathWithNext(visit, '/sign-in/mail/'), form: ways.form }
      : undefined,
    phone: ways.phone ? pathWithNext(visit, '/sign-in/phone/') : undefined,
    next: nextOf(visit),
  }
}

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
