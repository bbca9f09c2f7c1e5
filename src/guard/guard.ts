import {
  type Authentication,
  challengesOf,
  firstIdentity,
  type Identity,
} from '../authentication/scheme.ts'
import { type Awaitable, isPromise } from '../base/awaitable.ts'
import { AuthError } from '../base/errors.ts'
import type { AuthRequest } from '../http/request.ts'
import type { Decision } from '../permissions/decision.ts'
import { denialError } from '../permissions/denial-error.ts'
import {
  type Permission,
  type PermissionContext,
  requiresSignIn,
} from '../permissions/permission.ts'
import { type PrincipalDeps, RequestPrincipal } from '../permissions/request-principal.ts'
import type { Rights } from '../permissions/rights.ts'
import { type Throttle, throttleAll } from '../throttling/throttle.ts'

/** What a route asks for, with the instance's own in the place of what it leaves out. */
export interface GuardParts {
  readonly schemes: readonly Authentication[]
  /** Each must grant; the first no is told with its own sentence. */
  readonly permissions: readonly Permission<unknown, unknown, string>[]
  readonly throttles: readonly Throttle[]
}

export interface GuardDeps {
  readonly rights: Rights
  /** The client's address, behind the proxies that are trusted. */
  readonly addressOf: (request: AuthRequest) => string
  /** Told of every no, where the operator wants to know. */
  readonly onDenied:
    | ((
        error: AuthError,
        request: AuthRequest,
        who: Identity<unknown> | undefined,
      ) => void)
    | undefined
}

/**
 * Lets a request through, in the order of specification 0.4: who sends it, whether they may, whether not too often. Waits for
 * nothing where nothing has to be waited for.
 *
 * @returns who sends it; its user is `undefined` where nobody has signed in and nobody has to
 * @throws AuthError that knows the route's challenges
 */
export function createGuard(
  { schemes, permissions, throttles }: GuardParts,
  deps: GuardDeps,
) {
  const identify = firstIdentity(schemes)
  const challenges = challengesOf(schemes)
  const needsUser = requiresSignIn(permissions)

  const toRouteError: PrincipalDeps['toRouteError'] = (error, request, who) => {
    deps.onDenied?.(error, request, who)
    return error.withChallenges(challenges)
  }
  const bounds: PrincipalDeps = { rights: deps.rights, toRouteError }
  const refuse = (
    error: unknown,
    request: AuthRequest,
    who?: Identity<unknown>,
  ): never => {
    throw error instanceof AuthError ? toRouteError(error, request, who) : error
  }

  /** With no scheme to sign in by, nobody is asked to (specification 6.1). */
  const unlessGranted = (decision: Decision, { identity, request }: Asking): void => {
    if (decision.granted === true) return
    throw denialError(decision, schemes.length === 0 ? NOBODY_COULD : identity, request)
  }
  /** Asks the permissions from this one on. */
  const judge = (ask: Asking, start = 0): Awaitable<void> => {
    for (let i = start; i < permissions.length; i++) {
      const decision = permissions[i]!(ask)
      if (isPromise(decision)) {
        return Promise.resolve(decision).then((known) => {
          unlessGranted(known, ask)
          return judge(ask, i + 1)
        })
      }
      unlessGranted(decision, ask)
    }
    // The mark of a permission is a promise to whoever reads `req.auth.user`; here it is kept.
    if (needsUser && ask.identity === undefined)
      throw new AuthError('not_authenticated', 'a permission let nobody through')
  }
  const count = ({ identity, request }: Asking): Awaitable<void> => {
    if (throttles.length === 0) return undefined
    return throttleAll(
      throttles,
      { userId: userIdOf(identity?.user), address: deps.addressOf(request) },
      request,
    )
  }

  const admit = (
    identity: Identity<unknown> | undefined,
    request: AuthRequest,
  ): Awaitable<RequestPrincipal<unknown>> => {
    if (identity != null && identity.user == null) throw new TypeError(NO_USER)
    const who = new RequestPrincipal(identity ?? ANONYMOUS, bounds, request)
    const ask: Asking = {
      identity: identity == null ? undefined : who,
      request,
      resource: undefined,
    }
    try {
      const judged = judge(ask)
      const counted = isPromise(judged) ? judged.then(() => count(ask)) : count(ask)
      if (!isPromise(counted)) return who
      return counted.then(
        () => who,
        (error) => refuse(error, request, identity),
      )
    } catch (error) {
      return refuse(error, request, identity)
    }
  }

  return (request: AuthRequest): Awaitable<RequestPrincipal<unknown>> => {
    let identity: Awaitable<Identity<unknown> | undefined>
    try {
      identity = identify(request)
    } catch (error) {
      return refuse(error, request)
    }
    if (!isPromise(identity)) return admit(identity, request)
    return Promise.resolve(identity).then(
      (known) => admit(known, request),
      (error) => refuse(error, request),
    )
  }
}

type Asking = PermissionContext<unknown, unknown, string>

export type Guard = ReturnType<typeof createGuard>

const ANONYMOUS: Identity<undefined> = { user: undefined, scheme: 'anonymous' }

const NO_USER =
  'A scheme must answer with undefined, or with { user, scheme } or a Promise of it: it answered with no user.'

/** Stands for whoever asks where there is no way to sign in, so that a permission's own sentence is told. */
const NOBODY_COULD = {}

/** A user's id, of whatever kind a scheme's users are. */
function userIdOf(user: unknown): string | undefined {
  const id = (user as { readonly id?: unknown } | undefined)?.id
  return id === undefined ? undefined : String(id)
}
