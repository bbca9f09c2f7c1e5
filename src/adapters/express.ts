import '../base/node-version.ts'

import type { IRouter, NextFunction, Request, RequestHandler, Response } from 'express'
import { AuthError } from '../base/errors.ts'
import type { Principal, SignedIn } from '../permissions/permission.ts'
import type { PrincipalUser, Requirement, Watchword } from '../watchword.ts'
import { guardFactory, isPreflight, runGuard } from './guarding.ts'
import { NodeRequest, send } from './node.ts'

type Params = Record<string, string>

/** A request behind a guard: who sends it is known. `P` are its path parameters. */
export type Guarded<U, Right extends string, P = Params> = Request<P> & {
  auth: Principal<U, Right>
}
export type GuardedHandler<U, Right extends string, P = Params> = (
  req: Guarded<U, Right, P>,
  res: Response,
  next: NextFunction,
) => unknown

/**
 * Puts a check in front of a handler: `guard(handler)` or `guard(need, handler)`. Express cannot tell a handler that is
 * wrapped the names of its path parameters: `guard<{ id: string }>(handler)` does.
 */
export interface Guard<U, Right extends string> {
  <P = Params>(handler: GuardedHandler<U, Right, P>): RequestHandler<P>
  <const N extends Requirement<U, Right>, P = Params>(
    requirement: N,
    handler: GuardedHandler<PrincipalUser<N, U>, Right, P>,
  ): RequestHandler<P>
  <P>(
    need: Right | (Requirement<U, Right> & SignedIn),
    handler: GuardedHandler<U, Right, P>,
  ): RequestHandler<P>
}

/**
 * Puts an instance's endpoints into an application, or into a router: then they are below its prefix. A preflight of CORS is
 * left to whoever answers those.
 */
export function mount<U, Right extends string>(
  app: Pick<IRouter, 'use'>,
  auth: Watchword<U, Right>,
): Guard<U, Right> {
  app.use((req, res, next) => {
    if (!auth.owns(req.url)) return next()
    const asked = new NodeRequest(req)
    if (isPreflight(asked)) return next()
    auth.answer(asked)?.then((reply) => send(res, reply))
  })
  return guardOf(auth)
}

/** The guard alone, where the endpoints are served elsewhere. */
export function guardOf<U, Right extends string>(
  auth: Watchword<U, Right>,
): Guard<U, Right> {
  type Arguments = Parameters<
    typeof guardFactory<U, Right, GuardedHandler<unknown, Right>>
  >[1]
  const guard = (...told: Arguments): RequestHandler<Params> => {
    const { guard, handle } = guardFactory(auth, told)
    return (req, res, next) => {
      const admit = (who: Principal<unknown, Right>): unknown => {
        const guarded = req as Guarded<unknown, Right>
        guarded.auth = who
        return handle(guarded, res, next)
      }
      return runGuard(guard, new NodeRequest(req, req.originalUrl), admit, (error) => {
        if (error instanceof AuthError && !res.headersSent)
          send(res, auth.replyToError(error))
        else next(error)
      })
    }
  }
  return guard as Guard<U, Right>
}
