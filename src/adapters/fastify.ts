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
import type { DescribedSchema } from '../guard/route-description.ts'
import type { KnownRoute, RouteFacts, RouteInfo } from '../guard/route-info.ts'
import { type Internals, internalsOf } from '../instance/internals.ts'
import type { Principal } from '../permissions/permission.ts'
import type { Watchword } from '../watchword.ts'
import { type Browsed, browsed } from './browse-node.ts'
import type { Guard } from './fastify-guard.ts'
import {
  answerWith,
  type Handle,
  type Hook,
  ignoresLastSlash,
  type ReplyParts,
  type RequestParts,
  rawRequestOf,
  rawResponseOf,
} from './fastify-parts.ts'
import {
  type GuardOptions,
  guardFactory,
  methodsAt,
  methodsNamed,
  runGuard,
  targetBelow,
} from './guarding.ts'
import { NodeRequest } from './node-request.ts'

export type { Guard, Handler, WithAuth } from './fastify-guard.ts'

/**
 * Serves an instance's endpoints in an application, or below the prefix of a plugin. Guards of routes that are added
 * afterwards check before the body is read.
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
  options: GuardOptions = {},
): Guard<U, Right, Server, Types, Logger> {
  const { paths, answer, routes: table } = internalsOf(auth)
  for (const path of paths) {
    const onRequest = endpointHook(answer, path)
    for (const url of ignoresLastSlash(app.initialConfig) ? [path] : [path, `${path}/`])
      app.route({ method: [...METHODS], url, onRequest, handler: () => undefined })
  }
  const known: KnownRoute[] = []
  table.add(() => known)
  const prefix = app.prefix
  const { guard, routes } = guardsOf(auth, options, { known, prefix })
  for (const name of ['auth', ADMITTED])
    if (!app.hasRequestDecorator(name)) app.decorateRequest(name)
  app.addHook('onRoute', (route) => {
    const guarded = routes.get(route.handler as Handle)
    if (guarded === undefined) return
    known.push(...knownRoutes(route, guarded.route))
    route.handler = guarded.handler
    route.onRequest = [guarded.onRequest, route.onRequest ?? []].flat()
  })
  return guard as unknown as Guard<U, Right, Server, Types, Logger>
}

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']

interface AddedRoute {
  readonly method: string | readonly string[]
  readonly url: string
  readonly schema?: unknown
}

/** A route as it was added: its own schema describes it, unless the guard does. */
function knownRoutes(
  { method, url, schema }: AddedRoute,
  route: RouteInfo,
): readonly KnownRoute[] {
  const { body, querystring } = (schema ?? {}) as FastifySchemas
  const describe = {
    ...(body !== undefined && { body }),
    ...(querystring !== undefined && { query: querystring }),
    ...route.options.describe,
  }
  const described = { ...route, options: { ...route.options, describe } }
  return [method]
    .flat()
    .flatMap(methodsNamed)
    .map((each) => ({ method: each, path: url, route: described }))
}

interface FastifySchemas {
  readonly body?: DescribedSchema
  readonly querystring?: DescribedSchema
}

/** The routes that were added after `mount`, and the prefix of the plugin. */
interface Added {
  readonly known: readonly KnownRoute[]
  readonly prefix: string
}

function factsOf({ routeOptions }: RequestParts, { known, prefix }: Added): RouteFacts {
  const { url } = routeOptions
  if (url === undefined || known.length === 0) return { prefix }
  return { pattern: url, methods: methodsAt(url, known), prefix, others: known }
}

const endpointHook =
  (answer: Internals['answer'], path: string): Hook =>
  (request, reply) => {
    const url = targetBelow(request.url, path, request.routeOptions.url)
    const answering = url && answer(new NodeRequest(rawRequestOf(request), url))
    if (!answering) reply.callNotFound()
    else answering.then((answered) => answerWith(reply, answered))
  }

/** The guard alone, for an application that does not serve the endpoints. It checks after the body has been parsed. */
export const guardOf = <U, Right extends string>(
  auth: Watchword<U, Right>,
  options: GuardOptions = {},
): Guard<U, Right> =>
  guardsOf(auth, options, { known: [], prefix: '' }).guard as unknown as Guard<U, Right>

/** What a route gets for a guarded handler: the guard as a hook, which runs before the body is read, and the handler after it. */
interface GuardedRouteOptions {
  readonly onRequest: Hook
  readonly handler: Handle
  readonly route: RouteInfo
}

/** @returns the guard, and the route options for each handler that it has made */
function guardsOf<U, Right extends string>(
  auth: Watchword<U, Right>,
  options: GuardOptions,
  added: Added,
) {
  type Arguments = Parameters<typeof guardFactory<U, Right, Handle>>[1]
  const routes = new WeakMap<Handle, GuardedRouteOptions>()
  const { replyToError } = internalsOf(auth)
  const guard = (...args: Arguments): Handle => {
    const { guard, handle, route } = guardFactory(auth, args, options)
    const check: Check = (request) =>
      guard(new NodeRequest(rawRequestOf(request), request.originalUrl, request))
    const onError = errorHandler(replyToError)
    const show = showing(route, guard, added)
    const handler = checkingHandler(check, handle, onError, show)
    routes.set(handler, {
      onRequest: checkingHook(check, replyToError, show),
      handler: handlerBehindHook(check, handle, handler, onError),
      route,
    })
    return handler
  }
  return { guard, routes }
}

/** Sends the page about a route, or its description, if the request asks for one. */
type Show = (
  request: RequestParts,
  reply: ReplyParts,
  proceed: (principal: never) => unknown,
) => Promise<unknown> | undefined

/** @returns `undefined` if the route is not browsable */
function showing(
  route: RouteInfo,
  guard: Browsed<Principal<unknown, never>>['guard'],
  added: Added,
): Show | undefined {
  if (route.browse === undefined) return undefined
  return (request, reply, proceed) => {
    const shown = browsed(route, {
      guard,
      request: new NodeRequest(rawRequestOf(request), request.originalUrl, request),
      response: rawResponseOf(reply),
      facts: () => factsOf(request, added),
      send: (answered) => answerWith(reply, answered),
      proceed: (principal) => proceed(principal as never),
    })
    if (shown === undefined) reply.header('Vary', variedBy(reply.getHeader('Vary')))
    return shown
  }
}

function variedBy(before: unknown): string {
  if (before === undefined) return 'Accept'
  return `${[before].flat().join(', ')}, Accept`
}

/** @returns the principal */
type Check = (request: RequestParts) => Awaitable<unknown>
type OnError = (error: unknown, reply: ReplyParts) => unknown
type ReplyToError = Internals['replyToError']

/** Answers an `AuthError`; other errors are thrown, so that Fastify answers them. */
const errorHandler =
  (replyToError: ReplyToError): OnError =>
  (error, reply) => {
    if (!(error instanceof AuthError) || reply.sent) throw error
    return answerWith(reply, replyToError(error))
  }

/**
 * Marks a request that the hook of its route has checked. A handler whose route has no hook must check by itself. A `WeakMap` of
 * requests would cost the garbage collector more than the check itself.
 */
const ADMITTED = Symbol('admitted')
interface Admitted {
  [ADMITTED]?: { readonly by: Check; readonly principal: unknown } | undefined
}

const checkingHook =
  (check: Check, replyToError: ReplyToError, show: Show | undefined): Hook =>
  (request, reply, done) => {
    const admit = (principal: unknown): void => {
      ;(request as Admitted)[ADMITTED] = { by: check, principal }
      request.auth = principal
      done()
    }
    const onError = (error: unknown): void => {
      if (error instanceof AuthError) answerWith(reply, replyToError(error))
      else done(error as Error)
    }
    const shown = show?.(request, reply, admit)
    if (shown !== undefined) return void shown.catch(onError)
    runGuard(check, request, admit, onError)
  }

const checkingHandler = (
  check: Check,
  handle: Handle,
  onError: OnError,
  show: Show | undefined,
): Handle =>
  function (request, reply) {
    const admit = (principal: unknown): unknown => {
      request.auth = principal
      return handle.call(this, request, reply)
    }
    const shown = show?.(request, reply, admit)
    if (shown !== undefined) return shown.catch((error) => onError(error, reply))
    return runGuard(check, request, admit, (error) => onError(error, reply))
  }

/** @param fallback for requests that the hook has not checked */
const handlerBehindHook = (
  check: Check,
  handle: Handle,
  fallback: Handle,
  onError: OnError,
): Handle =>
  function (request, reply) {
    const admission = (request as Admitted)[ADMITTED]
    if (admission?.by !== check) return fallback.call(this, request, reply)
    request.auth = admission.principal
    try {
      const result = handle.call(this, request, reply)
      if (!isPromise(result)) return result
      return result.then(undefined, (error) => onError(error, reply))
    } catch (error) {
      return onError(error, reply)
    }
  }
