import { type Awaitable, isPromise } from '../base/awaitable.ts'
import { configError } from '../base/errors.ts'
import { hasDotSegments, originForm } from '../base/request-target.ts'
import type { Requirement } from '../guard/requirement.ts'
import { matchPath } from '../http/path-pattern.ts'
import { pathOf } from '../http/query.ts'
import type { AuthRequest } from '../http/request.ts'
import { withoutLastSlash } from '../http/router.ts'
import { type Internals, internalsOf } from '../instance/internals.ts'
import { type Principal, requiresSignIn } from '../permissions/permission.ts'
import type { Watchword } from '../watchword.ts'

/** A guarded route: its guard, and the handler for the requests that it admits. */
export interface GuardedRoute<Handler, Right extends string> {
  readonly guard: (request: AuthRequest) => Awaitable<Principal<unknown, Right>>
  readonly handle: Handler
}

/** Reads the arguments of `guard(handler)` and `guard(requirement, handler)`. @throws AuthError `invalid_config` */
export function guardFactory<U, Right extends string, Handler>(
  auth: Watchword<U, Right>,
  args:
    | readonly [requirement: Requirement<U, Right>, handler: Handler]
    | readonly [handler: Handler],
): GuardedRoute<Handler, Right> {
  const handle = args.at(-1)
  const isHandler = typeof handle === 'function' && !requiresSignIn(handle)
  if (!isHandler || args.length > 2) {
    throw configError(
      'guard(…) must be called with a handler, or with a requirement and a handler: write guard(handler) or guard("posts.change", handler).',
    )
  }
  const [requirement] = args as readonly [Requirement<U, Right>]
  const { guard: create } = internalsOf<U, Right>(auth)
  const guard = args.length === 1 ? create() : guardFor(create, requirement)
  return { guard, handle: handle as Handler }
}

/** The guard of at most one requirement. @throws AuthError `invalid_config` */
export function guardOfArguments<U, Right extends string>(
  auth: Watchword<U, Right>,
  requirements: readonly Requirement<U, Right>[],
): GuardedRoute<never, Right>['guard'] {
  if (requirements.length > 1) {
    throw configError(
      'guard(…) takes one requirement: combine permissions with allOf(…), as in guard(allOf(has("a"), has("b"))).',
    )
  }
  const { guard: create } = internalsOf<U, Right>(auth)
  if (requirements.length === 0) return create()
  return guardFor(create, requirements[0] as Requirement<U, Right>)
}

/**
 * The guard of a requirement that was given. `undefined` is rejected: it comes from a misspelt name, and must not mean the
 * instance's default.
 *
 * @throws AuthError `invalid_config`
 */
function guardFor<U, Right extends string>(
  create: Internals<U, Right>['guard'],
  requirement: Requirement<U, Right>,
): GuardedRoute<never, Right>['guard'] {
  if (requirement == null) {
    throw configError(
      `The requirement of guard(…) is ${requirement}: check its name, or leave it out for the instance's default.`,
    )
  }
  return create(requirement)
}

/**
 * Runs the guard, and `handle` with the principal that it admits. Returns a promise only if one of them does.
 *
 * @param onError receives what the guard or `handle` throws, synchronously or later
 */
export function runGuard<Request, Principal, Result, Fallback>(
  guard: (request: Request) => Awaitable<Principal>,
  request: Request,
  handle: (principal: Principal) => Result,
  onError: (error: unknown) => Fallback,
): Result | Fallback | Promise<Awaited<Result> | Awaited<Fallback>> {
  try {
    const principal = guard(request)
    const done = isPromise(principal) ? principal.then(handle) : handle(principal)
    if (!isPromise(done)) return done
    return done.then(undefined, onError) as Promise<Awaited<Result> | Awaited<Fallback>>
  } catch (error) {
    return onError(error)
  }
}

/**
 * The request target below the prefix that an instance's endpoints are mounted at: an endpoint's path, and the query.
 *
 * @param path one of the instance's
 * @param pattern of the framework's route: the path below a prefix; not compared if it has a wildcard or an optional segment
 * @returns `undefined` if the client sent another spelling that a framework reads as this path or prefix (rule D9)
 */
export function targetBelow(
  url: string,
  path: string,
  pattern = path,
): string | undefined {
  const whole = originForm(url)
  const sent = pathOf(whole)
  const isComparable = !/[*?]/.test(pattern)
  if (!endsAs(isComparable ? withoutLastSlash(pattern) : path, sent)) return undefined
  if (hasDotSegments(sent)) return undefined
  return lastSegments(path, sent) + whole.slice(sent.length)
}

const endsAs = (pattern: string, sent: string): boolean =>
  matchPath(pattern, lastSegments(pattern, sent)) !== undefined

/** The end of a path that has as many segments as a pattern. */
function lastSegments(pattern: string, sent: string): string {
  const length = pattern.split('/').length - 1
  return `/${withoutLastSlash(sent).split('/').slice(-length).join('/')}`
}
