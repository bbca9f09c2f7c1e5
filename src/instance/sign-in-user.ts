import { AuthError } from '../base/errors.ts'
import { ifDefined } from '../base/optional.ts'
import type { Core } from '../features/core.ts'
import { FetchRequest } from '../http/fetch-request.ts'
import type { AuthRequest } from '../http/request.ts'
import { publicSession, type Session } from '../sessions/session.ts'
import { obtainPair, type Pair } from '../tokens/pairs.ts'
import { isAllowed, mayUse } from '../tokens/token-settings.ts'
import { requireString } from '../users/field-errors.ts'

/** A new session, and its tokens. */
export interface SignInResult extends Pair {
  /** The new session, as `auth.sessions.list` returns it; `undefined` if `tokens.sessions` is false. */
  readonly session: Session | undefined
}

/** What the program knows of a sign-in. */
export interface SignInUserOptions {
  /**
   * How the user has proved who they are: values of `amr` (RFC 8176 §2) such as `pwd`, `otp`, `hwk` or `fed`, at most ten of at most 32
   * letters, digits and `_.-`. Default: none.
   */
  readonly methods?: readonly string[]
  /** The request in which it happens: the session shows its address and user agent. */
  readonly request?: Request | AuthRequest
  /**
   * The user, or the id of the user, who acts as this one (RFC 8693 §1.1, impersonation). The session and its tokens show it, no
   * further step is asked for, and `isNotImpersonated` denies.
   */
  readonly actor?: string | { readonly id: string }
}

/** @throws AuthError `user_not_found`, `user_inactive`, `invalid`; what stops the sign-in */
export async function signInUser(
  user: string | { readonly id: string },
  { methods = [], request, actor }: SignInUserOptions = {},
  { users, tokens, completeSignIn }: Pick<Core, 'users' | 'tokens' | 'completeSignIn'>,
): Promise<SignInResult> {
  const id = idOf('user', user)
  requireMethods(methods)
  const account = await users.find('id', id)
  if (account === undefined) throw new AuthError('user_not_found')
  if (!mayUse(account.user, tokens.settings) || !isAllowed(account.user, tokens.settings))
    throw new AuthError('user_inactive')
  return completeSignIn(account, {
    methods,
    request: request instanceof Request ? new FetchRequest(request) : request,
    actor: ifDefined(actor, (user) => idOf('actor', user)),
    async start(signIn) {
      const { session, ...pair } = await obtainPair(signIn, tokens)
      const result = { ...pair, session: session && publicSession(session) }
      return { result, sessionId: session?.id }
    },
  })
}

const idOf = (name: string, user: string | { readonly id: string }): string =>
  requireString(name, typeof user === 'string' ? user : user?.id)

const METHOD = /^[\w.-]{1,32}$/

/** @throws AuthError `invalid` */
function requireMethods(methods: unknown): void {
  const isMethod = (each: unknown): boolean =>
    typeof each === 'string' && METHOD.test(each)
  if (Array.isArray(methods) && methods.length <= 10 && methods.every(isMethod)) return
  throw new AuthError(
    'invalid',
    'methods must be a list of at most ten values of "amr" (RFC 8176), such as ["pwd", "otp"].',
  )
}
