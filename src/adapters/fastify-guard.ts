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

/** What a guard adds to a request. */
export interface WithAuth<U, Right extends string> {
  auth: Principal<U, Right>
}

/**
 * Guards a handler: `guard(handler)` or `guard(requirement, handler)`. The types of parameters, queries and bodies that the
 * application, the route or its schema declares are kept.
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
      WithAuth<U, Right>,
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
      WithAuth<PrincipalUser<N, U>, Right>,
      Out
    >,
  ): Handler<Server, Types, Logger, Route, Config, Schema, unknown, Out>
}

/** A handler of Fastify whose request also has `More`. */
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
