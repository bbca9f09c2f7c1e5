import { minutes } from '../../base/clock.ts'
import { currentContext } from '../../base/request-context.ts'
import { networkOf } from '../../http/client-address.ts'
import type { Limit } from '../../throttling/rate.ts'
import { keyOf, throttled } from '../../throttling/throttle.ts'
import type { Core } from '../core.ts'

/** Unauthenticated clients can cause a row to be stored. */
const LIMIT: Limit = { limit: 100, per: minutes(10) }

/** @throws AuthError `throttled` after 100 requests of a client's network in ten minutes */
export async function limitStoredRequests({
  hits,
  clock,
}: Pick<Core, 'hits' | 'clock'>): Promise<void> {
  const network = networkOf(currentContext()?.address ?? '')
  const counted = await hits.hit(keyOf('oauth_request', network), LIMIT, clock())
  if (counted.kind === 'full') throw throttled('throttled by authorize', counted.wait)
}
