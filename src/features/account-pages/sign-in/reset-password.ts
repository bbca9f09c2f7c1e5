import { seeOther } from '../../../pages/answers.ts'
import type { CodeProof } from '../../accounts/code-proof.ts'
import {
  checkPasswordReset,
  confirmPasswordReset,
  requestPasswordReset,
} from '../../accounts/reset-password.ts'
import { accountSettings } from '../../accounts/settings.ts'
import type { PageHandlers } from '../../pages/define-page.ts'
import type { Visit } from '../../pages/visit.ts'
import { renderResetPassword } from './account-views.ts'
import {
  faultsIn,
  forget,
  pathWithNext,
  remember,
  remembered,
  rendererOf,
  requireFilled,
} from './flow.ts'
import { actionOf, findToken, forgetLink, tokenOf, withoutToken } from './links.ts'
import { messagePage } from './message.ts'
import { renderForgotPassword } from './views.ts'

const LIFETIME = 3600
const BELOW = '/reset-password/'

/** `/account/forgot-password/` */
export const forgotPassword: PageHandlers = {
  get(visit) {
    return rendererOf(
      'forgotPassword',
      renderForgotPassword,
      visit,
    )(
      {
        ...faultsIn(visit),
        action: visit.accountPath('/forgot-password/'),
        email: visit.form.text('email'),
        back: pathWithNext(visit, '/sign-in/'),
      },
      visit,
    )
  },
  async post(visit) {
    requireFilled(visit, ['email'])
    const email = visit.form.text('email')
    const name = { field: 'email', value: email } as const
    await requestPasswordReset(visit.core, name, visit.request)
    const cookies = [
      remember(visit, 'sent', { value: email }, LIFETIME),
      forgetLink(visit),
    ]
    const below = typesDigits(visit) ? BELOW : '/forgot-password/sent/'
    return seeOther(visit.accountPath(below), { cookies })
  },
}

const typesDigits = ({ core }: Visit): boolean => accountSettings(core).form === 'digits'

/** `/account/forgot-password/sent/` */
export const forgotSent: PageHandlers = {
  get(visit) {
    const { texts } = visit
    const { value } = remembered(visit, 'sent') ?? {}
    if (value === undefined) return seeOther(visit.accountPath('/forgot-password/'))
    return messagePage(visit, {
      name: 'forgotSent',
      title: texts.sent.title,
      text: texts.sent.text(value),
      hint: texts.sent.hint,
      link: { text: texts.signIn.back, href: visit.accountPath('/sign-in/') },
    })
  },
}

/** `/account/reset-password/`: by the link of a mail, or by digits. */
export const resetPassword: PageHandlers = {
  async get(visit) {
    const redirect = withoutToken(visit, BELOW)
    if (redirect !== undefined) return redirect
    const { texts, core, error } = visit
    const address = digitsAddress(visit)
    // Says at once that a link has expired. Digits are counted, so they are not checked twice.
    if (address === undefined)
      await checkPasswordReset(core, { token: tokenOf(visit, BELOW) })
    const isWrong = error?.code === 'invalid_code'
    return rendererOf(
      'resetPassword',
      renderResetPassword,
      visit,
    )(
      {
        ...(isWrong
          ? { errors: { code: [texts.enterCode.wrong] }, retry: undefined }
          : faultsIn(visit, { new_password: 'password' })),
        action: actionOf(visit, BELOW, findToken(visit, BELOW)),
        username: address,
        asksForCode: address !== undefined,
        address,
      },
      visit,
    )
  },
  async post(visit) {
    const { form, core, request } = visit
    const address = digitsAddress(visit)
    requireFilled(visit, address === undefined ? ['password'] : ['code', 'password'])
    const proof: CodeProof =
      address === undefined
        ? { token: tokenOf(visit, BELOW) }
        : {
            name: { field: 'email', value: address },
            code: form.text('code').replaceAll(' ', ''),
          }
    await confirmPasswordReset(core, proof, form.exact('password'), request)
    return seeOther(visit.accountPath('/done/?what=password-saved'), {
      cookies: [forgetLink(visit), forget(visit, 'sent')],
    })
  },
}

/** The address that digits were sent to; `undefined` if the page was opened by a link. */
function digitsAddress(visit: Visit): string | undefined {
  if (findToken(visit, BELOW) !== undefined) return undefined
  return typesDigits(visit) ? remembered(visit, 'sent')?.value : undefined
}
