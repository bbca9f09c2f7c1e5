import type { IncomingMessage } from 'node:http'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { Refusal } from '../base/refusal.ts'
import type { AuthReply } from '../base/request.ts'
import type { Principal } from '../permissions/principal.ts'
import type { Need, Watchword, Who } from '../watchword.ts'
import { guarding, letThrough, targetBelow } from './guarding.ts'
import { NodeRequest } from './node.ts'

/** What a guard adds to a request: who sends it is known. */
export interface Guarded<U, Right extends string> {
  auth: Principal<U, Right>
}
export type Handler<App, Request, Reply, Out> = (this: App, request: Request, reply: Reply) => Out

/**
 * Puts a check in front of a handler: `guard(handler)` or `guard(need, handler)`. What the route says of its parameters, its
 * query and its body stays said.
 */
export interface Guard<U, Right extends string> {
  <App = FastifyInstance, Request = FastifyRequest, Reply = FastifyReply, Out = unknown>(
    handler: Handler<App, Request & Guarded<U, Right>, Reply, Out>,
  ): Handler<App, Request, Reply, Out>
  <
    const N extends Need<U, Right>,
    App = FastifyInstance,
    Request = FastifyRequest,
    Reply = FastifyReply,
    Out = unknown,
  >(
    need: N,
    handler: Handler<App, Request & Guarded<Who<N, U>, Right>, Reply, Out>,
  ): Handler<App, Request, Reply, Out>
}

/** The parts of a request and its reply that are looked at here, on whatever server. */
type Asked = Pick<FastifyRequest, 'originalUrl' | 'url'> & { readonly raw: object; auth?: unknown }
type Answering = Pick<FastifyReply, 'sent' | 'callNotFound'> & {
  code(status: number): unknown
  header(name: string, value: unknown): unknown
  send(body: Uint8Array): unknown
}
type Hook = (request: Asked, reply: Answering, done: (error?: Error) => void) => void
type AnyHandler = (this: unknown, request: Asked, reply: Answering) => unknown

/** What `mount` needs of an application, on whatever server and with whatever types. */
interface App {
  readonly prefix: string
  route(route: { method: string[]; url: string; onRequest: Hook; handler: AnyHandler }): unknown
  addHook(name: 'onRoute', hook: (route: { handler: unknown; onRequest?: unknown }) => void): unknown
  hasRequestDecorator(name: string): boolean
  decorateRequest(name: string): unknown
  hasRoute(route: { method: string; url: string }): boolean
  readonly initialConfig: RouterConfig & { readonly routerOptions?: RouterConfig }
}
interface RouterConfig {
  readonly ignoreTrailingSlash?: boolean
}

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']

/**
 * Puts an instance's endpoints into an application, or into a plugin with a prefix: then they are below it. They answer before
 * a body is parsed, and guards check before that too.
 */
export function mount<U, Right extends string>(app: App, auth: Watchword<U, Right>): Guard<U, Right> {
  const { guard, hooked } = guardsOf(auth)
  const { ignoreTrailingSlash, routerOptions } = app.initialConfig
  const isSlashIgnored = routerOptions?.ignoreTrailingSlash === true || ignoreTrailingSlash === true
  for (const path of auth.paths) {
    const onRequest: Hook = (request, reply) => {
      const url = targetBelow(request.url, path)
      const answer = url === undefined ? undefined : auth.answer(new NodeRequest(request.raw as IncomingMessage, url))
      if (answer === undefined) reply.callNotFound()
      else answer.then((told) => answerWith(reply, told))
    }
    for (const url of isSlashIgnored ? [path] : [path, `${path}/`]) {
      if (app.hasRoute({ method: 'POST', url: app.prefix + url })) continue
      app.route({ method: [...METHODS], url, onRequest, handler: () => undefined })
    }
  }
  if (!app.hasRequestDecorator('auth')) app.decorateRequest('auth')
  app.addHook('onRoute', (route) => {
    const parts = hooked.get(route.handler as AnyHandler)
    if (parts === undefined) return
    route.handler = parts.handler
    route.onRequest = [parts.onRequest, route.onRequest ?? []].flat()
  })
  return guard
}

/** The guard alone, where the endpoints are served elsewhere. It checks when the body has been parsed. */
export const guardOf = <U, Right extends string>(auth: Watchword<U, Right>): Guard<U, Right> => guardsOf(auth).guard

/** A guard, and what its handlers can be replaced by where their check can be hooked into their route. */
function guardsOf<U, Right extends string>(auth: Watchword<U, Right>) {
  type Arguments = Parameters<typeof guarding<U, Right, AnyHandler>>[1]
  const hooked = new WeakMap<AnyHandler, { readonly onRequest: Hook; readonly handler: AnyHandler }>()
  const refuse = (error: unknown, reply: Answering): unknown => {
    if (!(error instanceof Refusal) || reply.sent) throw error
    return answerWith(reply, auth.refuse(error))
  }
  const guard = (...told: Arguments): AnyHandler => {
    const { gate, handle } = guarding(auth, told)
    const seen = (request: Asked) => new NodeRequest(request.raw as IncomingMessage, request.originalUrl)
    const guarded: AnyHandler = function (request, reply) {
      const admit = (who: Principal<unknown, Right>): unknown => {
        request.auth = who
        return handle.call(this, request, reply)
      }
      return letThrough(gate, seen(request), admit, (error) => refuse(error, reply))
    }
    hooked.set(guarded, {
      onRequest(request, reply, done) {
        const admit = (who: Principal<unknown, Right>): void => {
          request.auth = who
          done()
        }
        letThrough(gate, seen(request), admit, (error) => {
          if (error instanceof Refusal) answerWith(reply, auth.refuse(error))
          else done(error as Error)
        })
      },
      handler(request, reply) {
        return letThrough(
          () => undefined,
          request,
          () => handle.call(this, request, reply),
          (error) => refuse(error, reply),
        )
      },
    })
    return guarded
  }
  return { guard: guard as unknown as Guard<U, Right>, hooked }
}

/** Sends an answer of ours as a reply of Fastify's, so that its hooks see it. */
export function answerWith(reply: Answering, { status, headers, body }: AuthReply): unknown {
  if (reply.sent) return reply
  reply.code(status)
  const values = Map.groupBy(headers, ([name]) => name)
  for (const [name, told] of values)
    reply.header(name, told.length === 1 ? told[0]?.[1] : told.map(([, value]) => value))
  if (status === 413) reply.header('Connection', 'close')
  // To text Fastify adds a charset, which JSON has not (RFC 8259 §11).
  return reply.send(Buffer.from(body))
}
