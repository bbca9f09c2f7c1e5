import { after, minutes, type UnixSeconds } from '../../src/base/clock.ts'
import { hexId, systemRandom } from '../../src/base/random.ts'
import type { CodeId } from '../../src/features/codes/code.ts'
import { linkDigest, randomLink } from '../../src/features/codes/digest.ts'
import type { InstanceStore } from '../../src/features.ts'
import type { StoredUser, UserId } from '../../src/users/user.ts'

/** Links that set a new password, issued in the database of the servers: no mail has to be read. */
export const resetCodes = ({ ports: { users, codes } }: InstanceStore) => ({
  read: async (id: UserId): Promise<StoredUser | undefined> =>
    (await users.read('id', id))?.user,

  /** In place of the user's former one. @returns its token; `undefined` if the user has another epoch now */
  async issue(user: StoredUser): Promise<string | undefined> {
    const token = randomLink(systemRandom)
    const now = (Date.now() / 1000) as UnixSeconds
    const isIssued = await codes.issue({
      id: hexId(systemRandom) as CodeId,
      purpose: 'reset_password',
      form: 'link',
      target: `of ${user.id}`,
      user,
      digest: linkDigest(token, undefined),
      payload: {},
      attempts: 0,
      maxAttempts: undefined,
      createdAt: now,
      expiresAt: after(now, minutes(60)),
      redeemedAt: undefined,
    })
    return isIssued ? token : undefined
  },
})

export type ResetCodes = ReturnType<typeof resetCodes>
