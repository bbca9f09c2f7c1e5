import { type Awaitable, isPromise } from '../base/awaitable.ts'
import type { UnixSeconds } from '../base/clock.ts'
import type { AuthRequest } from '../http/request.ts'
import type { Claims } from '../jwt/index.ts'
import type { SessionId } from '../sessions/session.ts'
import type { StoreExtension } from '../stores/extension.ts'
import type { TokenDeps } from '../tokens/token-settings.ts'
import type { Account, User } from '../users/user.ts'

/** A credential that the store keeps. It can be revoked by its id. */
export interface Credential {
  readonly id: string
  /** What it is for, as its owner named it. */
  readonly name: string | undefined
  readonly createdAt: UnixSeconds
  /** `undefined`: valid until it is revoked. */
  readonly expiresAt: UnixSeconds | undefined
}

/** Who sends a request, and how that is known: what a scheme answers. */
export interface Identity<U = User> {
  readonly user: U
  /** The name of the scheme that said so. */
  readonly scheme: string
  /** The claims of the JWT that said so. */
  readonly token?: Claims | undefined
  /** The sign-in that it belongs to. */
  readonly sessionId?: SessionId | undefined
  /** The stored credential that the request carries, such as an API token. */
  readonly credential?: Credential | undefined
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
  /** The ports that a feature has added to the store. @throws AuthError `invalid_config` if the feature is not listed */
  ports<Ports extends object>(extension: StoreExtension<Ports>): Ports
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
  /** The function that made it, if it belongs to a feature: endpoints of that feature are mounted with it. */
  readonly madeBy?: SchemeFactory
}

/** A function that makes schemes, such as `session`. */
export type SchemeFactory = (...options: never[]) => Scheme<unknown>

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
