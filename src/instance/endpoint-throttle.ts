import type { Clock } from '../base/clock.ts'
import { hasThrottles, type Limits, throttlesOf } from '../guard/throttles.ts'
import type { EndpointDeps } from '../http/endpoint-router.ts'
import type { AuthRequest } from '../http/request.ts'
import type { Hits } from '../throttling/hits.ts'
import { throttleAll } from '../throttling/throttle.ts'

export interface EndpointThrottleSettings {
  readonly throttle: Limits
  readonly addressOf: (request: AuthRequest) => string
}

/** Counts requests to the endpoints by address: they have no schemes, so every request is anonymous. */
export function endpointThrottle(
  { throttle, addressOf }: EndpointThrottleSettings,
  open: () => Promise<{ readonly hits: Hits; readonly clock: Clock }>,
): Pick<EndpointDeps, 'count'> {
  if (!hasThrottles(throttle)) return {}
  const throttles = throttlesOf(undefined, throttle)
  return {
    async count(request) {
      const { hits, clock } = await open()
      const caller = { userId: undefined, address: addressOf(request) }
      await throttleAll(throttles({ hits, clock }), caller, request)
    },
  }
}
