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
import { codeIn, faultsIn, faultsOfCode, requireFilled } from './faults.ts'
import { forget, pathWithNext, render } from './flow.ts'
import { actionOf, findToken, forgetLink, tokenOf, withoutToken } from './links.ts'
import { sentPage, sentTo, signInLink, toSent } from './sent.ts'
import { renderForgotPassword } from './views.ts'

const BELOW = '/reset-password/'

/** `/account/forgot-password/` */
export const forgotPassword: PageHandlers = {
  get(visit) {
    const data = {
      ...faultsIn(visit),
      action: visit.accountPath('/forgot-password/'),
      email: visit.form.text('email'),
      back: pathWithNext(visit, '/sign-in/'),
    }
    return render('forgotPassword', renderForgotPassword, data, visit)
  },
  async post(visit) {
    requireFilled(visit, ['email'])
    const value = visit.form.text('email')
    await requestPasswordReset(visit.core, { field: 'email', value }, visit.request)
    return toSent(visit, value, { digits: BELOW, link: '/forgot-password/sent/' })
  },
}

/** `/account/forgot-password/sent/` */
export const forgotSent = sentPage({
  name: 'forgotSent',
  step: 'sent',
  start: '/forgot-password/',
  link: signInLink,
})

/** `/account/reset-password/`: by the link of a mail, or by digits. */
export const resetPassword: PageHandlers = {
  async get(visit) {
    const redirect = withoutToken(visit, BELOW)
    if (redirect !== undefined) return redirect
    const address = digitsAddress(visit)
    // Says at once that a link has expired. Digits are counted, so they are not checked twice.
    if (address === undefined)
      await checkPasswordReset(visit.core, { token: tokenOf(visit, BELOW) })
    const renamed = { new_password: 'password' }
    const data = {
      ...faultsOfCode(visit, visit.texts.enterCode.wrong, { renamed }),
      action: actionOf(visit, BELOW, findToken(visit, BELOW)),
      username: address,
      asksForCode: address !== undefined,
      address,
    }
    return render('resetPassword', renderResetPassword, data, visit)
  },
  async post(visit) {
    const { form, core, request } = visit
    const proof = proofIn(visit)
    requireFilled(visit, ['password'])
    await confirmPasswordReset(core, proof, form.exact('password'), request)
    return seeOther(visit.accountPath('/done/?what=password-saved'), {
      cookies: [forgetLink(visit), forget(visit, 'sent')],
    })
  },
}

/** The link that the page was opened with, or the digits. @throws AuthError `invalid` without digits */
function proofIn(visit: Visit): CodeProof {
  const value = digitsAddress(visit)
  if (value === undefined) return { token: tokenOf(visit, BELOW) }
  requireFilled(visit, ['code', 'password'])
  return { name: { field: 'email', value }, code: codeIn(visit) }
}

/** The address that digits were sent to; `undefined` if the page was opened by a link. */
function digitsAddress(visit: Visit): string | undefined {
  if (accountSettings(visit.core).form !== 'digits') return undefined
  if (findToken(visit, BELOW) !== undefined) return undefined
  return sentTo(visit)
}
