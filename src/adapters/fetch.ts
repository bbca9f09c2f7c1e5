import '../base/node-version.ts'

import { FetchRequest, type Peer } from '../base/fetch.ts'
import type { Principal } from '../permissions/principal.ts'
import type { Need, Watchword, Who } from '../watchword.ts'
import { guarding, letThrough } from './guarding.ts'

/** A request behind a guard: who sends it is known. */
export type Guarded<U, Right extends string> = Request & { auth: Principal<U, Right> }
export type GuardedHandler<U, Right extends string> = (request: Guarded<U, Right>) => Response | Promise<Response>
/** `peer` is what the runtime knows of who is connected. */
export type Handler = (request: Request, peer?: Peer) => Promise<Response>

/** Puts a check in front of a handler: `guard(handler)` or `guard(need, handler)`. */
export interface Guard<U, Right extends string> {
  (handler: GuardedHandler<U, Right>): Handler
  <const N extends Need<U, Right>>(need: N, handler: GuardedHandler<Who<N, U>, Right>): Handler
}

/** The guard for whatever answers a `Request` with a `Response`; the endpoints are `auth.handler`. */
export function guardOf<U, Right extends string>(auth: Watchword<U, Right>): Guard<U, Right> {
  type Arguments = Parameters<typeof guarding<U, Right, GuardedHandler<unknown, Right>>>[1]
  const guard = (...told: Arguments): Handler => {
    const { gate, handle } = guarding(auth, told)
    return async (request, peer) => {
      const admit = (who: Principal<unknown, Right>) => handle(Object.assign(request, { auth: who }))
      return letThrough(gate, new FetchRequest(request, peer), admit, (error) => auth.refusal(error))
    }
  }
  return guard as Guard<U, Right>
}
