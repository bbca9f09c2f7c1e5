import { AuthError } from '../base/errors.ts'
import type { OpenCore } from '../features/core.ts'
import type { FeatureEndpoint } from '../features/define-feature.ts'
import { type Endpoint, type EndpointContext, handleEndpoint } from '../http/endpoint.ts'
import type { AuthReply, AuthRequest } from '../http/request.ts'
import { createRouter } from '../http/router.ts'
import type { Trace } from '../observability/tracing.ts'
import type { Handler } from '../options.ts'
import type { MountedEndpoint } from './mounted-endpoints.ts'

/** Finds what answers a request target, with or without the last slash of its path. It never rejects. */
export interface Router {
  (url: string): ((request: AuthRequest) => Promise<AuthReply>) | undefined
  /** Without the last slash. */
  readonly paths: readonly string[]
}

export interface RouterDeps {
  readonly endpoints: readonly MountedEndpoint[]
  readonly loginField: 'username' | 'email'
  readonly authentication: EndpointSettings['authentication']
  readonly open: OpenCore
  /** `undefined` if the option `telemetry` is off. */
  readonly trace: (() => Promise<Trace | undefined>) | undefined
  readonly context: EndpointContext
}

type EndpointSettings = Parameters<FeatureEndpoint['create']>[0]
type Route = ReturnType<Router>

export function instanceRouter({
  endpoints,
  loginField,
  authentication,
  open,
  trace,
  context,
}: RouterDeps): Router {
  const issued = endpoints.flatMap(({ endpoint }) => endpoint.issues ?? [])
  const settings: EndpointSettings = { loginField, authentication, issued }

  const routeOf = ({ endpoint, handle }: MountedEndpoint): Route => {
    const created = endpoint.create(settings, open)
    if ('reply' in created)
      return (request) =>
        created.reply(request, (error) => context.failed(error, request))
    const traced = withSpan(created, endpoint.span, trace)
    const answering = withErrors(traced, endpoint.errorFor)
    const handled = withHandler(answering, handle)
    return (request) => handleEndpoint(handled, request, context)
  }
  return createRouter<Route>(
    endpoints.map((mounted) => [mounted.path, routeOf(mounted)] as const),
  )
}

/** Guards have no spans: they take less time than recording one. */
function withSpan(
  endpoint: Endpoint,
  span: string | undefined,
  traceOf: RouterDeps['trace'],
): Endpoint {
  if (span === undefined || traceOf === undefined) return endpoint
  return {
    ...endpoint,
    async handle(...request) {
      const work = async (): Promise<object> => endpoint.handle(...request)
      const trace = await traceOf()
      return trace === undefined ? work() : trace(span, work)
    },
  }
}

function withErrors(endpoint: Endpoint, errorFor: FeatureEndpoint['errorFor']): Endpoint {
  if (errorFor === undefined) return endpoint
  return {
    ...endpoint,
    async handle(...request) {
      try {
        return await endpoint.handle(...request)
      } catch (error) {
        throw error instanceof AuthError ? errorFor(error) : error
      }
    },
  }
}

/** The handler of the option `endpoints`, which may call ours. */
function withHandler(endpoint: Endpoint, handle: Handler | undefined): Endpoint {
  if (handle === undefined) return endpoint
  return {
    ...endpoint,
    handle: (fields, request, setCookie) =>
      handle(fields, request, async () => endpoint.handle(fields, request, setCookie)),
  }
}
