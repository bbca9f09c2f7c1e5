import '../base/node-version.ts'

import type { Context, MiddlewareHandler } from 'hono'
import { type Awaitable, isPromise } from '../base/awaitable.ts'
import { AuthError } from '../base/errors.ts'
import { toResponse } from '../http/fetch-request.ts'
import { isPreflight } from '../http/preflight.ts'
import { internalsOf } from '../instance/internals.ts'
import type { Principal } from '../permissions/permission.ts'
import type { PrincipalUser, Requirement, Watchword } from '../watchword.ts'
import {
  type GuardOptions,
  guardOfArguments,
  markRoute,
  renderedFor,
  renderedResponse,
  targetBelow,
  varied,
} from './guarding.ts'
import { HonoRequest } from './hono-request.ts'
import { honoFacts, honoRoutes } from './hono-routes.ts'

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
  options: GuardOptions = {},
): Guard<U, Right> {
  const { paths, answer, routes } = internalsOf(auth)
  routes.add(() => honoRoutes(app))
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
  return guardIn(app, auth, options)
}

type Middleware<Right extends string> = MiddlewareHandler<GuardedEnv<unknown, Right>>

/** The guard alone, for an application that does not serve the endpoints. */
export const guardOf = <U, Right extends string>(
  auth: Watchword<U, Right>,
  options: GuardOptions = {},
): Guard<U, Right> => guardIn(undefined, auth, options)

/** @param app whose routes are known */
function guardIn<U, Right extends string>(
  app: App | undefined,
  auth: Watchword<U, Right>,
  options: GuardOptions,
): Guard<U, Right> {
  const { replyToError } = internalsOf(auth)
  const guard = (
    ...requirements: readonly Requirement<U, Right>[]
  ): MiddlewareHandler<GuardedEnv<unknown, Right>> => {
    const { guard, route } = guardOfArguments(auth, requirements, options)
    const { browse, rendering } = route
    const deny = (error: unknown): Response => {
      if (error instanceof AuthError) return toResponse(replyToError(error))
      throw error
    }
    // Not async: Hono awaits the result, and an async function between would cost as much as the guard.
    const checking: Middleware<Right> = (c, next) => {
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
      if (isPromise(principal)) return principal.then(admit, deny)
      return admit(principal)
    }
    if (browse === undefined) return markRoute(checking, route)
    const browsable: Middleware<Right> = async (c, next) => {
      const request = new HonoRequest(c)
      const facts = () => honoFacts(c, browsable, app)
      if (rendering?.wants(request)) {
        const principal = await renderedFor(guard, request, rendering)
        if (principal !== undefined) {
          c.set('auth', principal)
          await next()
          const answered = c.res
          // Else Hono would put the headers of the answer over those of the page.
          c.res = undefined
          c.res = await renderedResponse(answered, (each) =>
            rendering.page(request, facts, each),
          )
          return undefined
        }
      }
      const shown = browse(request, facts)
      if (shown !== undefined) return toResponse(await shown, request.method)
      const denied = await checking(c, next)
      if (denied instanceof Response) return varied(denied)
      c.header('Vary', 'Accept', { append: true })
      return undefined
    }
    return markRoute(browsable, route)
  }
  return guard as Guard<U, Right>
}
