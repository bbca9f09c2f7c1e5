import { AuthError } from '../base/errors.ts'
import type { Core } from '../features/core.ts'
import { publicSession, type Session } from '../sessions/session.ts'
import { obtainPair, type Pair } from '../tokens/pairs.ts'
import { isAllowed, mayUse } from '../tokens/token-settings.ts'
import { requireString } from '../users/field-errors.ts'

/** A new session, and its tokens. */
export interface SignInResult extends Pair {
  /** The new session, as `auth.sessions.list` returns it; `undefined` if `tokens.sessions` is false. */
  readonly session: Session | undefined
}

/** @throws AuthError `user_not_found`, `user_inactive` */
export async function signInUser(
  user: string | { readonly id: string },
  { users, tokens, completeSignIn }: Pick<Core, 'users' | 'tokens' | 'completeSignIn'>,
): Promise<SignInResult> {
  const id = requireString('user', typeof user === 'string' ? user : user?.id)
  const account = await users.find('id', id)
  if (account === undefined) throw new AuthError('user_not_found')
  if (!mayUse(account.user, tokens.settings) || !isAllowed(account.user, tokens.settings))
    throw new AuthError('user_inactive')
  return completeSignIn(account, {
    methods: [],
    request: undefined,
    async start(signIn) {
      const { session, ...pair } = await obtainPair(signIn, tokens)
      const result = { ...pair, session: session && publicSession(session) }
      return { result, sessionId: session?.id }
    },
  })
}
