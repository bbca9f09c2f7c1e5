import { AuthError } from '../../../base/errors.ts'
import { seeOther, shown } from '../../../pages/answers.ts'
import type { Html } from '../../../pages/html.ts'
import { withNext } from '../../../pages/next-path.ts'
import { isUsable } from '../../../passwords/passwords.ts'
import { ownAccount } from '../../accounts/own-account.ts'
import type { PageHandlers } from '../../pages/define-page.ts'
import type { UserVisit } from '../../pages/visit.ts'
import { totpUriOf } from '../../second-factors/factors.ts'
import {
  beginOwnTotp,
  confirmOwnTotp,
  ownTotps,
  removeOwnTotp,
  replaceRecoveryCodes,
} from '../../second-factors/own-factors.ts'
import { codeIn, requireFilled } from '../sign-in/faults.ts'
import { render } from '../sign-in/flow.ts'
import { deviceCookies, rememberDataOf } from '../sign-in/remembered-device.ts'
import type { NewTotpData } from './data.ts'
import { newTotpView, recoveryView, totpView } from './factors-view.ts'
import { backTo, done, fieldsIn, isFresh, ownDataOf, ownOnly } from './own-visit.ts'
import { to } from './paths.ts'

type Handlers = PageHandlers<UserVisit>

async function newTotpPage(
  visit: UserVisit,
  asksPassword: boolean,
  totp?: NewTotpData['totp'],
): Promise<Html> {
  const data: NewTotpData = {
    ...(await ownDataOf(visit)),
    asksPassword,
    username: visit.visitor.user.username,
    label: visit.form.text('label'),
    totp,
    remember: rememberDataOf(visit),
  }
  return render('newTotp', newTotpView, data, visit)
}

/** `/account/authenticators/new/`. Users with a password type it; others have signed in a short time ago. */
export const newTotp: Handlers = ownOnly({
  async get(visit) {
    const asksPassword = await hasPassword(visit)
    if (!asksPassword && !(await isFresh(visit)))
      return seeOther(withNext(to(visit, 'again'), to(visit, 'newTotp')))
    return newTotpPage(visit, asksPassword)
  },
  async post(visit) {
    const { core, form, visitor } = visit
    const asksPassword = await hasPassword(visit)
    if (asksPassword) requireFilled(visit, ['current_password'])
    const { label } = fieldsIn(form, { label: TOTP_LABEL })
    const password = asksPassword && { current_password: form.exact('current_password') }
    const input = { label, ...password }
    const begun = await beginOwnTotp(visitor.principal, input, core)
    return newTotpPage(visit, asksPassword, begun)
  },
})

const TOTP_LABEL = { trim: true, maxBytes: 64, optional: true, allowBlank: true } as const

const hasPassword = async ({ core, visitor }: UserVisit): Promise<boolean> =>
  isUsable((await ownAccount(visitor.user.id, core)).hash)

const BASE32 = /^[A-Z2-7]{16,128}$/

/** `/account/authenticators/confirm/`: the first code. The form brings the key again, so that the page can show it after a wrong code. */
export const confirmTotp: Handlers = ownOnly({
  async get(visit) {
    const { core, form, error, visitor } = visit
    const secret = form.text('secret')
    if (error === undefined || !BASE32.test(secret)) return backTo(visit, 'newTotp')
    const { user } = await ownAccount(visitor.user.id, core)
    const uri = totpUriOf(user, secret, core)
    return newTotpPage(visit, false, { id: form.text('id'), secret, uri })
  },
  async post(visit) {
    const { core, form, request, visitor } = visit
    requireFilled(visit, ['code'])
    const proof = { id: form.text('id'), code: codeIn(visit) }
    const codes = await confirmOwnTotp(visitor.principal, proof, request, core)
    const cookies = await deviceCookies(visitor.user, visit)
    if (codes.length === 0) return done(visit, 'totp_added', cookies)
    return shown(await recoveryPage(visit, codes, true), visit.site, { cookies })
  },
})

/** The authenticator of the path. @throws AuthError `not_found` if the user has no such one */
async function totpIn({ core, visitor, parameters }: UserVisit) {
  const found = (await ownTotps(visitor.user.id, core)).find(
    ({ id }) => id === parameters.id,
  )
  if (found === undefined) throw new AuthError('not_found')
  return found
}

/** `/account/authenticators/{id}/` removes it. */
export const totp: Handlers = ownOnly({
  async get(visit) {
    const data = { ...(await ownDataOf(visit)), totp: await totpIn(visit) }
    return render('totp', totpView, data, visit)
  },
  async post(visit) {
    const { core, request, visitor } = visit
    const { id } = await totpIn(visit)
    requireFilled(visit, ['code'])
    const proof = { id, code: codeIn(visit) }
    await removeOwnTotp(visitor.principal, proof, request, core)
    return done(visit, 'totp_removed')
  },
})

/** `/account/recovery-codes/` */
export const recoveryCodes: Handlers = ownOnly({
  get: (visit) => recoveryPage(visit, undefined),
  async post(visit) {
    const { core, request, visitor } = visit
    requireFilled(visit, ['code'])
    const { user } = await ownAccount(visitor.user.id, core)
    const codes = await replaceRecoveryCodes(user, codeIn(visit), request, core)
    return recoveryPage(visit, codes)
  },
})

/** The form, or the new codes, which are shown this once. @param isFirst whether a first factor was added now */
export async function recoveryPage(
  visit: UserVisit,
  codes: readonly string[] | undefined,
  isFirst = false,
): Promise<Html> {
  const data = { ...(await ownDataOf(visit)), codes, isFirst }
  return render('newRecoveryCodes', recoveryView, data, visit)
}
