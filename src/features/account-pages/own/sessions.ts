import { revokeOwnSession, revokeOwnSessions } from '../../accounts/own-sessions.ts'
import type { PageHandlers } from '../../pages/define-page.ts'
import type { UserVisit } from '../../pages/visit.ts'
import { render } from '../sign-in/flow.ts'
import { accountAfter } from './account.ts'
import { done, ownChange, ownDataOf } from './own-visit.ts'
import { sessionsOf } from './sessions-data.ts'
import { sessionsView } from './sessions-view.ts'

type Handlers = PageHandlers<UserVisit>

/** `/account/sessions/`: all of them. The form ends the others. */
export const sessions: Handlers = ownChange({
  async get(visit) {
    const data = { ...(await ownDataOf(visit)), sessions: await sessionsOf(visit) }
    return render('sessions', sessionsView, data, visit)
  },
  async post(visit) {
    const { core, visitor, request } = visit
    const except = visitor.session.id
    await revokeOwnSessions(core, { userId: visitor.user.id, except })
    await core.signedOutElsewhere(visitor.user.id, request)
    return done(visit, 'sessions')
  },
})

/** `/account/sessions/{id}/` ends one. */
export const session: Handlers = ownChange({
  get: accountAfter,
  async post(visit) {
    const { core, visitor, parameters } = visit
    const { id = '' } = parameters
    await revokeOwnSession(core, { userId: visitor.user.id, id })
    return done(visit, 'session')
  },
})
