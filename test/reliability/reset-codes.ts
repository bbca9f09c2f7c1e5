import { after, minutes, type UnixSeconds } from '../../src/base/clock.ts'
import { hexId, systemRandom } from '../../src/base/random.ts'
import type { CodeId, StoredCode } from '../../src/features/codes/code.ts'
import { linkDigest, randomLink } from '../../src/features/codes/digest.ts'
import type { InstanceStore } from '../../src/features.ts'
import type { StoredUser, UserId } from '../../src/users/user.ts'

/** A link to be issued. */
type NewLink = Pick<StoredCode, 'purpose' | 'target'> &
  Partial<Pick<StoredCode, 'user' | 'payload'>>

/**
 * Issues a link in the database of the servers, so that no mail has to be read. It supersedes the former one of its purpose and target.
 *
 * @returns its token; `undefined` if the user has another epoch now
 */
export async function issueLink(
  { ports: { codes } }: InstanceStore,
  { purpose, target, user, payload = {} }: NewLink,
): Promise<string | undefined> {
  const token = randomLink(systemRandom)
  const now = (Date.now() / 1000) as UnixSeconds
  const isIssued = await codes.issue({
    id: hexId(systemRandom) as CodeId,
    purpose,
    form: 'link',
    target,
    user,
    digest: linkDigest(token, undefined),
    payload,
    attempts: 0,
    maxAttempts: undefined,
    createdAt: now,
    expiresAt: after(now, minutes(60)),
    redeemedAt: undefined,
  })
  return isIssued ? token : undefined
}

/** Links that set a new password. */
export const resetCodes = (store: InstanceStore) => ({
  read: async (id: UserId): Promise<StoredUser | undefined> =>
    (await store.ports.users.read('id', id))?.user,

  /** In place of the user's former one. @returns its token; `undefined` if the user has another epoch now */
  issue: (user: StoredUser): Promise<string | undefined> =>
    issueLink(store, { purpose: 'reset_password', target: `of ${user.id}`, user }),
})

export type ResetCodes = ReturnType<typeof resetCodes>
