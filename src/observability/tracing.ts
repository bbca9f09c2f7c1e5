import { AuthError } from '../base/errors.ts'
import { optionalPeer } from '../base/optional-peer.ts'

/** Runs `work` in a span of this name, which records its outcome. */
export type Trace = <T>(name: string, work: () => Promise<T>) => Promise<T>

/** Loads OpenTelemetry. @throws AuthError `invalid_config` if it is not installed */
export async function openTracing(): Promise<Trace> {
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
        // A refused client is not an error of the server.
        if (SERVER_ERRORS.has(code)) span.setStatus({ code: SpanStatusCode.ERROR })
        throw error
      } finally {
        span.end()
      }
    })
}

const OUTCOME = 'watchword.outcome'

const SERVER_ERRORS = new Set([
  'server_error',
  'store_unavailable',
  'busy',
  'invalid_config',
  'wrong_secret',
  'invalid_key',
])
