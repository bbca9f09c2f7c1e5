import { AuthError } from '../base/errors.ts'
import { optionalPeer } from '../base/optional-peer.ts'
import type { TokenVerbs } from '../features/tokens/verbs.ts'
import type { Instance } from '../instance/instance.ts'
import type { Settings } from '../settings/settings.ts'

/** Does a work within a span of this name, whose outcome is told with it. */
export type Trace = <T>(name: string, work: () => Promise<T>) => Promise<T>

/** `undefined` where nobody asks for it, and then nothing of it is loaded. @throws AuthError `invalid_config` where it is not installed */
export async function openTracing({ telemetry }: Settings): Promise<Trace | undefined> {
  if (!telemetry) return undefined
  const { SpanStatusCode, trace } = await optionalPeer<
    typeof import('@opentelemetry/api')
  >('@opentelemetry/api', 'The option "telemetry"')
  const tracer = trace.getTracer('watchword')
  return (name, work) =>
    tracer.startActiveSpan(name, async (span) => {
      try {
        const result = await work()
        span.setAttribute(OUTCOME, 'ok')
        return result
      } catch (error) {
        const code = error instanceof AuthError ? error.code : 'server_error'
        span.setAttribute(OUTCOME, code)
        // That a client is refused is no error of ours.
        if (OURS.has(code)) span.setStatus({ code: SpanStatusCode.ERROR })
        throw error
      } finally {
        span.end()
      }
    })
}

const OUTCOME = 'watchword.outcome'

const OURS = new Set([
  'server_error',
  'store_unavailable',
  'busy',
  'invalid_config',
  'invalid_key',
])

/** What each verb is called in a trace. */
const SPANS = {
  obtain: 'watchword.sign_in',
  obtainSliding: 'watchword.sign_in',
  apiToken: 'watchword.sign_in',
  login: 'watchword.sign_in',
  logout: 'watchword.sign_out',
  blacklist: 'watchword.sign_out',
  refresh: 'watchword.refresh',
  refreshSliding: 'watchword.refresh',
  verify: 'watchword.verify',
} as const satisfies Readonly<Record<keyof TokenVerbs, string>>

/** The same verbs, each of them a span. Guards have none: what they do takes less time than telling of it. */
export function withSpans(verbs: TokenVerbs, open: () => Promise<Instance>): TokenVerbs {
  type Verb = (...its: readonly never[]) => Promise<unknown>
  const each = Object.entries(verbs).map(([name, verb]: readonly [string, Verb]) => {
    const spanned: Verb = async (...its) => {
      const { trace } = await open()
      return trace === undefined
        ? verb(...its)
        : trace(SPANS[name as keyof TokenVerbs], () => verb(...its))
    }
    return [name, spanned] as const
  })
  return Object.fromEntries(each) as unknown as TokenVerbs
}
