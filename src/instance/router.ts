import type { EndpointSettings, OpenCore } from '../features/core.ts'
import { answerOf, json, jsonValueOf } from '../http/answer.ts'
import type { Endpoint, MethodHandler } from '../http/endpoint.ts'
import {
  type EndpointDeps,
  type EndpointRouter,
  endpointRouter,
} from '../http/endpoint-router.ts'
import type { Header } from '../http/request.ts'
import type { Trace } from '../observability/tracing.ts'
import type { MountedEndpoint } from '../settings/mounted-endpoints.ts'
import type { EndpointHandler } from '../settings/options.ts'

export interface RouterDeps extends EndpointDeps {
  readonly endpoints: readonly MountedEndpoint[]
  readonly loginField: EndpointSettings['loginField']
  readonly authentication: EndpointSettings['authentication']
  readonly section: EndpointSettings['section']
  readonly behindProxy: EndpointSettings['behindProxy']
  readonly open: OpenCore
  /** `undefined` if the option `telemetry` is off. */
  readonly trace: (() => Promise<Trace | undefined>) | undefined
}

/** The router of the mounted endpoints. */
export function instanceRouter({
  endpoints,
  loginField,
  authentication,
  section,
  behindProxy,
  open,
  trace,
  ...deps
}: RouterDeps): EndpointRouter {
  const issued = endpoints.flatMap(({ endpoint }) => endpoint.issues ?? [])
  const settings: EndpointSettings = {
    loginField,
    authentication,
    issued,
    section,
    behindProxy,
  }

  const created = endpoints.map(({ path, endpoint, handle }): Endpoint => {
    const { methods, ...others } = endpoint.create(settings, open)
    const { errorFor } = endpoint
    const rest = errorFor === undefined ? others : { ...others, errorFor }
    const { POST } = methods
    if (POST === undefined) return { ...rest, methods, path }
    const handler = withHandler(withSpan(POST, endpoint.span, trace), handle)
    return { ...rest, methods: { ...methods, POST: handler }, path }
  })
  return endpointRouter(created, deps)
}

type PostHandler = MethodHandler<string>
type Handle = PostHandler['handle']

/** Guards have no spans: they take less time than recording one. */
function withSpan(
  handler: PostHandler,
  span: string | undefined,
  openTrace: RouterDeps['trace'],
): PostHandler {
  if (span === undefined || openTrace === undefined) return handler
  const handle: Handle = async (...request) => {
    const work = async (): Promise<object> => handler.handle(...request)
    const trace = await openTrace()
    return trace === undefined ? work() : trace(span, work)
  }
  return { ...handler, handle }
}

/** The handler of the option `endpoints`, which may call the endpoint's own and change what that returns. */
function withHandler(
  handler: PostHandler,
  custom: EndpointHandler | undefined,
): PostHandler {
  if (custom === undefined) return handler
  const handle: Handle = async (fields, request, context) => {
    let headers: readonly Header[] = []
    const body = await custom(fields, request, async () => {
      const answer = answerOf(await handler.handle(fields, request, context))
      headers = answer.headers
      return jsonValueOf(answer)
    })
    return json(body, { headers })
  }
  return { ...handler, handle }
}
