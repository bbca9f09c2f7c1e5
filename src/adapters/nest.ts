import '../base/node-version.ts'

import type { IncomingMessage, ServerResponse } from 'node:http'
import {
  type ArgumentsHost,
  type CanActivate,
  Catch,
  createParamDecorator,
  type ExecutionContext,
  type INestApplication,
  SetMetadata,
} from '@nestjs/common'
import type { FastifyReply } from 'fastify'
import { type Awaitable, isPromise } from '../base/awaitable.ts'
import { AuthError } from '../base/errors.ts'
import type { RouteInfo } from '../guard/route-info.ts'
import type { AuthReply, AuthRequest } from '../http/request.ts'
import { type Internals, internalsOf } from '../instance/internals.ts'
import type { Principal } from '../permissions/permission.ts'
import type { Requirement, Watchword } from '../watchword.ts'
import { browsed } from './browse-node.ts'
import { mount as mountInExpress } from './express.ts'
import { mount as mountInFastify } from './fastify.ts'
import { answerWith } from './fastify-parts.ts'
import { type GuardOptions, guardOfArguments, markRoute } from './guarding.ts'
import { guardsOn, metadataOf, nestFacts, nestRoutes } from './nest-routes.ts'
import { NodeRequest, send } from './node-request.ts'

/** Makes the argument of Nest's decorators: `@UseGuards(guard())`, `@UseGuards(guard('posts.change'))` and `app.useGlobalGuards(guard())`. */
export type Guard<U, Right extends string> = (
  ...requirement: readonly [requirement?: Requirement<U, Right>]
) => CanActivate

/**
 * Serves an instance's endpoints in a Nest application, without its global prefix, and answers each `AuthError`. Call it
 * after `enableCors`, which answers preflights, and before `init` and `listen`.
 */
export function mount<U, Right extends string>(
  app: INestApplication,
  auth: Watchword<U, Right>,
  options: GuardOptions = {},
): Guard<U, Right> {
  const adapter = app.getHttpAdapter()
  const framework = adapter.getInstance()
  if (adapter.getType() === 'fastify') mountInFastify(framework, auth)
  else mountInExpress(framework, auth)
  app.useGlobalFilters(new AuthErrorFilter(auth))
  internalsOf(auth).routes.add(() => nestRoutes(app))
  return guardOf(auth, options)
}

/** The guard alone: controllers are written before the application exists. */
export function guardOf<U, Right extends string>(
  auth: Watchword<U, Right>,
  options: GuardOptions = {},
): Guard<U, Right> {
  return (...requirements) => {
    const { guard, route } = guardOfArguments<U, Right>(
      auth,
      requirements as readonly Requirement<U, Right>[],
      options,
    )
    const activated: CanActivate = {
      canActivate(context) {
        if (isPublic(context, activated)) return true
        const request = requestOf(context)
        const admit = (principal: Principal<unknown, Right>): true => {
          request.auth = principal
          return true
        }
        const seen = new NodeRequest(request.raw ?? request, request.originalUrl, request)
        const shown = shownTo(context, activated, route, { guard, request: seen, admit })
        if (shown !== undefined) return shown
        const principal = guard(seen)
        if (isPromise(principal)) return principal.then(admit)
        return admit(principal)
      },
    }
    return markRoute(activated, route)
  }
}

/** Thrown in place of running a handler: `AuthErrorFilter` sends the page about the route. */
class Shown extends Error {
  readonly reply: AuthReply

  constructor(reply: AuthReply) {
    super(
      'The page about a route is sent in place of its answer: mount(app, auth) answers it.',
    )
    this.reply = reply
  }
}

interface Activation<Right extends string> {
  readonly guard: (request: AuthRequest) => Awaitable<Principal<unknown, Right>>
  readonly request: AuthRequest
  readonly admit: (principal: Principal<unknown, Right>) => true
}

/** @returns `undefined` if the guard decides; else a promise that is rejected with the page, or true if the answer is captured */
function shownTo<Right extends string>(
  context: ExecutionContext,
  activated: CanActivate,
  route: RouteInfo,
  { guard, request, admit }: Activation<Right>,
): Promise<boolean> | undefined {
  if (route.browse === undefined) return undefined
  const response = context.switchToHttp().getResponse<VaryingResponse>()
  const shown = browsed(route, {
    guard,
    request,
    response: response.raw ?? (response as unknown as ServerResponse),
    facts: () => nestFacts(context, activated),
    send(reply) {
      throw new Shown(reply)
    },
    proceed: admit,
  })
  if (shown !== undefined) return shown as Promise<boolean>
  const before = response.getHeader('Vary')
  response.header('Vary', [before ?? [], 'Accept'].flat().join(', '))
  return undefined
}

/** Both frameworks have these methods. */
interface VaryingResponse {
  /** Node's response: Fastify wraps it, Express extends it. */
  readonly raw?: ServerResponse
  getHeader(name: string): string | string[] | undefined
  header(name: string, value: string): unknown
}

const PUBLIC = 'watchword:public'

/**
 * Skips the guards above a handler, or above all handlers of a controller: global ones, for a handler also its controller's.
 * A guard beside it or below it still applies.
 */
export const Public = (): ClassDecorator & MethodDecorator => SetMetadata(PUBLIC, true)

function isPublic(context: ExecutionContext, guard: CanActivate): boolean {
  const handler = context.getHandler()
  const controller = context.getClass()
  if (guardsOn(handler).includes(guard)) return false
  if (metadataOf(PUBLIC, handler) === true) return true
  return metadataOf(PUBLIC, controller) === true && !guardsOn(controller).includes(guard)
}

/** The user of a guarded handler: `hello(@CurrentUser() user: User)`. */
export const CurrentUser = createParamDecorator(
  (_: unknown, context) => principalOf(context).user,
)

/** The principal of a guarded handler: `change(@Auth() auth: Principal)`. */
export const Auth = createParamDecorator((_: unknown, context) => principalOf(context))

/** Answers each `AuthError` of guards and handlers; Nest answers its own exceptions. */
export class AuthErrorFilter {
  readonly #replyToError: Internals['replyToError']

  constructor(auth: Pick<Watchword, 'handler'>) {
    this.#replyToError = internalsOf(auth).replyToError
  }

  catch(error: AuthError | Shown, host: ArgumentsHost): void {
    const response = host.switchToHttp().getResponse<ServerResponse | FastifyReply>()
    const reply = error instanceof Shown ? error.reply : this.#replyToError(error)
    if ('raw' in response) answerWith(response, reply)
    else send(response, reply)
  }
}
// Node runs the sources as they are and has no decorators, so this one is applied as a call.
Catch(AuthError, Shown)(AuthErrorFilter)

interface GuardedRequest extends IncomingMessage {
  /** Node's request: Fastify wraps it, Express extends it. */
  readonly raw?: IncomingMessage
  readonly originalUrl?: string
  auth?: Principal<unknown, never>
  readonly body?: unknown
}

function requestOf(context: ExecutionContext): GuardedRequest {
  if (context.getType() !== 'http')
    throw new Error(
      `watchword guards HTTP requests only, and this context is "${context.getType()}".`,
    )
  return context.switchToHttp().getRequest<GuardedRequest>()
}

function principalOf(context: ExecutionContext): Principal<unknown, never> {
  const { auth } = requestOf(context)
  if (auth === undefined)
    throw new Error(
      `${context.getClass().name}.${context.getHandler().name} has no guard: put @UseGuards(guard()) on it.`,
    )
  return auth
}
