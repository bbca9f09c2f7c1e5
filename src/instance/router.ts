import type {
  EndpointSettings,
  OpenCore,
  SectionReader,
  SurfaceEndpoint,
} from '../features/core.ts'
import { answerOf, json, jsonValueOf } from '../http/answer.ts'
import type { MethodHandler } from '../http/endpoint.ts'
import type { Header } from '../http/request.ts'
import type { Trace } from '../observability/tracing.ts'
import type { MountedEndpoint } from '../settings/mounted-endpoints.ts'
import type { EndpointHandler } from '../settings/options.ts'
import { keyProofSettings } from './open-dpop.ts'

export interface CreateEndpointsDeps {
  readonly endpoints: readonly MountedEndpoint[]
  readonly settings: Omit<EndpointSettings, 'issued'>
  readonly open: OpenCore
  /** `undefined` if the option `telemetry` is off. */
  readonly trace: (() => Promise<Trace | undefined>) | undefined
}

/** Creates the mounted endpoints. */
export function createEndpoints({
  endpoints,
  settings,
  open,
  trace,
}: CreateEndpointsDeps): readonly SurfaceEndpoint[] {
  const issued = endpoints.flatMap(({ endpoint }) => endpoint.issues ?? [])
  return endpoints.map(({ path, preset, endpoint, handle }): SurfaceEndpoint => {
    const { methods, ...others } = endpoint.create({ ...settings, issued }, open)
    const { errorFor } = endpoint
    const about = { path, preset, isCustom: handle !== undefined }
    const rest = { ...others, ...(errorFor !== undefined && { errorFor }), ...about }
    const { POST } = methods
    if (POST === undefined) return { ...rest, methods }
    const prechecked = withPrecheck(POST, settings.section, open)
    const handler = withHandler(withSpan(prechecked, endpoint.span, trace), handle)
    return { ...rest, methods: { ...methods, POST: handler } }
  })
}

type PostHandler = MethodHandler<string>
type Handle = PostHandler['handle']

/**
 * Where users sign in, a proof of a key is checked first: a wrong one must not use up the one-time code or the attempt that comes with it.
 */
function withPrecheck(
  handler: PostHandler,
  section: SectionReader,
  open: OpenCore,
): PostHandler {
  const settings = keyProofSettings(section)
  if (settings === undefined) return handler
  const handle: Handle = async (fields, request, context) => {
    const isProven = request.header('dpop') !== undefined || settings.required
    if (isProven && handler.describe?.().signsIn === true) {
      const dpop = await (await open()).tokens.dpop()
      await dpop.precheck(request)
    }
    return handler.handle(fields, request, context)
  }
  return { ...handler, handle }
}

/** Guards have no spans: they take less time than recording one. */
function withSpan(
  handler: PostHandler,
  span: string | undefined,
  openTrace: CreateEndpointsDeps['trace'],
): PostHandler {
  if (span === undefined || openTrace === undefined) return handler
  const handle: Handle = async (...request) => {
    const work = async (): Promise<object> => handler.handle(...request)
    const trace = await openTrace()
    if (trace === undefined) return work()
    return trace(span, work)
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
