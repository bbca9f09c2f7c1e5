import { type Awaitable, isPromise } from '../base/awaitable.ts'
import type { ApiToken, ApiTokens } from '../features/api-tokens/api-token.ts'
import type { BrowserSessionSettings } from '../features/browser-sessions/browser-session.ts'
import type { AuthRequest } from '../http/request.ts'
import type { Claims } from '../jwt/index.ts'
import type { SessionId } from '../sessions/session.ts'
import type { TokenDeps } from '../tokens/token-settings.ts'
import type { Account, User } from '../users/user.ts'

/** Who sends a request, and how that is known: what a scheme answers. */
export interface Identity<U = User> {
  readonly user: U
  /** The name of the scheme that said so. */
  readonly scheme: string
  /** The claims of the JWT that said so. */
  readonly token?: Claims | undefined
  /** The sign-in that it belongs to. */
  readonly sessionId?: SessionId | undefined
  /** The row of the API token that said so. */
  readonly apiToken?: ApiToken | undefined
  /** What the credentials were limited to (RFC 6749 §3.3); none, where they know of no scopes. */
  readonly scopes?: readonly string[] | undefined
}

/** One way of finding out who sends a request. */
export interface Authentication {
  /** What it adds to `WWW-Authenticate` on a 401 (RFC 9110 §11.6.1). The first of a list without one makes that a 403. */
  readonly challenge?: string | undefined
  /**
   * @returns `undefined` where the request bears no credentials of this kind: the next one is asked
   * @throws AuthError where it bears such credentials and they are wrong: nobody else is asked
   */
  identify(request: AuthRequest): Awaitable<Identity<unknown> | undefined>
}

/** What schemes are made in. */
export interface SchemeDeps extends TokenDeps {
  readonly apiTokens: Pick<ApiTokens, 'find'>
  /** The words that announce a token, the first of them named in challenges. */
  readonly headerTypes: readonly string[]
  /** The header that carries it, in lower case. */
  readonly headerName: string
  /**
   * The account of somebody who knows its password, which counts as it was sent: throttled, as every way in is, and failures
   * are told.
   *
   * @throws AuthError `no_active_account`, `throttled`, `invalid`, `busy`
   */
  checkPassword(login: string, password: string, request: AuthRequest): Promise<Account>
  /** A new user without a password. @throws AuthError `invalid` where the name cannot be one, or is taken */
  createUser(username: string): Promise<User>
}

/** A scheme as the options name it: made once, in the instance's world. `U` is what it finds out about the user. */
export interface Scheme<U = User> {
  (deps: SchemeDeps): Authentication
  readonly user?: U
  /** The endpoints that it needs, mounted where it is among the instance's. */
  readonly brings?: readonly string[]
  /** On what terms those endpoints sign browsers in. */
  readonly browser?: BrowserSessionSettings
}

/**
 * Asks each in turn, as Django REST framework does: the first that answers, or refuses, ends it. Waits only for those
 * that have to be waited for.
 */
export function firstIdentity(
  list: readonly Authentication[],
): Authentication['identify'] {
  const [only] = list
  if (list.length === 1 && only !== undefined) return (request) => only.identify(request)
  const ask = (
    request: AuthRequest,
    from: number,
  ): Awaitable<Identity<unknown> | undefined> => {
    for (let i = from; i < list.length; i++) {
      const answer = list[i]!.identify(request)
      if (isPromise(answer))
        return Promise.resolve(answer).then((who) => who ?? ask(request, i + 1))
      if (answer != null) return answer
    }
    return undefined
  }
  return (request) => ask(request, 0)
}

/**
 * What a 401 of a list of schemes challenges with: the first decides whether there is a challenge at all (specification
 * 6.1), and then every scheme's is named.
 */
export function challengesOf(list: readonly Authentication[]): readonly string[] {
  if (list[0]?.challenge === undefined) return []
  return [...new Set(list.flatMap(({ challenge }) => challenge ?? []))]
}
