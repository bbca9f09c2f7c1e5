import '../base/node-version.ts'

import type { Context, MiddlewareHandler } from 'hono'
import { isPromise } from '../base/awaitable.ts'
import { AuthError } from '../base/errors.ts'
import { toResponse } from '../http/fetch-request.ts'
import type { Principal } from '../permissions/permission.ts'
import type { PrincipalUser, Requirement, Watchword } from '../watchword.ts'
import { guardFor, isPreflight, targetBelow } from './guarding.ts'
import { HonoRequest } from './hono-request.ts'

/** What a guard adds to a context: `c.var.auth`, `c.get('auth')`. */
export interface Guarded<U, Right extends string> {
  Variables: { auth: Principal<U, Right> }
}

/** Puts a check in front of the handlers behind it: `guard()` or `guard(need)`. */
export type Guard<U, Right extends string> = <
  const N extends Requirement<U, Right> = Default,
>(
  requirement?: N,
) => MiddlewareHandler<Guarded<PrincipalUser<N, U>, Right>>

/** Where nothing is said of what a route asks for. */
interface Default {
  readonly schemes?: undefined
}

/** What `mount` needs of an application, of whatever environment. */
interface App {
  all(
    path: string,
    handler: (c: Context, next: () => Promise<void>) => Promise<Response | undefined>,
  ): unknown
}

/**
 * Puts an instance's endpoints into an application, or into one that is mounted in another: then they are below its prefix. A
 * preflight of CORS is left to whoever answers those.
 */
export function mount<U, Right extends string>(
  app: App,
  auth: Watchword<U, Right>,
): Guard<U, Right> {
  for (const path of auth.paths) {
    const answer = async (
      c: Context,
      next: () => Promise<void>,
    ): Promise<Response | undefined> => {
      const url = targetBelow(new HonoRequest(c).url, path)
      const request = new HonoRequest(c, url)
      const reply =
        url === undefined || isPreflight(request) ? undefined : await auth.answer(request)
      if (reply === undefined) return void (await next())
      return toResponse(reply, request.method)
    }
    app.all(path, answer)
    app.all(`${path}/`, answer)
  }
  return guardOf(auth)
}

/** The guard alone, where the endpoints are served elsewhere. */
export function guardOf<U, Right extends string>(
  auth: Watchword<U, Right>,
): Guard<U, Right> {
  const guard = (
    ...needs: readonly Requirement<U, Right>[]
  ): MiddlewareHandler<Guarded<unknown, Right>> => {
    if ((needs as readonly unknown[]).length > 1) {
      throw new AuthError(
        'invalid_config',
        'A guard asks for one thing: put several into allOf(…).',
      )
    }
    const guard = needs.length === 0 ? auth.guard() : guardFor(auth, needs[0]!)
    return async (c, next) => {
      try {
        const who = guard(new HonoRequest(c))
        c.set('auth', isPromise(who) ? await who : who)
      } catch (error) {
        if (error instanceof AuthError) return auth.errorResponse(error)
        throw error
      }
      await next()
      // Hono has answered what a handler threw; of a refusal the answer is ours.
      if (c.error instanceof AuthError) c.res = auth.errorResponse(c.error)
      return undefined
    }
  }
  return guard as Guard<U, Right>
}
