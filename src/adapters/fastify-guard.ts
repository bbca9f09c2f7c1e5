import type {
  ContextConfigDefault,
  FastifyBaseLogger,
  FastifyInstance,
  FastifyReply,
  FastifyRequest,
  FastifySchema,
  FastifyTypeProvider,
  FastifyTypeProviderDefault,
  RawReplyDefaultExpression,
  RawRequestDefaultExpression,
  RawServerBase,
  RawServerDefault,
  RouteGenericInterface,
} from 'fastify'
import type { Principal } from '../permissions/permission.ts'
import type { PrincipalUser, Requirement } from '../watchword.ts'

/** What a guard adds to a request: who sends it is known. */
export interface Guarded<U, Right extends string> {
  auth: Principal<U, Right>
}

/**
 * Puts a check in front of a handler: `guard(handler)` or `guard(need, handler)`. What the application and the route say of
 * parameters, queries and bodies stays said, as types of the route or through a schema.
 */
export interface Guard<
  U,
  Right extends string,
  Server extends RawServerBase = RawServerDefault,
  Types extends FastifyTypeProvider = FastifyTypeProviderDefault,
  Logger extends FastifyBaseLogger = FastifyBaseLogger,
> {
  <
    Route extends RouteGenericInterface = RouteGenericInterface,
    Config = ContextConfigDefault,
    Schema extends FastifySchema = FastifySchema,
    Out = unknown,
  >(
    handler: Handler<
      Server,
      Types,
      Logger,
      Route,
      Config,
      Schema,
      Guarded<U, Right>,
      Out
    >,
  ): Handler<Server, Types, Logger, Route, Config, Schema, unknown, Out>
  <
    const N extends Requirement<U, Right>,
    Route extends RouteGenericInterface = RouteGenericInterface,
    Config = ContextConfigDefault,
    Schema extends FastifySchema = FastifySchema,
    Out = unknown,
  >(
    requirement: N,
    handler: Handler<
      Server,
      Types,
      Logger,
      Route,
      Config,
      Schema,
      Guarded<PrincipalUser<N, U>, Right>,
      Out
    >,
  ): Handler<Server, Types, Logger, Route, Config, Schema, unknown, Out>
}

/** A handler of Fastify's, whose request has `More`. */
export type Handler<
  Server extends RawServerBase,
  Types extends FastifyTypeProvider,
  Logger extends FastifyBaseLogger,
  Route extends RouteGenericInterface,
  Config,
  Schema extends FastifySchema,
  More,
  Out,
> = (
  this: FastifyInstance<Server, Raw<Server>, Reply<Server>, Logger, Types>,
  request: FastifyRequest<Route, Server, Raw<Server>, Schema, Types, Config, Logger> &
    More,
  reply: FastifyReply<Route, Server, Raw<Server>, Reply<Server>, Config, Schema, Types>,
) => Out
type Raw<Server extends RawServerBase> = RawRequestDefaultExpression<Server>
type Reply<Server extends RawServerBase> = RawReplyDefaultExpression<Server>
