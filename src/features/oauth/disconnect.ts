import { seeOther } from '../../pages/answers.ts'
import { ownChange } from '../account-pages/own/own-visit.ts'
import type { PageHandlers } from '../pages/define-page.ts'
import type { UserVisit } from '../pages/visit.ts'
import { disconnectApplication } from './own-applications.ts'

/** `/account/applications/{id}/disconnect/` */
export const disconnect: PageHandlers<UserVisit> = ownChange({
  get: ({ accountPath }) => seeOther(accountPath('/#applications')),
  async post({ core, visitor, parameters, accountPath }) {
    await disconnectApplication(visitor.user.id, parameters.id ?? '', core)
    return seeOther(`${accountPath('/')}?done=application_disconnected`)
  },
})
