import '../base/node-version.ts'

import type { Context, MiddlewareHandler } from 'hono'
import { type Awaitable, isPromise } from '../base/awaitable.ts'
import { AuthError } from '../base/errors.ts'
import { toResponse } from '../http/fetch-request.ts'
import { isPreflight } from '../http/preflight.ts'
import { internalsOf } from '../instance/internals.ts'
import type { Principal } from '../permissions/permission.ts'
import type { PrincipalUser, Requirement, Watchword } from '../watchword.ts'
import { guardOfArguments, targetBelow } from './guarding.ts'
import { HonoRequest } from './hono-request.ts'

/** What a guard adds to a context: `c.var.auth`, `c.get('auth')`. */
export interface GuardedEnv<U, Right extends string> {
  Variables: { auth: Principal<U, Right> }
}

/** Guards the handlers after it: `guard()` or `guard(requirement)`. */
export type Guard<U, Right extends string> = <
  const N extends Requirement<U, Right> = Default,
>(
  requirement?: N,
) => MiddlewareHandler<GuardedEnv<PrincipalUser<N, U>, Right>>

/** The instance's default requirement. */
interface Default {
  readonly schemes?: undefined
}

/** What `mount` uses of an application. */
interface App {
  all(
    path: string,
    handler: (c: Context, next: () => Promise<void>) => Promise<Response | undefined>,
  ): unknown
}

/** Serves an instance's endpoints in an application, or below the prefix of one that is mounted in another. CORS preflights pass through. */
export function mount<U, Right extends string>(
  app: App,
  auth: Watchword<U, Right>,
): Guard<U, Right> {
  const { paths, answer } = internalsOf(auth)
  for (const path of paths) {
    const answerOrPass = async (
      c: Context,
      next: () => Promise<void>,
    ): Promise<Response | undefined> => {
      const url = targetBelow(new HonoRequest(c).url, path, c.req.routePath)
      const request = new HonoRequest(c, url)
      const reply =
        url === undefined || isPreflight(request) ? undefined : await answer(request)
      if (reply === undefined) return void (await next())
      return toResponse(reply, request.method)
    }
    app.all(path, answerOrPass)
    app.all(`${path}/`, answerOrPass)
  }
  return guardOf(auth)
}

/** The guard alone, for an application that does not serve the endpoints. */
export function guardOf<U, Right extends string>(
  auth: Watchword<U, Right>,
): Guard<U, Right> {
  const { replyToError } = internalsOf(auth)
  const guard = (
    ...requirements: readonly Requirement<U, Right>[]
  ): MiddlewareHandler<GuardedEnv<unknown, Right>> => {
    const guard = guardOfArguments(auth, requirements)
    const deny = (error: unknown): Response => {
      if (error instanceof AuthError) return toResponse(replyToError(error))
      throw error
    }
    // Not async: Hono awaits the result, and an async function between would cost as much as the guard.
    return (c, next) => {
      const admit = (principal: Principal<unknown, Right>): Promise<void> => {
        c.set('auth', principal)
        return next().then(() => {
          // Hono has answered the error of a handler; an AuthError has an answer of its own.
          if (c.error instanceof AuthError) c.res = toResponse(replyToError(c.error))
        })
      }
      let principal: Awaitable<Principal<unknown, Right>>
      try {
        principal = guard(new HonoRequest(c))
      } catch (error) {
        return Promise.resolve(deny(error))
      }
      return isPromise(principal) ? principal.then(admit, deny) : admit(principal)
    }
  }
  return guard as Guard<U, Right>
}
