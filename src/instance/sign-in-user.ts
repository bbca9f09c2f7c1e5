import { AuthError } from '../base/errors.ts'
import type { Core } from '../features/core.ts'
import { publicSession, type Session } from '../sessions/session.ts'
import { type Pair, startSession } from '../tokens/pairs.ts'
import { mayUse } from '../tokens/token-settings.ts'
import { requireString } from '../users/field-errors.ts'

/** A new session, and its tokens. */
export interface SignInResult extends Pair {
  /** The new session, as `auth.sessions.list` returns it; `undefined` if `tokens.sessions` is false. */
  readonly session: Session | undefined
}

/** @throws AuthError `user_not_found`, `user_inactive` */
export async function signInUser(
  user: string | { readonly id: string },
  { users, tokens, audit }: Pick<Core, 'users' | 'tokens' | 'audit'>,
): Promise<SignInResult> {
  const id = requireString('user', typeof user === 'string' ? user : user?.id)
  const account = await users.find('id', id)
  if (account === undefined) throw new AuthError('user_not_found')
  if (!mayUse(account.user, tokens.settings)) throw new AuthError('user_inactive')
  const { session, ...pair } = await startSession(account, tokens)
  // With sessions, the sign-in is recorded when its session is inserted.
  if (session === undefined)
    await audit.record({ kind: 'signed_in', userId: account.user.id })
  return { ...pair, session: session && publicSession(session) }
}
