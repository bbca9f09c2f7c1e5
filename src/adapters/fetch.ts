import '../base/node-version.ts'

import { FetchRequest, type Peer } from '../http/fetch-request.ts'
import type { Principal } from '../permissions/permission.ts'
import type { PrincipalUser, Requirement, Watchword } from '../watchword.ts'
import { guardFactory, runGuard } from './guarding.ts'

/** A request behind a guard: who sends it is known. */
export type Guarded<U, Right extends string> = Request & { auth: Principal<U, Right> }
export type GuardedHandler<U, Right extends string> = (
  request: Guarded<U, Right>,
) => Response | Promise<Response>
/** `peer` is what the runtime knows of who is connected. */
export type Handler = (request: Request, peer?: Peer) => Promise<Response>

/** Puts a check in front of a handler: `guard(handler)` or `guard(need, handler)`. */
export interface Guard<U, Right extends string> {
  (handler: GuardedHandler<U, Right>): Handler
  <const N extends Requirement<U, Right>>(
    requirement: N,
    handler: GuardedHandler<PrincipalUser<N, U>, Right>,
  ): Handler
}

/** The guard for whatever answers a `Request` with a `Response`; the endpoints are `auth.handler`. */
export function guardOf<U, Right extends string>(
  auth: Watchword<U, Right>,
): Guard<U, Right> {
  type Arguments = Parameters<
    typeof guardFactory<U, Right, GuardedHandler<unknown, Right>>
  >[1]
  const guard = (...told: Arguments): Handler => {
    const { guard, handle } = guardFactory(auth, told)
    return async (request, peer) => {
      const admit = (who: Principal<unknown, Right>) =>
        handle(Object.assign(request, { auth: who }))
      return runGuard(guard, new FetchRequest(request, peer), admit, (error) =>
        auth.errorResponse(error),
      )
    }
  }
  return guard as Guard<U, Right>
}
