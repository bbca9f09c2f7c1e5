import { content } from '../../../http/answer.ts'
import { seeOther } from '../../../pages/answers.ts'
import { fieldError } from '../../../users/field-errors.ts'
import { exportOwnData } from '../../accounts/export.ts'
import { deleteOwnUser } from '../../accounts/me.ts'
import { cookiesAtSignOut } from '../../browser-sessions/browser-session.ts'
import type { PageHandlers } from '../../pages/define-page.ts'
import type { UserVisit } from '../../pages/visit.ts'
import { requireFilled } from '../sign-in/faults.ts'
import { render } from '../sign-in/flow.ts'
import { deleteView, exportView } from './data-view.ts'
import { freshOnly, ownDataOf } from './own-visit.ts'
import { to } from './paths.ts'

type Handlers = PageHandlers<UserVisit>

/** `/account/export/` */
export const exportData: Handlers = freshOnly({
  get: async (visit) => render('exportData', exportView, await ownDataOf(visit), visit),
  async post({ core, visitor, now }) {
    const data = await exportOwnData(visitor.principal, core)
    const day = new Date(now * 1000).toISOString().slice(0, 10)
    const name = `attachment; filename="account-${day}.json"`
    return content('application/json', JSON.stringify(data, null, 2), {
      headers: [
        ['Content-Disposition', name],
        ['X-Content-Type-Options', 'nosniff'],
      ],
    })
  },
})

/** `/account/delete/` */
export const deleteAccount: Handlers = freshOnly({
  async get(visit) {
    const { username } = visit.visitor.user
    const data = { ...(await ownDataOf(visit)), username }
    return render('deleteAccount', deleteView, data, visit)
  },
  async post(visit) {
    const { core, visitor, form, texts, request, sessionSettings } = visit
    requireFilled(visit, ['username'])
    if (form.text('username') !== visitor.user.username)
      throw fieldError({ username: [texts.own.deleteMismatch] })
    await deleteOwnUser(visitor.principal, {}, core)
    const cookies = cookiesAtSignOut(request, sessionSettings)
    return seeOther(to(visit, 'deleted'), { cookies })
  },
})
