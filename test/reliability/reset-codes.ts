import { after, minutes, type UnixSeconds } from '../../src/base/clock.ts'
import { hexId, systemRandom } from '../../src/base/random.ts'
import { Secret } from '../../src/base/secret.ts'
import type { CodeId, StoredCode } from '../../src/features/codes/code.ts'
import { digitsDigest, linkDigest, randomLink } from '../../src/features/codes/digest.ts'
import type { InstanceStore } from '../../src/features.ts'
import { derivedKey } from '../../src/keys/seal.ts'
import type { StoredUser, UserId } from '../../src/users/user.ts'
import { SECRET } from '../server/secret.ts'

/** A link to be issued. */
type NewLink = Pick<StoredCode, 'purpose' | 'target'> &
  Partial<Pick<StoredCode, 'user' | 'payload'>>

/**
 * Issues a link in the database of the servers, so that no mail has to be read. It supersedes the former one of its purpose and target.
 *
 * @returns its token; `undefined` if the user has another epoch now
 */
export async function issueLink(
  store: InstanceStore,
  link: NewLink,
): Promise<string | undefined> {
  const token = randomLink(systemRandom)
  const isIssued = await issue(store, link, {
    form: 'link',
    digest: linkDigest(token, undefined),
    maxAttempts: undefined,
  })
  return isIssued ? token : undefined
}

/** Issues these digits, as `issueLink` issues a link. */
export async function issueDigits(
  store: InstanceStore,
  code: NewLink,
  { digits, attempts }: { readonly digits: string; readonly attempts: number },
): Promise<void> {
  const { purpose, target } = code
  const key = derivedKey(new Secret(SECRET), 'codes')
  const isIssued = await issue(store, code, {
    form: 'digits',
    digest: digitsDigest({ purpose, target, binding: undefined, digits }, key),
    maxAttempts: attempts,
  })
  if (!isIssued) throw new Error('the user has changed')
}

function issue(
  { ports: { codes } }: InstanceStore,
  { purpose, target, user, payload = {} }: NewLink,
  secret: Pick<StoredCode, 'form' | 'digest' | 'maxAttempts'>,
): Promise<boolean> {
  const now = (Date.now() / 1000) as UnixSeconds
  return codes.issue({
    ...secret,
    id: hexId(systemRandom) as CodeId,
    purpose,
    target,
    user,
    payload,
    attempts: 0,
    createdAt: now,
    expiresAt: after(now, minutes(60)),
    redeemedAt: undefined,
  })
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
