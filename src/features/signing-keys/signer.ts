import type { Identity, LibrarySchemeDeps } from '../../authentication/scheme.ts'
import { mayUse } from '../../tokens/token-settings.ts'
import type { User } from '../../users/user.ts'
import type { UsableSigningKey } from './find.ts'

/**
 * The user or application whose key has signed a request.
 *
 * @param scheme the name of the scheme
 * @returns `undefined` if it is deactivated, disabled or deleted
 * @throws AuthError `store_unavailable`
 */
export async function findSigner(
  { owner, scopes }: UsableSigningKey,
  scheme: string,
  { users, settings }: Pick<LibrarySchemeDeps, 'users' | 'settings'>,
): Promise<Identity<User> | undefined> {
  if (owner.clientId !== undefined) {
    if (!owner.isActive) return undefined
    // An application has no user, despite the type: only guards with `clients: true` admit it.
    return { scheme, scopes, user: undefined as never, client: { id: owner.clientId } }
  }
  const account = await users.find('id', owner.userId ?? '')
  if (account === undefined || !mayUse(account.user, settings)) return undefined
  return { scheme, scopes, user: account.user }
}
