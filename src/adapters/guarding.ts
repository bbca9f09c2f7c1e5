import { type Awaitable, isPromise } from '../base/awaitable.ts'
import { AuthError } from '../base/errors.ts'
import type { AuthRequest } from '../http/request.ts'
import type { Principal } from '../permissions/permission.ts'
import type { Requirement, Watchword } from '../watchword.ts'

/** What a guard holds of its route: whom it lets through, and what comes then. */
export interface GuardFactory<Handler, Right extends string> {
  readonly guard: (request: AuthRequest) => Awaitable<Principal<unknown, Right>>
  readonly handle: Handler
}

/** Takes the arguments of `guard(handler)` and `guard(need, handler)` apart. @throws AuthError `invalid_config` */
export function guardFactory<U, Right extends string, Handler>(
  auth: Pick<Watchword<U, Right>, 'guard'>,
  told:
    | readonly [need: Requirement<U, Right>, handler: Handler]
    | readonly [handler: Handler],
): GuardFactory<Handler, Right> {
  const handle = told.at(-1)
  if (typeof handle !== 'function' || told.length > 2) {
    throw new AuthError(
      'invalid_config',
      'A guard takes a handler, and before it what the route asks for.',
    )
  }
  return {
    guard:
      told.length === 1 ? auth.guard() : guardFor(auth, told[0] as Requirement<U, Right>),
    handle: handle as Handler,
  }
}

/**
 * The gate of a need that was given: one that is not there, as a misspelt name of JavaScript's is not, would be the instance's.
 *
 * @throws AuthError `invalid_config`
 */
export function guardFor<U, Right extends string>(
  auth: Pick<Watchword<U, Right>, 'guard'>,
  requirement: Requirement<U, Right>,
): (request: AuthRequest) => Awaitable<Principal<unknown, Right>> {
  if (requirement == null)
    throw new AuthError(
      'invalid_config',
      `A guard cannot ask for ${requirement}: leave it out for the instance's.`,
    )
  return auth.guard(requirement)
}

/**
 * Lets a request through to `handle`, and waits for nothing where nothing has to be waited for. What is thrown, before or by
 * `handle`, now or later, goes to `refuse`.
 */
export function runGuard<Asked, Who, Result, Other>(
  guard: (request: Asked) => Awaitable<Who>,
  request: Asked,
  handle: (who: Who) => Result,
  refuse: (error: unknown) => Other,
): Result | Other | Promise<Awaited<Result> | Awaited<Other>> {
  try {
    const who = guard(request)
    const done = isPromise(who) ? who.then(handle) : handle(who)
    return isPromise(done)
      ? (done.then(undefined, refuse) as Promise<Awaited<Result> | Awaited<Other>>)
      : done
  } catch (error) {
    return refuse(error)
  }
}

/** A browser asks whether a page may ask (Fetch §3.3.5): for whoever answers such questions in an application. */
export const isPreflight = (request: Pick<AuthRequest, 'method' | 'header'>): boolean =>
  request.method === 'OPTIONS' &&
  request.header('origin') !== undefined &&
  request.header('access-control-request-method') !== undefined

/**
 * What the house is asked where its endpoints are mounted below a prefix: a path of its own, and the query.
 *
 * @returns `undefined` where the path was sent in another spelling, which a framework reads as this one (rule D9)
 */
export function targetBelow(url: string, path: string): string | undefined {
  const end = url.indexOf('?')
  const sent = end === -1 ? url : url.slice(0, end)
  return sent.endsWith(path) || sent.endsWith(`${path}/`)
    ? path + url.slice(sent.length)
    : undefined
}
