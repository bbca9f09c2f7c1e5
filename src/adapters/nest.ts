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
import { isPromise } from '../base/awaitable.ts'
import { AuthError } from '../base/errors.ts'
import { type Internals, internalsOf } from '../instance/internals.ts'
import type { Principal } from '../permissions/permission.ts'
import type { Requirement, Watchword } from '../watchword.ts'
import { mount as mountInExpress } from './express.ts'
import { mount as mountInFastify } from './fastify.ts'
import { answerWith } from './fastify-parts.ts'
import { guardOfArguments } from './guarding.ts'
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
): Guard<U, Right> {
  const adapter = app.getHttpAdapter()
  const framework = adapter.getInstance()
  if (adapter.getType() === 'fastify') mountInFastify(framework, auth)
  else mountInExpress(framework, auth)
  app.useGlobalFilters(new AuthErrorFilter(auth))
  return guardOf(auth)
}

/** The guard alone: controllers are written before the application exists. */
export function guardOf<U, Right extends string>(
  auth: Watchword<U, Right>,
): Guard<U, Right> {
  return (...requirements) => {
    const guard = guardOfArguments<U, Right>(
      auth,
      requirements as readonly Requirement<U, Right>[],
    )
    const activated: CanActivate = {
      canActivate(context) {
        if (isPublic(context, activated)) return true
        const request = requestOf(context)
        const admit = (principal: Principal<unknown, Right>): true => {
          request.auth = principal
          return true
        }
        const principal = guard(
          new NodeRequest(request.raw ?? request, request.originalUrl, request),
        )
        return isPromise(principal) ? principal.then(admit) : admit(principal)
      },
    }
    return activated
  }
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

/** What `@UseGuards` has put on a handler or a controller. */
const guardsOn = (target: object): readonly unknown[] =>
  (metadataOf('__guards__', target) as readonly unknown[] | undefined) ?? []

/** `Reflect.getMetadata` comes from `reflect-metadata`, which Nest requires. */
const metadataOf = (key: string, target: object): unknown =>
  (Reflect as { getMetadata?(key: string, target: object): unknown }).getMetadata?.(
    key,
    target,
  )

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

  catch(error: AuthError, host: ArgumentsHost): void {
    const response = host.switchToHttp().getResponse<ServerResponse | FastifyReply>()
    const reply = this.#replyToError(error)
    if ('raw' in response) answerWith(response, reply)
    else send(response, reply)
  }
}
// Node runs the sources as they are and has no decorators, so this one is applied as a call.
Catch(AuthError)(AuthErrorFilter)

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
