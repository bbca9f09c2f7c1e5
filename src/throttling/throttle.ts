import type { Clock } from '../base/clock.ts'
import type { AuthRequest, Awaitable } from '../base/request.ts'
import type { Hits } from './hits.ts'
import type { Limit } from './rate.ts'
export interface Caller { readonly userId: string | undefined; readonly address: string }
export interface Throttle {
  readonly scope: string
  wait(caller: Caller, ask: AuthRequest): Awaitable<undefined | { readonly seconds: number | undefined }>
}
interface World { readonly hits: Hits; readonly clock: Clock }
export const anonThrottle = (scope: string, _limit: Limit, _world: World): Throttle => ({ scope, wait: () => undefined })
export const userThrottle = anonThrottle
export const throttleAll = (_list: readonly Throttle[], _caller: Caller, _ask: AuthRequest): Awaitable<void> => undefined
