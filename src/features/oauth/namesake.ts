import { AuthError } from '../../base/errors.ts'
import type { User } from '../../users/user.ts'
import type { Core } from '../core.ts'
import type { StoredClient } from './client.ts'
import { isLikePairwise } from './pairwise/subjects.ts'
import { clientStore } from './sql.ts'

/**
 * Refuses tokens for a user with the id of an application, or one like a pairwise name of a user: `sub` would name both (RFC 9700 §4.15). No
 * application gets the id of a user, but a program may create a user with any id afterwards.
 *
 * @throws AuthError `invalid_grant`
 */
export async function requireNoNamesake(
  { id }: Pick<User, 'id'>,
  core: Core,
): Promise<void> {
  if (isLikePairwise(id))
    throw new AuthError('invalid_grant', 'the user has an id like a pairwise name')
  if ((await core.ports(clientStore).clients.find(id)) !== undefined)
    throw new AuthError('invalid_grant', 'the user has the id of an application')
}

/** The ids that `auth.clients.create` makes: 128 random bits. */
const MADE_ID = /^client_[\da-f]{32}$/

/** The same for tokens of an application itself. @throws AuthError `unauthorized_client` */
export async function requireNoUser(
  { id }: Pick<StoredClient, 'id'>,
  { users }: Core,
): Promise<void> {
  if (!MADE_ID.test(id) && (await users.find('id', id)) !== undefined)
    throw new AuthError('unauthorized_client', 'the application has the id of a user')
}
