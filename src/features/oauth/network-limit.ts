import { currentContext } from '../../base/request-context.ts'
import { networkOf } from '../../http/client-address.ts'
import type { Limit } from '../../throttling/rate.ts'
import { keyOf, throttled } from '../../throttling/throttle.ts'
import type { Core } from '../core.ts'

export interface NetworkLimit {
  /** Of the counters: `oauth_document` is that of a network, `oauth_documents` that of all. */
  readonly name: string
  /** What is limited, for the log. */
  readonly what: string
  readonly perNetwork: Limit
  /** Default: there is no such limit. */
  readonly inTotal?: Limit
}

/** Counts a request that an unauthenticated client can make the instance store or fetch something with. @throws AuthError `throttled` */
export async function limitNetwork(
  { name, what, perNetwork, inTotal }: NetworkLimit,
  { hits, clock }: Pick<Core, 'hits' | 'clock'>,
): Promise<void> {
  const network = networkOf(currentContext()?.address ?? '')
  const counts = [
    { key: keyOf(name, network), limit: perNetwork },
    { key: keyOf(`${name}s`, 'all'), limit: inTotal },
  ]
  for (const { key, limit } of counts) {
    if (limit === undefined) continue
    const counted = await hits.hit(key, limit, clock())
    if (counted.kind === 'full') throw throttled(`throttled by ${what}`, counted.wait)
  }
}
