import '../base/node-version.ts'

import type { IRouter, NextFunction, Request, RequestHandler, Response } from 'express'
import { AuthError } from '../base/errors.ts'
import { originForm } from '../base/request-target.ts'
import { isPreflight } from '../http/preflight.ts'
import { internalsOf } from '../instance/internals.ts'
import type { Permission, Principal, SignedIn } from '../permissions/permission.ts'
import type { PrincipalUser, Requirement, Watchword } from '../watchword.ts'
import { browsed } from './browse-node.ts'
import { expressFacts, expressRoutes } from './express-routes.ts'
import { type GuardOptions, guardFactory, markRoute, runGuard } from './guarding.ts'
import { NodeRequest, send } from './node-request.ts'

type Params = Record<string, string>

/** A request inside a guarded handler. `P` are its path parameters. */
export type GuardedRequest<U, Right extends string, P = Params> = Request<P> & {
  auth: Principal<U, Right>
}
export type GuardedHandler<U, Right extends string, P = Params> = (
  req: GuardedRequest<U, Right, P>,
  res: Response,
  next: NextFunction,
) => unknown

/**
 * Guards a handler: `guard(handler)` or `guard(requirement, handler)`. Express cannot infer the path parameters of a wrapped
 * handler: `guard<{ id: string }>(handler)` names them.
 */
export interface Guard<U, Right extends string> {
  <P = Params>(handler: GuardedHandler<U, Right, P>): RequestHandler<P>
  <const N extends Requirement<U, Right>, P = Params>(
    requirement: N,
    handler: GuardedHandler<PrincipalUser<N, U>, Right, P>,
  ): RequestHandler<P>
  <P>(
    requirement: Right | (Permission<unknown, U, Right> & SignedIn),
    handler: GuardedHandler<U, Right, P>,
  ): RequestHandler<P>
}

/** Serves an instance's endpoints in an application, or below the prefix of a router. CORS preflights pass through. */
export function mount<U, Right extends string>(
  app: Pick<IRouter, 'use'>,
  auth: Watchword<U, Right>,
  options: GuardOptions = {},
): Guard<U, Right> {
  const { owns, answer, browses, routes } = internalsOf(auth)
  const mounted = { prefix: '' }
  routes.add(() => expressRoutes(app, mounted.prefix))
  app.use((req, res, next) => {
    if (browses) mounted.prefix = req.baseUrl
    if (!owns(originForm(req.url))) return next()
    const request = new NodeRequest(req)
    if (isPreflight(request)) return next()
    answer(request)?.then((reply) => send(res, reply))
  })
  return guardBelow(auth, options, mounted)
}

/** The guard alone, for an application that does not serve the endpoints. */
export const guardOf = <U, Right extends string>(
  auth: Watchword<U, Right>,
  options: GuardOptions = {},
): Guard<U, Right> => guardBelow(auth, options, { prefix: '' })

/** @param mounted the prefix of the endpoints, as the latest request has shown it */
function guardBelow<U, Right extends string>(
  auth: Watchword<U, Right>,
  options: GuardOptions,
  mounted: { readonly prefix: string },
): Guard<U, Right> {
  type Arguments = Parameters<
    typeof guardFactory<U, Right, GuardedHandler<unknown, Right>>
  >[1]
  const { replyToError } = internalsOf(auth)
  const guard = (...args: Arguments): RequestHandler<Params> => {
    const { guard, handle, route } = guardFactory(auth, args, options)
    const guarded: RequestHandler<Params> = (req, res, next) => {
      const request = new NodeRequest(req, req.originalUrl)
      const admit = (principal: Principal<unknown, Right>): unknown => {
        const guarded = req as GuardedRequest<unknown, Right>
        guarded.auth = principal
        return handle(guarded, res, next)
      }
      const onError = (error: unknown): void => {
        if (error instanceof AuthError && !res.headersSent) send(res, replyToError(error))
        else next(error)
      }
      if (route.browse === undefined) return runGuard(guard, request, admit, onError)
      const shown = browsed(route, {
        guard,
        request,
        response: res,
        facts: () => expressFacts(req, guarded, mounted.prefix),
        send: (reply) => send(res, reply),
        proceed: admit,
      })
      if (shown !== undefined) return shown.catch(onError)
      res.vary('Accept')
      return runGuard(guard, request, admit, onError)
    }
    return markRoute(guarded, route)
  }
  return guard as Guard<U, Right>
}
