import { days, type UnixSeconds } from '../../../base/clock.ts'
import type { Core } from '../../core.ts'
import { deleteClient } from '../clients.ts'
import { clientStore } from '../sql.ts'

/** How long an application that has registered itself may be without a user. */
const UNUSED = days(31)

/** Applications that are looked up at once. */
const BATCH = 100

/**
 * Deletes the applications that have registered themselves and that no user has let in.
 *
 * @param progress called after each with the number deleted so far
 * @returns how many were deleted
 */
export async function deleteUnused(
  core: Core,
  progress: (deleted: number) => void,
): Promise<number> {
  const registeredBefore = (core.clock() - UNUSED) as UnixSeconds
  let deleted = 0
  for (;;) {
    const ids = await core.ports(clientStore).clients.unused(registeredBefore, BATCH)
    for (const id of ids) {
      if (await deleteClient(id, core)) deleted += 1
      progress(deleted)
    }
    if (ids.length < BATCH) return deleted
  }
}
