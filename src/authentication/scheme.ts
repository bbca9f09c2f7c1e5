import { type Awaitable, isPromise } from '../base/awaitable.ts'
import type { AuthRequest } from '../http/request.ts'
import type { Claims } from '../jwt/index.ts'
import type { Proofs } from '../proofs/proofs.ts'
import type { StoreExtension } from '../stores/extension.ts'
import type { TokenCookies } from '../tokens/token-cookies.ts'
import type { TokenDeps } from '../tokens/token-settings.ts'
import type { Account, User } from '../users/user.ts'
import type { BearerToken } from './bearer-token.ts'
import type { ClientPrincipal } from './client-principal.ts'
import { scopeChallengeOf } from './scope-challenge.ts'
import { type StepUp, stepUpChallengeOf } from './step-up.ts'

/** A credential that the store keeps. It can be revoked by its id. */
export interface Credential {
  readonly id: string
  /** What it is for, as its owner named it. */
  readonly name: string | undefined
  /** Seconds since 1970. */
  readonly createdAt: number
  /** `undefined`: valid until it is revoked. */
  readonly expiresAt: number | undefined
}

/** The authenticated user of a request, and the credentials that prove it: what a scheme returns. */
export interface Identity<U = User> {
  readonly user: U
  /** The scheme's name, such as `bearer`. */
  readonly scheme: string
  /** The claims of the request's JWT, if the scheme reads one. */
  readonly token?: Claims | undefined
  /** The session that the credentials belong to, if there is one. */
  readonly sessionId?: string | undefined
  /** When the user proved who they are, in seconds since 1970, and how (RFC 8176 §2): `fresh` and `amr` of a guard require it. */
  readonly authTime?: number | undefined
  readonly amr?: readonly string[] | undefined
  /** The id of the user who acts as this one (RFC 8693 §1.1), if one does: see `auth.signIn`. */
  readonly actor?: string | undefined
  /** The stored credential that the request carries, such as an API token. */
  readonly credential?: Credential | undefined
  /** The application that the token was issued to; without a user the application comes for itself (RFC 6749 §4.4). */
  readonly client?: ClientPrincipal | undefined
  /** The scopes that the credentials are limited to (RFC 6749 §3.3); `undefined` if they have none. */
  readonly scopes?: readonly string[] | undefined
  /** Of a request that is signed, if the scheme says more of that. */
  readonly signature?: RequestSignature | undefined
}

/** What the signature of a request says besides, and how its answer is signed. */
export interface RequestSignature {
  /** What the client has added, such as `ext`, `app` and `dlg` of Hawk: it is signed, too. */
  readonly parameters: Readonly<Record<string, string>>
  /**
   * Signs an answer to the request. `undefined` unless the scheme signs answers, with a key that fits the client's.
   *
   * @returns the headers to add, such as `Signature`, or `Server-Authorization` of Hawk
   */
  readonly signAnswer?:
    | ((answer: AnswerToSign) => Readonly<Record<string, string>>)
    | undefined
}

/** An answer as it is sent. */
export interface AnswerToSign {
  /** Hawk does not sign it. Default 200. */
  readonly status?: number
  /** What `new Headers()` takes. Of them `Content-Type` is signed. */
  readonly headers?: ConstructorParameters<typeof Headers>[0]
  /** A text is sent in UTF-8. Default: none. */
  readonly body?: string | Uint8Array
  /** What the server adds; for Hawk alone. */
  readonly ext?: string
}

/** A scheme in an open instance. */
export interface Authentication {
  /** For explanations: what its identities have as `scheme`. */
  readonly name?: string | undefined
  /**
   * The scheme's `WWW-Authenticate` on a 401, such as `Bearer realm="api"` (RFC 9110 §11.6.1). If the first scheme of a
   * list has none, the list answers with 403.
   */
  readonly challenge?: string | undefined
  /** The same if a token was refused, such as `Bearer realm="api", error="invalid_token"`. Default: `challenge`. */
  readonly refusedChallenge?: string | undefined
  /**
   * Authenticates a request.
   *
   * @returns `undefined` if the request has no credentials of this scheme: the next scheme is tried
   * @throws AuthError if it has such credentials and they are wrong: no other scheme is tried
   */
  identify(request: AuthRequest): Awaitable<Identity<unknown> | undefined>
  /** The header with the token of a request, for the times in an explanation. */
  tokenIn?(request: AuthRequest): string | undefined
}

/** What an instance passes to its schemes. */
export interface SchemeDeps {
  readonly users: {
    /** Exact and case-sensitive. Cached users are returned without a promise. */
    find(
      field: 'id' | 'username' | 'email' | 'phone',
      value: string,
    ): Awaitable<{ readonly user: User } | undefined>
  }
  /**
   * Checks a password without trimming it. Attempts are throttled, and failures are recorded.
   *
   * @throws AuthError `no_active_account`, `throttled`, `invalid`, `busy`
   */
  checkPassword(
    login: string,
    password: string,
    request: AuthRequest,
  ): Promise<{ readonly user: User }>
  /** Creates a user without a password. @throws AuthError `invalid` if the name is invalid or taken */
  createUser(username: string): Promise<User>
}

/** `SchemeDeps`, and what only the library's own schemes use. */
export interface LibrarySchemeDeps extends TokenDeps, Pick<SchemeDeps, 'createUser'> {
  checkPassword(login: string, password: string, request: AuthRequest): Promise<Account>
  /** The ports that a feature has added to the store. @throws AuthError `invalid_config` if the feature is not listed */
  ports<Ports extends object>(extension: StoreExtension<Ports>): Ports
  /** Values that are accepted once. */
  readonly proofs: Proofs
  /** The public address of the instance, without a slash at its end. */
  readonly url: string | undefined
  /** Keys of a purpose, derived from each secret of the instance, the current one first. @throws AuthError `invalid_config` */
  derivedKeys(purpose: string): readonly Uint8Array[]
  /** Reads the token of an authorization header. @returns `undefined` if it has none @throws AuthError */
  readonly readBearer: (header: string) => Awaitable<BearerToken | undefined>
  /** `tokens.headerTypes`: the accepted words before a token; challenges name the first. */
  readonly headerTypes: readonly string[]
  /** `tokens.headerName`, in lower case. */
  readonly headerName: string
  /** Whether the option `proxies` says that a proxy is in front. */
  readonly behindProxy: boolean
  /** The cookies of tokens; `undefined` unless `tokens.transport` is `cookie`. */
  readonly tokenCookies: TokenCookies | undefined
}

/** How clients send the credentials of a scheme, for OpenAPI. */
export interface SecurityDescription {
  /** Among the security schemes of a document. */
  readonly name: string
  /** A Security Scheme Object (OpenAPI 3.1.0 §4.8.27). */
  readonly scheme: Readonly<Record<string, string>>
  /** Whether requests that change something need a CSRF token, too. */
  readonly csrf?: boolean
}

/** What descriptions of schemes depend on. */
export type SecuritySettings = Pick<
  LibrarySchemeDeps,
  'headerTypes' | 'headerName' | 'behindProxy' | 'tokenCookies'
> & {
  /** Whether there are tokens that are bound to a key (RFC 9449). */
  readonly bindsTokens: boolean
}

/** @returns the ways to send them; none if clients do not */
export type DescribeSecurity = (
  settings: SecuritySettings,
) => readonly SecurityDescription[]

/** A scheme of the library. At run time it receives `LibrarySchemeDeps`. */
export const libraryScheme = <U>(
  create: (deps: LibrarySchemeDeps) => Authentication,
  security: DescribeSecurity,
): Scheme<U> =>
  Object.assign(create as (deps: never) => Authentication as Scheme<U>, { security })

/**
 * An entry of the option `authentication`, such as `bearer()`. It is called once for each instance and guard.
 *
 * @typeParam U the type of the users that it returns
 */
export interface Scheme<U = User> {
  (deps: SchemeDeps): Authentication
  /** Never set: it carries the type of the user. */
  readonly user?: U
  /** The function that made it, if it belongs to a feature: endpoints of that feature are mounted with it. */
  readonly madeBy?: SchemeFactory
  /** If it cannot work without the option `url`: the message that stops the start. */
  readonly needsUrl?: string
  /** For OpenAPI. Without it the scheme is not named in documents. */
  readonly security?: DescribeSecurity
}

/** A function that makes schemes, such as `session`. */
export type SchemeFactory = (...options: never[]) => Scheme<unknown>

/**
 * Tries schemes in turn, as Django REST framework does: the first that returns an identity or throws decides. Returns a
 * promise only if a scheme does.
 */
export function firstIdentity(
  schemes: readonly Authentication[],
): Authentication['identify'] {
  const identifyFrom = (
    index: number,
    request: AuthRequest,
  ): Awaitable<Identity<unknown> | undefined> => {
    const scheme = schemes[index]
    if (scheme === undefined) return undefined
    const identity = identifyWith(scheme, index, request)
    if (!isPromise(identity)) return identity ?? identifyFrom(index + 1, request)
    return Promise.resolve(identity).then(
      (found) => found ?? identifyFrom(index + 1, request),
      (error) => rejectBy(index, error),
    )
  }
  const [only] = schemes
  if (only !== undefined && schemes.length === 1)
    return (request) => only.identify(request)
  return (request) => identifyFrom(0, request)
}

function identifyWith(
  scheme: Authentication,
  index: number,
  request: AuthRequest,
): ReturnType<Authentication['identify']> {
  try {
    return scheme.identify(request)
  } catch (error) {
    return rejectBy(index, error)
  }
}

/** Which scheme of a list has thrown an error, for explanations. */
const REJECTED_BY = new WeakMap<object, number>()

function rejectBy(index: number, error: unknown): never {
  if (typeof error === 'object' && error !== null) REJECTED_BY.set(error, index)
  throw error
}

/** @returns `undefined` if a list with one scheme, or none of its schemes, has thrown it */
export const schemeThatRejected = (error: object): number | undefined =>
  REJECTED_BY.get(error)

/** The challenges of a 401: those of all schemes, or none if the first scheme has none. */
export function challengesOf(schemes: readonly Authentication[]): readonly string[] {
  if (schemes[0]?.challenge === undefined) return []
  return [...new Set(schemes.flatMap(({ challenge }) => challenge ?? []))]
}

/** The same for a token whose sign-in is not enough. */
export const stepUpChallengesOf = (
  schemes: readonly Authentication[],
  stepUp: StepUp,
): readonly string[] =>
  challengesOf(
    schemes.map((scheme) => {
      const { challenge, refusedChallenge, identify } = scheme
      const takesTokens = challenge !== undefined && refusedChallenge !== undefined
      const raised = takesTokens ? stepUpChallengeOf(challenge, stepUp) : challenge
      return { challenge: raised, identify }
    }),
  )

/** The same for a token of an application that lacks a scope (RFC 6750 §3.1). */
export const scopeChallengesOf = (
  schemes: readonly Authentication[],
  scopes: readonly string[],
): readonly string[] =>
  challengesOf(
    schemes
      .filter(({ refusedChallenge }) => refusedChallenge !== undefined)
      .map(({ challenge, identify }) => ({
        ...(challenge !== undefined && {
          challenge: scopeChallengeOf(challenge, scopes),
        }),
        identify,
      })),
  )

/** The same for a token that was refused. */
export const refusedChallengesOf = (
  schemes: readonly Authentication[],
): readonly string[] =>
  challengesOf(
    schemes.map(({ challenge, refusedChallenge = challenge, identify }) => ({
      challenge: refusedChallenge,
      identify,
    })),
  )
