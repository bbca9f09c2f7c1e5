import { AuthError } from '../../../base/errors.ts'
import { seeOther } from '../../../pages/answers.ts'
import { requireValidName } from '../../accounts/account-name.ts'
import { confirmEmail, resendVerification } from '../../accounts/confirm.ts'
import type { PageHandlers } from '../../pages/define-page.ts'
import { enterCodePage } from './enter-code.ts'
import { codeIn, faultsIn, requireFilled } from './faults.ts'
import { forget, nextOf, pathWithNext, render } from './flow.ts'
import { sentPage, sentTo, toSent } from './sent.ts'
import { renderCodeRequest } from './views.ts'

/** The pages after a message that confirms an address. */
export const CONFIRM_PAGES = { digits: '/confirm/code/', link: '/sign-up/sent/' } as const

/** `/account/sign-up/sent/` */
export const signUpSent = sentPage({
  name: 'signUpSent',
  step: 'sent',
  start: '/sign-in/',
  link: ({ texts, accountPath }) => ({
    text: texts.confirm.resend,
    href: accountPath('/confirm/'),
  }),
})

/** `/account/confirm/`: asks for the message that confirms an address once more. */
export const confirmAgain: PageHandlers = {
  get(visit) {
    const data = {
      ...faultsIn(visit),
      purpose: 'confirm',
      action: visit.accountPath('/confirm/'),
      value: visit.form.text('email') || (sentTo(visit) ?? ''),
      next: nextOf(visit),
      back: pathWithNext(visit, '/sign-in/'),
    } as const
    return render('codeRequest', renderCodeRequest, data, visit)
  },
  async post(visit) {
    requireFilled(visit, ['email'])
    const value = visit.form.text('email')
    requireValidName({ field: 'email', value })
    await resendVerification(value, visit.request, visit.core)
    return toSent(visit, value, CONFIRM_PAGES)
  },
}

/** `/account/confirm/code/`: the digits that confirm an address. */
export const confirmCode: PageHandlers = {
  get(visit) {
    const address = sentTo(visit)
    if (address === undefined) return seeOther(visit.accountPath('/confirm/'))
    return enterCodePage(visit, {
      action: visit.accountPath('/confirm/code/'),
      address,
      back: visit.accountPath('/confirm/'),
    })
  },
  async post(visit) {
    const { form, core, request, accountPath } = visit
    const email = sentTo(visit)
    if (email === undefined) throw new AuthError('invalid_code')
    if (form.has('again')) {
      await resendVerification(email, request, core)
      return seeOther(pathWithNext(visit, '/confirm/code/', { done: 'resent' }))
    }
    requireFilled(visit, ['code'])
    await confirmEmail({ email, code: codeIn(visit) }, core)
    const cookies = [forget(visit, 'sent')]
    return seeOther(accountPath('/done/?what=confirmed'), { cookies })
  },
}
