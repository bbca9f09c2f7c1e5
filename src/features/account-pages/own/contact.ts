import { seeOther } from '../../../pages/answers.ts'
import { confirmEmailChange, requestEmailChange } from '../../accounts/change-email.ts'
import { confirmPhoneChange, requestPhoneChange } from '../../accounts/change-phone.ts'
import { resendVerification } from '../../accounts/confirm.ts'
import { requireFresh } from '../../accounts/fresh.ts'
import { ownAccount } from '../../accounts/own-account.ts'
import { accountSettings } from '../../accounts/settings.ts'
import { DIGITS_LIFETIME } from '../../codes/purposes.ts'
import type { PageHandlers } from '../../pages/define-page.ts'
import type { UserVisit } from '../../pages/visit.ts'
import { codeIn, requireFilled } from '../sign-in/faults.ts'
import { remember, render } from '../sign-in/flow.ts'
import { accountAfter } from './account.ts'
import { pendingOf } from './account-data.ts'
import { changeContactView, contactCodeView } from './contact-view.ts'
import type { ChangeContactData, ContactCodeData } from './data.ts'
import { backTo, done, freshOnly, ownChange, ownDataOf, ownOnly } from './own-visit.ts'

type Handlers = PageHandlers<UserVisit>
type Field = ChangeContactData['field']

async function changePage(visit: UserVisit, field: Field) {
  const data: ChangeContactData = {
    ...(await ownDataOf(visit)),
    field,
    current: visit.visitor.user[field],
    value: visit.form.text(field),
  }
  return render('changeContact', changeContactView, data, visit)
}

/** `/account/email/` */
export const email: Handlers = freshOnly({
  get: (visit) => changePage(visit, 'email'),
  async post(visit) {
    const { core, visitor, form, request } = visit
    const { user } = await requireFresh(visitor.principal, {}, core)
    const { id: sessionId } = visitor.session
    await requestEmailChange(user, form.text('email'), { request, sessionId }, core)
    if (accountSettings(core).form === 'digits') return backTo(visit, 'emailCode')
    return done(visit, 'email')
  },
})

/** `/account/phone/` */
export const phone: Handlers = freshOnly({
  get: (visit) => changePage(visit, 'phone'),
  async post(visit) {
    const { core, visitor, form, request } = visit
    const { user } = await requireFresh(visitor.principal, {}, core)
    await requestPhoneChange(
      user,
      form.text('phone').replace(/[\s()/-]/g, ''),
      request,
      core,
    )
    return backTo(visit, 'phoneCode')
  },
})

async function codePage(visit: UserVisit, field: Field) {
  const { core, visitor } = visit
  const { user } = await ownAccount(visitor.user.id, core)
  const data: ContactCodeData = {
    ...(await ownDataOf(visit)),
    field,
    pending: await pendingOf(field, user, core),
  }
  return render('contactCode', contactCodeView, data, visit)
}

/** `/account/email/code/` */
export const emailCode: Handlers = ownOnly({
  get: (visit) => codePage(visit, 'email'),
  async post(visit) {
    requireFilled(visit, ['code'])
    await confirmEmailChange(codeIn(visit), visit.core, visit.visitor.user.id)
    return done(visit, 'email_confirmed')
  },
})

/** `/account/phone/code/` */
export const phoneCode: Handlers = ownOnly({
  get: (visit) => codePage(visit, 'phone'),
  async post(visit) {
    requireFilled(visit, ['code'])
    await confirmPhoneChange(visit.visitor.user.id, codeIn(visit), visit.core)
    return done(visit, 'phone')
  },
})

/** `/account/email/verify/`: sends the confirmation of the own address again. */
export const emailVerify: Handlers = ownChange({
  get: accountAfter,
  async post(visit) {
    const { core, visitor, request } = visit
    const { user } = await ownAccount(visitor.user.id, core)
    if (user.email === undefined) return backTo(visit, 'account')
    await resendVerification(user.email, request, core)
    if (accountSettings(core).form !== 'digits') return done(visit, 'email_verify')
    const cookies = [remember(visit, 'sent', { value: user.email }, DIGITS_LIFETIME)]
    return seeOther(visit.accountPath('/confirm/code/'), { cookies })
  },
})
