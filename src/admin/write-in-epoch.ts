import { AuthError } from '../base/errors.ts'
import type { StoredUser, UserId } from '../users/user.ts'
import type { Users } from '../users/users.ts'

/** How often a change is tried while others change the user. */
const ATTEMPTS = 10

export interface WrittenInEpoch {
  /** `undefined`: there is none, or the change is refused. */
  readonly user: StoredUser | undefined
  readonly isNewEpoch: boolean
}

/**
 * Writes a change in the epoch that was read: only so is it known whether this change has begun another one. If another change had,
 * the sessions that were opened since would be revoked without a reason.
 *
 * @throws AuthError `store_unavailable` if the epoch changes each time
 */
export async function writeInEpoch(
  id: UserId,
  users: Pick<Users, 'read'>,
  write: (epoch: number | undefined) => Promise<StoredUser | undefined>,
): Promise<WrittenInEpoch> {
  let epoch = await epochOf(id, users)
  for (let i = 0; i < ATTEMPTS; i++) {
    const user = await write(epoch)
    if (user !== undefined) return { user, isNewEpoch: user.epoch !== epoch }
    const now = await epochOf(id, users)
    if (now === epoch) return { user, isNewEpoch: false }
    epoch = now
  }
  throw new AuthError('store_unavailable', 'the user keeps changing')
}

const epochOf = async (
  id: UserId,
  users: Pick<Users, 'read'>,
): Promise<number | undefined> => (await users.read('id', id))?.user.epoch
