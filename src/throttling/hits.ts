import type { UnixSeconds } from '../base/clock.ts'
import type { Awaitable } from '../base/request.ts'
import type { Limit } from './rate.ts'
export type Counted = { readonly kind: 'counted' } | { readonly kind: 'full'; readonly wait: number }
export interface Hits {
  hit(key: string, limit: Limit, now: UnixSeconds): Awaitable<Counted>
  flush(before: UnixSeconds, limit?: number): Promise<number>
}
