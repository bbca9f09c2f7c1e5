import type { Kysely } from 'kysely'
import type { UnixSeconds } from '../../../base/clock.ts'
import { allOrNothing } from '../../../stores/all-or-nothing.ts'
import type { UserLock } from '../../../stores/if-user.ts'
import type { Tables } from '../../../stores/tables.ts'
import type { PresentedCode, StoredCode } from '../../codes/code.ts'
import { codeStore } from '../../codes/sql.ts'

/** The port to what users answer to devices. */
export interface DeviceRequests {
  /**
   * Redeems the request of a device and stores the user's approval: both or neither, in one transaction. Of concurrent answers one
   * succeeds.
   *
   * @returns `false` if the request was answered before or has expired, or the user has changed
   */
  approve(asked: PresentedCode, approval: StoredCode, now: UnixSeconds): Promise<boolean>
}

export const sqlDeviceRequests = (
  db: Kysely<Tables>,
  lock: UserLock,
): DeviceRequests => ({
  async approve(asked, approval, now) {
    return allOrNothing(db, async (trx) => {
      const { codes } = codeStore.ports(trx, lock)
      const attempted = await codes.attempt(asked, now, 'redeem')
      return attempted?.isRight === true && codes.issue(approval)
    })
  },
})
