import { type Awaitable, isPromise } from '../base/awaitable.ts'
import { AuthError, configError } from '../base/errors.ts'
import { hasDotSegments, originForm } from '../base/request-target.ts'
import type { Captured } from '../guard/rendering.ts'
import type { Requirement } from '../guard/requirement.ts'
import type {
  KnownRoute,
  Rendering,
  RouteInfo,
  RouteMethod,
} from '../guard/route-info.ts'
import { toResponse } from '../http/fetch-request.ts'
import { matchPath } from '../http/path-pattern.ts'
import { pathOf } from '../http/query.ts'
import type { AuthReply, AuthRequest } from '../http/request.ts'
import { withoutLastSlash } from '../http/router.ts'
import { type Internals, internalsOf } from '../instance/internals.ts'
import { type Principal, requiresSignIn } from '../permissions/permission.ts'
import type { Watchword } from '../watchword.ts'
import { captureResponse } from './capture-response.ts'

/** A guarded route: its guard, and the handler for the requests that it admits. */
export interface GuardedRoute<Handler, Right extends string> {
  readonly guard: (request: AuthRequest) => Awaitable<Principal<unknown, Right>>
  readonly handle: Handler
  readonly route: RouteInfo
}

/** The options of `mount` and `guardOf`. */
export interface GuardOptions {
  /**
   * Whether browsers are shown pages about the guarded routes, with the option `browsableApi`; a route may say otherwise.
   *
   * @default false
   */
  readonly browsable?: boolean | 'rendered'
}

/** Reads the arguments of `guard(handler)` and `guard(requirement, handler)`. @throws AuthError `invalid_config` */
export function guardFactory<U, Right extends string, Handler>(
  auth: Watchword<U, Right>,
  args:
    | readonly [requirement: Requirement<U, Right>, handler: Handler]
    | readonly [handler: Handler],
  { browsable }: GuardOptions = {},
): GuardedRoute<Handler, Right> {
  const handle = args.at(-1)
  const isHandler = typeof handle === 'function' && !requiresSignIn(handle)
  if (!isHandler || args.length > 2) {
    throw configError(
      'guard(…) must be called with a handler, or with a requirement and a handler: write guard(handler) or guard("posts.change", handler).',
    )
  }
  const [requirement] = args as readonly [Requirement<U, Right>]
  const { guard: create, route } = internalsOf<U, Right>(auth)
  const parts = { handle: handle as Handler }
  // The only argument is the handler.
  if (args.length === 1)
    return { ...parts, guard: create(), route: route(undefined, browsable) }
  const guard = guardFor(create, requirement)
  return { ...parts, guard, route: route(requirement, browsable) }
}

/** The principal of a navigation, if the page shows the answer of the handler; `undefined`: the page is sent without one. */
export async function renderedFor<
  P extends { readonly scheme: string; readonly user: unknown },
>(
  guard: (request: AuthRequest) => Awaitable<P>,
  request: AuthRequest,
  rendering: Rendering,
): Promise<P | undefined> {
  try {
    const principal = await guard(request)
    if (!rendering.accepts(principal)) return undefined
    return principal
  } catch (error) {
    if (error instanceof AuthError) return undefined
    throw error
  }
}

/** The page in place of an answer, with the cookies that the answer set. */
export async function renderedResponse(
  response: Response,
  pageWith: (captured: Captured) => Promise<AuthReply>,
): Promise<Response> {
  const cookies = response.headers.getSetCookie()
  const captured = await captureResponse(response)
  if (captured instanceof Response) return captured
  const page = toResponse(await pageWith(captured))
  for (const cookie of cookies) page.headers.append('Set-Cookie', cookie)
  return page
}

const ROUTES = new WeakMap<object, RouteInfo>()

/** Marks a handler that a guard has made, so that the routers of frameworks show which routes are guarded. */
export function markRoute<Handler extends object>(
  handler: Handler,
  route: RouteInfo,
): Handler {
  ROUTES.set(handler, route)
  return handler
}

/** @returns `undefined` if no guard has made the handler */
export function routeOf(handler: unknown): RouteInfo | undefined {
  if (typeof handler === 'function' || typeof handler === 'object')
    return ROUTES.get(handler as object)
  return undefined
}

/** Lists a route that its adapter cannot see, if its description says where it is. */
export function listDeclared(auth: object, route: RouteInfo): void {
  const { path, methods = ['GET'] } = route.options.describe ?? {}
  if (path === undefined) return
  const known = methods.map((method) => ({ method: method.toUpperCase(), path, route }))
  internalsOf(auth).routes.add(() => known)
}

/** What routes of all methods stand for. */
const ALL = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE']

/** @param method as frameworks write it: in lower case, `ALL`, or `undefined` for all */
export const methodsNamed = (method: string | undefined): readonly string[] => {
  const name = method?.toUpperCase() ?? 'ALL'
  if (name === 'ALL') return ALL
  return [name]
}

/** Those of a path. */
export const methodsAt = (
  path: string,
  routes: readonly KnownRoute[],
): readonly RouteMethod[] =>
  routes.filter((each) => each.path === path && !DERIVED.includes(each.method))

const DERIVED = ['HEAD', 'OPTIONS']

/** A response that caches must not give to a browser that wants the page. */
export function varied(response: Response): Response {
  try {
    response.headers.append('Vary', 'Accept')
    return response
  } catch {
    // The headers of responses that `fetch` has returned cannot be changed.
    const copy = new Response(response.body, response)
    copy.headers.append('Vary', 'Accept')
    return copy
  }
}

/** The guard of at most one requirement. @throws AuthError `invalid_config` */
export function guardOfArguments<U, Right extends string>(
  auth: Watchword<U, Right>,
  requirements: readonly Requirement<U, Right>[],
  { browsable }: GuardOptions = {},
): Omit<GuardedRoute<never, Right>, 'handle'> {
  if (requirements.length > 1) {
    throw configError(
      'guard(…) takes one requirement: combine permissions with allOf(…), as in guard(allOf(has("a"), has("b"))).',
    )
  }
  const { guard: create, route } = internalsOf<U, Right>(auth)
  const [requirement] = requirements
  const guard =
    requirements.length === 0
      ? create()
      : guardFor(create, requirement as Requirement<U, Right>)
  return { guard, route: route(requirement, browsable) }
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
