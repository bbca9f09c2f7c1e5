import { collectFields } from '../../../http/parsed-body.ts'
import type { Html } from '../../../pages/html.ts'
import { changePassword } from '../../accounts/change-password.ts'
import { changeOwnUser, parseOwnChange } from '../../accounts/me.ts'
import { ownAccount } from '../../accounts/own-account.ts'
import { settableFields } from '../../accounts/settings.ts'
import type { PageHandlers } from '../../pages/define-page.ts'
import type { UserVisit } from '../../pages/visit.ts'
import { requireFilled } from '../sign-in/faults.ts'
import { render } from '../sign-in/flow.ts'
import { userFieldBody } from '../user-fields.ts'
import { accountDataOf } from './account-data.ts'
import { accountView } from './account-view.ts'
import type { AccountData } from './data.ts'
import { backTo, done, ownChange } from './own-visit.ts'

type Handlers = PageHandlers<UserVisit>

/** `/account/` */
export const account: Handlers = { get: (visit) => accountPage(visit) }

const accountPage = async (
  visit: UserVisit,
  failed?: AccountData['failed'],
): Promise<Html> =>
  render('account', accountView, await accountDataOf(visit, failed), visit)

/** A page that has only a form on the page of the account. Its faults are shown there. */
const formOnAccount =
  (failed?: AccountData['failed']): Handlers['get'] =>
  (visit) => {
    if (visit.error === undefined) return backTo(visit, 'account')
    return accountPage(visit, failed)
  }

export const accountAfter = formOnAccount()

/** `/account/profile/` takes the form of that section. */
export const profile: Handlers = ownChange({
  get: formOnAccount('profile'),
  async post(visit) {
    const { core, form, visitor } = visit
    const { user } = await ownAccount(visitor.user.id, core)
    const body = userFieldBody(form, core.userFields, settableFields(core))
    const username = form.text('username')
    const change = parseOwnChange({ username }, collectFields(body), core)
    await changeOwnUser(user, change, core)
    return done(visit, 'profile')
  },
})

/** `/account/password/` takes the form of that section. */
export const password: Handlers = ownChange({
  get: formOnAccount('password'),
  async post(visit) {
    const { core, form, visitor, request } = visit
    requireFilled(visit, ['current_password', 'new_password'])
    const change = {
      userId: visitor.user.id,
      sessionId: visitor.session.id,
      currentPassword: form.exact('current_password'),
      newPassword: form.exact('new_password'),
    }
    await changePassword(core, change, request)
    return done(visit, 'password')
  },
})
