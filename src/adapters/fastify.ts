import '../base/node-version.ts'

import type {
  FastifyBaseLogger,
  FastifyInstance,
  FastifyTypeProvider,
  RawReplyDefaultExpression,
  RawRequestDefaultExpression,
  RawServerBase,
} from 'fastify'
import { type Awaitable, isPromise } from '../base/awaitable.ts'
import { AuthError } from '../base/errors.ts'
import type { Principal } from '../permissions/permission.ts'
import type { Watchword } from '../watchword.ts'
import type { Guard } from './fastify-guard.ts'
import {
  type Answering,
  type Asked,
  answerWith,
  type Handle,
  type Hook,
  ignoresLastSlash,
  messageOf,
} from './fastify-parts.ts'
import { guardFactory, runGuard, targetBelow } from './guarding.ts'
import { NodeRequest } from './node.ts'

export type { Guard, Guarded } from './fastify-guard.ts'

/**
 * Puts an instance's endpoints into an application, or into a plugin with a prefix: then they are below it. They answer, and
 * guards of routes that are added after this check, before a body is read.
 */
export function mount<
  U,
  Right extends string,
  Server extends RawServerBase,
  Types extends FastifyTypeProvider,
  Logger extends FastifyBaseLogger,
>(
  app: FastifyInstance<
    Server,
    RawRequestDefaultExpression<Server>,
    RawReplyDefaultExpression<Server>,
    Logger,
    Types
  >,
  auth: Watchword<U, Right>,
): Guard<U, Right, Server, Types, Logger> {
  for (const path of auth.paths) {
    const onRequest: Hook = (request, reply) => {
      const url = targetBelow(request.url, path)
      const answer =
        url === undefined
          ? undefined
          : auth.answer(new NodeRequest(messageOf(request), url))
      if (answer === undefined) reply.callNotFound()
      else answer.then((told) => answerWith(reply, told))
    }
    for (const url of ignoresLastSlash(app.initialConfig) ? [path] : [path, `${path}/`]) {
      app.route({ method: [...METHODS], url, onRequest, handler: () => undefined })
    }
  }
  const { guard, checks } = guardsOf(auth)
  for (const name of ['auth', ADMITTED])
    if (!app.hasRequestDecorator(name)) app.decorateRequest(name)
  app.addHook('onRoute', (route) => {
    const check = checks.get(route.handler as Handle)
    if (check === undefined) return
    route.handler = check.handler
    route.onRequest = [check.onRequest, route.onRequest ?? []].flat()
  })
  return guard as unknown as Guard<U, Right, Server, Types, Logger>
}

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']

/** The guard alone, where the endpoints are served elsewhere. It checks when the body has been parsed. */
export const guardOf = <U, Right extends string>(
  auth: Watchword<U, Right>,
): Guard<U, Right> => guardsOf(auth).guard as unknown as Guard<U, Right>

/**
 * Whom the hook of a guard has let through, on the request: a handler that is registered elsewhere without its hook checks by
 * itself. A map from requests would cost the garbage collector more than the check costs.
 */
const ADMITTED = Symbol('admitted')
interface Admitted {
  [ADMITTED]?: { readonly by: object; readonly who: unknown } | undefined
}

/** A guard, and for each of its handlers the two that do the same where the check can be a hook of the route. */
function guardsOf<U, Right extends string>(auth: Watchword<U, Right>) {
  type Arguments = Parameters<typeof guardFactory<U, Right, Handle>>[1]
  type Known = Principal<unknown, Right>
  const checks = new WeakMap<
    Handle,
    { readonly onRequest: Hook; readonly handler: Handle }
  >()
  const guard = (...told: Arguments): Handle => {
    const { guard, handle } = guardFactory(auth, told)
    const check = (request: Asked): Awaitable<Known> =>
      guard(new NodeRequest(messageOf(request), request.originalUrl, request))
    const onRequest: Hook = (request, reply, done) => {
      const admit = (who: Known): void => {
        ;(request as Admitted)[ADMITTED] = { by: check, who }
        request.auth = who
        done()
      }
      runGuard(check, request, admit, (error) => {
        if (error instanceof AuthError) answerWith(reply, auth.replyToError(error))
        else done(error as Error)
      })
    }
    const answered = (error: unknown, reply: Answering): unknown => {
      if (!(error instanceof AuthError) || reply.sent) throw error
      return answerWith(reply, auth.replyToError(error))
    }
    const handler: Handle = function (request, reply) {
      const admit = (who: Known): unknown => {
        request.auth = who
        return handle.call(this, request, reply)
      }
      return runGuard(check, request, admit, (error) => answered(error, reply))
    }
    const handlerAfterHook: Handle = function (request, reply) {
      const admission = (request as Admitted)[ADMITTED]
      if (admission?.by !== check) return handler.call(this, request, reply)
      request.auth = admission.who
      try {
        const done = handle.call(this, request, reply)
        return isPromise(done)
          ? done.then(undefined, (error) => answered(error, reply))
          : done
      } catch (error) {
        return answered(error, reply)
      }
    }
    checks.set(handler, { onRequest, handler: handlerAfterHook })
    return handler
  }
  return { guard, checks }
}
