import '../base/node-version.ts'

import type { IncomingMessage, ServerResponse } from 'node:http'
import {
  type ArgumentsHost,
  type CanActivate,
  Catch,
  createParamDecorator,
  type ExecutionContext,
  type INestApplication,
} from '@nestjs/common'
import type { FastifyReply } from 'fastify'
import { isPromise } from '../base/awaitable.ts'
import { AuthError } from '../base/errors.ts'
import type { Principal } from '../permissions/permission.ts'
import type { Requirement, Watchword } from '../watchword.ts'
import { mount as mountInExpress } from './express.ts'
import { mount as mountInFastify } from './fastify.ts'
import { answerWith } from './fastify-parts.ts'
import { guardFor } from './guarding.ts'
import { NodeRequest, send } from './node.ts'

/** For `@UseGuards(guard())`, `@UseGuards(guard('posts.change'))` and `app.useGlobalGuards(guard())`. */
export type Guard<U, Right extends string> = (
  ...requirement: readonly [need?: Requirement<U, Right>]
) => CanActivate

/**
 * Puts an instance's endpoints in front of a Nest application, whatever its global prefix, and has answered what is refused.
 * To be called before `listen` and `init`, and after `enableCors`, to which preflights are left.
 */
export function mount<U, Right extends string>(
  app: INestApplication,
  auth: Watchword<U, Right>,
): Guard<U, Right> {
  const adapter = app.getHttpAdapter()
  const below = adapter.getInstance()
  if (adapter.getType() === 'fastify') mountInFastify(below, auth)
  else mountInExpress(below, auth)
  app.useGlobalFilters(new AuthErrorFilter(auth))
  return guardOf(auth)
}

/** The guard alone: controllers are written before there is an application. */
export function guardOf<U, Right extends string>(
  auth: Watchword<U, Right>,
): Guard<U, Right> {
  return (...needs) => {
    if ((needs as readonly unknown[]).length > 1) {
      throw new AuthError(
        'invalid_config',
        'A guard asks for one thing: put several into allOf(…).',
      )
    }
    const guard = needs.length === 0 ? auth.guard() : guardFor(auth, needs[0]!)
    return {
      canActivate(context) {
        const request = requestOf(context)
        const admit = (who: Principal<unknown, Right>): true => {
          request.auth = who
          return true
        }
        const who = guard(
          new NodeRequest(request.raw ?? request, request.originalUrl, request),
        )
        return isPromise(who) ? who.then(admit) : admit(who)
      },
    }
  }
}

/** The user behind a guard: `hello(@CurrentUser() user: User)`. */
export const CurrentUser = createParamDecorator(
  (_: unknown, context) => principalOf(context).user,
)

/** All that is known of who asks, and what they may: `change(@Auth() auth: Principal)`. */
export const Auth = createParamDecorator((_: unknown, context) => principalOf(context))

/** Answers what guards and handlers refuse; exceptions of Nest stay Nest's. */
export class AuthErrorFilter {
  readonly #auth: Pick<Watchword, 'replyToError'>

  constructor(auth: Pick<Watchword, 'replyToError'>) {
    this.#auth = auth
  }

  catch(error: AuthError, host: ArgumentsHost): void {
    const response = host.switchToHttp().getResponse<ServerResponse | FastifyReply>()
    const reply = this.#auth.replyToError(error)
    if ('raw' in response) answerWith(response, reply)
    else send(response, reply)
  }
}
// Node runs the sources as they are, and knows no decorators.
Catch(AuthError)(AuthErrorFilter)

interface Asked extends IncomingMessage {
  /** Fastify wraps what Express extends. */
  readonly raw?: IncomingMessage
  readonly originalUrl?: string
  auth?: Principal<unknown, never>
  readonly body?: unknown
}

function requestOf(context: ExecutionContext): Asked {
  if (context.getType() !== 'http')
    throw new Error(`watchword guards HTTP, and this is ${context.getType()}`)
  return context.switchToHttp().getRequest<Asked>()
}

function principalOf(context: ExecutionContext): Principal<unknown, never> {
  const { auth } = requestOf(context)
  // An annotation says that the user is there: without a guard that would be a lie.
  if (auth === undefined)
    throw new Error(
      `no guard stands before ${context.getClass().name}.${context.getHandler().name}`,
    )
  return auth
}
