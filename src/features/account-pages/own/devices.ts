import { AuthError } from '../../../base/errors.ts'
import type { PageHandlers } from '../../pages/define-page.ts'
import type { UserVisit } from '../../pages/visit.ts'
import { forgetDevice, forgetDevices } from '../../second-factors/devices.ts'
import { accountAfter } from './account.ts'
import { done, ownChange } from './own-visit.ts'

type Handlers = PageHandlers<UserVisit>

/** `/account/devices/` forgets all remembered devices. */
export const devices: Handlers = ownChange({
  get: accountAfter,
  async post(visit) {
    await forgetDevices(visit.visitor.user.id, visit.core)
    return done(visit, 'devices')
  },
})

/** `/account/devices/{id}/` forgets one. */
export const device: Handlers = ownChange({
  get: accountAfter,
  async post(visit) {
    const { core, visitor, parameters } = visit
    const isOwn = await forgetDevice(visitor.user.id, parameters.id ?? '', core)
    if (!isOwn) throw new AuthError('not_found')
    return done(visit, 'device')
  },
})
