import {
  type Authentication,
  challengesOf,
  firstIdentity,
  type Identity,
  refusedChallengesOf,
  scopeChallengesOf,
  stepUpChallengesOf,
} from '../authentication/scheme.ts'
import { type Awaitable, isPromise } from '../base/awaitable.ts'
import { AuthError, isRefusedToken } from '../base/errors.ts'
import type { AuthRequest } from '../http/request.ts'
import { type Decision, granted } from '../permissions/decision.ts'
import { causedBy, denialError } from '../permissions/denial-error.ts'
import type { NamedScopes } from '../permissions/named-scopes.ts'
import {
  type Permission,
  type PermissionContext,
  requiresSignIn,
} from '../permissions/permission.ts'
import { type PrincipalDeps, RequestPrincipal } from '../permissions/request-principal.ts'
import type { Rights } from '../permissions/rights.ts'
import { isAboutProof, isBound } from '../proofs/binding.ts'
import { asDpopChallenge } from '../proofs/proof-algorithms.ts'
import type { SessionId } from '../sessions/session.ts'
import { type Throttle, throttleAll } from '../throttling/throttle.ts'
import type { StepUpCheck } from './step-up.ts'

/** A route's requirement, completed with the instance's defaults. */
export interface GuardParts {
  readonly schemes: readonly Authentication[]
  /** All must grant; the first that denies decides the response. */
  readonly permissions: readonly AnyPermission[]
  readonly throttles: readonly Throttle[]
  /** What the permissions say of tokens of applications. */
  readonly scopes: NamedScopes
  /** Whether applications without a user are admitted. */
  readonly clients: boolean
  /** `undefined` if the route requires nothing of the sign-in. */
  readonly stepUp: StepUpCheck | undefined
  /** Called with the session of each request that has one. */
  readonly useSession: ((id: SessionId) => void) | undefined
}

export interface GuardDeps {
  readonly rights: Rights
  /** The client's address, behind the trusted proxies. */
  readonly addressOf: (request: AuthRequest) => string
  /** Called for each request that is denied; `undefined` unless the option `explain` is on. */
  readonly onDenied: DeniedHook | undefined
  /** Explains refusals to requests that ask for it; `undefined` unless the option `browsableApi` is on. */
  readonly explain?: Explainer | undefined
}

/** What a guard knows of a request that it refuses. */
export interface Refusal {
  readonly error: AuthError
  readonly request: AuthRequest
  readonly identity: Identity<unknown> | undefined
  readonly principal: RequestPrincipal<unknown> | undefined
  readonly parts: GuardParts
}

/** @param answered the error that is answered: it gets the explanation, if the request asks and may see it */
export type Explainer = (answered: AuthError, refusal: Refusal) => void

export type DeniedHook = (
  error: AuthError,
  request: AuthRequest,
  identity: Identity<unknown> | undefined,
) => void

/**
 * Authenticates a request, authorizes it, and counts it, in this order. Returns a promise only if a part is asynchronous.
 *
 * @returns the principal; its user is `undefined` if the request is anonymous and the permissions grant that
 * @throws AuthError with the challenges of the route's schemes
 */
export type Guard = (request: AuthRequest) => Awaitable<RequestPrincipal<unknown>>

export function createGuard(parts: GuardParts, deps: GuardDeps): Guard {
  const guard = new RouteGuard(parts, deps)
  return (request) => guard.check(request)
}

class RouteGuard {
  readonly #parts: GuardParts
  readonly #throttles: readonly Throttle[]
  readonly #deps: GuardDeps
  readonly #useSession: GuardParts['useSession']
  readonly #stepUp: StepUpCheck | undefined
  readonly #stepUpChallenges: readonly string[]
  readonly #identify: ReturnType<typeof firstIdentity>
  readonly #challenges: readonly string[]
  readonly #refusedChallenges: readonly string[]
  readonly #scopeChallenges: readonly string[]
  readonly #authorize: (context: AnyContext) => Awaitable<void>
  readonly #principalDeps: PrincipalDeps

  constructor(parts: GuardParts, deps: GuardDeps) {
    const { schemes, permissions, throttles, useSession, stepUp } = parts
    this.#parts = parts
    this.#throttles = throttles
    this.#deps = deps
    this.#useSession = useSession
    this.#stepUp = stepUp
    this.#stepUpChallenges = stepUp ? stepUpChallengesOf(schemes, stepUp.required) : []
    this.#identify = firstIdentity(schemes)
    this.#challenges = challengesOf(schemes)
    this.#refusedChallenges = refusedChallengesOf(schemes)
    this.#scopeChallenges = scopeChallengesOf(schemes, parts.scopes.scopes)
    this.#authorize = createAuthorizer(permissions, schemes.length > 0)
    this.#principalDeps = {
      rights: deps.rights,
      toRouteError: (error, request, identity) =>
        this.#toRouteError(error, request, identity),
    }
  }

  check(request: AuthRequest): Awaitable<RequestPrincipal<unknown>> {
    const identity = this.#identity(request)
    if (!isPromise(identity)) return this.#admit(checkedIdentity(identity), request)
    return identity.then((found) => this.#admit(checkedIdentity(found), request))
  }

  // `catchError` and `andThen` would read better; their closures cost more than the rest of a synchronous check.
  #identity(request: AuthRequest): Awaitable<Identity<unknown> | undefined> {
    try {
      const identity = this.#identify(request)
      if (!isPromise(identity)) return identity
      return Promise.resolve(identity).catch((error) =>
        this.#fail(error, request, undefined),
      )
    } catch (error) {
      return this.#fail(error, request, undefined)
    }
  }

  #admit(
    identity: Identity<unknown> | undefined,
    request: AuthRequest,
  ): Awaitable<RequestPrincipal<unknown>> {
    const principal = new RequestPrincipal(
      identity ?? ANONYMOUS,
      this.#principalDeps,
      request,
    )
    const sessionId = principal.sessionId
    if (typeof sessionId === 'string') this.#useSession?.(sessionId as SessionId)
    const context = { identity: identity && principal, request, resource: undefined }
    try {
      const admitted = this.#require(context, identity)
      if (admitted === undefined || !isPromise(admitted)) return principal
      return admitted.then(
        () => principal,
        (error) => this.#fail(error, request, identity),
      )
    } catch (error) {
      return this.#fail(error, request, identity)
    }
  }

  #require(
    context: AnyContext,
    identity: Identity<unknown> | undefined,
  ): Awaitable<void> {
    if (identity?.client !== undefined) requireForApplications(identity, this.#parts)
    const authorized = this.#authorize(context)
    if (this.#stepUp !== undefined)
      return this.#requireSignIn(this.#stepUp, authorized, context, identity)
    if (isPromise(authorized)) return authorized.then(() => this.#count(context))
    return this.#count(context)
  }

  /** Last: no user must sign in again for what is denied anyway. */
  async #requireSignIn(
    stepUp: StepUpCheck,
    authorized: Awaitable<void>,
    context: AnyContext,
    identity: Identity<unknown> | undefined,
  ): Promise<void> {
    await authorized
    await stepUp.require(identity)
    await this.#count(context)
  }

  #count({ identity, request }: AnyContext): Awaitable<void> {
    if (this.#throttles.length === 0) return
    const address = this.#deps.addressOf(request)
    const subject = { userId: userIdOf(identity), address }
    return throttleAll(this.#throttles, subject, request)
  }

  #fail(
    error: unknown,
    request: AuthRequest,
    identity: Identity<unknown> | undefined,
  ): never {
    if (error instanceof AuthError) throw this.#toRouteError(error, request, identity)
    throw error
  }

  #toRouteError(
    error: AuthError,
    request: AuthRequest,
    identity: Identity<unknown> | undefined,
  ): AuthError {
    this.#deps.onDenied?.(error, request, identity)
    const answered = error.withChallenges(this.#challengesFor(error, identity))
    const { explain } = this.#deps
    if (explain === undefined) return answered
    const principal =
      identity && new RequestPrincipal(identity, this.#principalDeps, request)
    explain(answered, { error, request, identity, principal, parts: this.#parts })
    return answered
  }

  #challengesFor(
    error: AuthError,
    identity: Identity<unknown> | undefined,
  ): readonly string[] {
    if (isAboutProof(error)) return error.challenges ?? []
    const { challenges } = error
    // A scheme may say more of its own token, unless the route answers with 403 because its first scheme has none.
    if (challenges !== undefined && this.#challenges.length > 0) return challenges
    const bound = identity && this.#boundChallenges(error, identity)
    if (bound !== undefined) return bound
    if (error.code === 'insufficient_user_authentication') return this.#stepUpChallenges
    if (error.code === 'insufficient_scope') return this.#scopeChallenges
    if (isRefusedToken(error)) return this.#refusedChallenges
    return this.#challenges
  }

  /** What a token that is bound to a key lacks, in the challenge of its scheme (RFC 9449 §7.1). @returns `undefined` for others */
  #boundChallenges(
    { code }: AuthError,
    { scheme, token = {} }: Identity<unknown>,
  ): readonly string[] | undefined {
    if (!isBound(token)) return undefined
    const { schemes, scopes, stepUp } = this.#parts
    const own = schemes.filter(({ name }) => name === scheme)
    if (code === 'insufficient_scope')
      return scopeChallengesOf(own, scopes.scopes).map(asDpopChallenge)
    if (code !== 'insufficient_user_authentication' || stepUp === undefined)
      return undefined
    return stepUpChallengesOf(own, stepUp.required).map(asDpopChallenge)
  }
}

/** Applies the permissions in turn; throws at the first that denies. */
function createAuthorizer(
  permissions: readonly AnyPermission[],
  canSignIn: boolean,
): (context: AnyContext) => Awaitable<void> {
  const needsUser = requiresSignIn(permissions)

  const authorize = (context: AnyContext, index = 0): Awaitable<void> => {
    const permission = permissions[index]
    if (permission === undefined && needsUser) return requireUser(context)
    if (permission === undefined) return undefined
    const decision = permission(context)
    // Most grant, and `isPromise` sees so many shapes that V8 looks each up.
    if (decision === granted) return authorize(context, index + 1)
    if (isPromise(decision)) return authorizeLater(permission, decision, context, index)
    requireGranted(permission, decision, context, canSignIn)
    return authorize(context, index + 1)
  }
  const authorizeLater = async (
    permission: AnyPermission,
    decision: Promise<Decision>,
    context: AnyContext,
    index: number,
  ): Promise<void> => {
    requireGranted(permission, await decision, context, canSignIn)
    return authorize(context, index + 1)
  }
  return authorize
}

function requireGranted(
  permission: AnyPermission,
  decision: Decision,
  context: AnyContext,
  canSignIn: boolean,
): void {
  if (decision.granted === true) return
  // If no scheme could authenticate the client, it gets a 403 with the permission's own text, not a 401.
  const identity = canSignIn ? context.identity : UNAUTHENTICATABLE
  const error = denialError(decision, identity, context.request)
  throw causedBy({ permission, decision }, error)
}

/**
 * A token that a user has given to an application opens only what is meant for applications: routes whose guard names a scope.
 *
 * @throws AuthError `insufficient_scope`; `permission_denied` if the application has no user and the route needs one
 */
function requireForApplications(
  { user, client }: Identity<unknown>,
  { scopes, clients }: Pick<GuardParts, 'scopes' | 'clients'>,
): void {
  if (!scopes.isLimited)
    throw new AuthError(
      'insufficient_scope',
      `the guard names no scope, so the application ${client?.id} may not use the route`,
    )
  if (user !== undefined || clients) return
  throw new AuthError(
    'permission_denied',
    `the application ${client?.id} has no user, and the guard lacks clients: true`,
    { detail: 'An application without a user cannot do this.' },
  )
}

/** Handlers rely on the `signedIn` mark: the type of `req.auth.user` follows from it. */
function requireUser({ identity }: AnyContext): void {
  if (identity !== undefined) return
  throw new AuthError('not_authenticated', 'a permission granted an anonymous request')
}

type AnyPermission = Permission<unknown, unknown, string>
type AnyContext = PermissionContext<unknown, unknown, string>

const ANONYMOUS: Identity<undefined> = { user: undefined, scheme: 'anonymous' }
const UNAUTHENTICATABLE = {}

/** A scheme written in JavaScript may return anything. */
function checkedIdentity(
  identity: Identity<unknown> | null | undefined,
): Identity<unknown> | undefined {
  if (identity == null) return undefined
  if (identity.user == null && identity.client === undefined) throw new TypeError(NO_USER)
  return identity
}

const NO_USER =
  'A scheme returned an identity without a user. Return undefined if the request has no credentials, else { user, scheme }.'

/** The users of a custom scheme may have ids of any type, or none. */
function userIdOf(identity: Identity<unknown> | undefined): string | undefined {
  const user = identity?.user as { readonly id?: unknown } | undefined
  const id = user?.id ?? identity?.client?.id
  if (id === undefined) return undefined
  return String(id)
}
