import '../base/node-version.ts'

import { FetchRequest, type Peer, targetOf, toResponse } from '../http/fetch-request.ts'
import { internalsOf } from '../instance/internals.ts'
import type { Principal } from '../permissions/permission.ts'
import type { PrincipalUser, Requirement, Watchword } from '../watchword.ts'
import {
  type GuardOptions,
  guardFactory,
  listDeclared,
  markRoute,
  renderedFor,
  renderedResponse,
  runGuard,
  varied,
} from './guarding.ts'

export type { Peer } from '../http/fetch-request.ts'
export type { GuardOptions } from './guarding.ts'

/** A request inside a guarded handler. */
export type GuardedRequest<U, Right extends string> = Request & {
  auth: Principal<U, Right>
}
export type GuardedHandler<U, Right extends string> = (
  request: GuardedRequest<U, Right>,
) => Response | Promise<Response>
/** @param peer what the runtime knows of the connection */
export type Handler = (request: Request, peer?: Peer) => Promise<Response>

/** Guards a handler: `guard(handler)` or `guard(requirement, handler)`. */
export interface Guard<U, Right extends string> {
  (handler: GuardedHandler<U, Right>): Handler
  <const N extends Requirement<U, Right>>(
    requirement: N,
    handler: GuardedHandler<PrincipalUser<N, U>, Right>,
  ): Handler
}

/**
 * Whether an instance serves a request, with `auth.handler`: for handlers of your own beside it.
 *
 * @param peer what `auth.handler` is passed
 * @throws AuthError `invalid_config` if `auth` is not what `watchword()` returned
 */
export const serves = (
  auth: Pick<Watchword, 'handler'>,
  request: Pick<Request, 'url'>,
  peer?: Peer,
): boolean => internalsOf(auth).owns(targetOf(request, peer))

/** A guard for any runtime that answers a `Request` with a `Response`; `auth.handler` serves the endpoints there. */
export function guardOf<U, Right extends string>(
  auth: Watchword<U, Right>,
  options: GuardOptions = {},
): Guard<U, Right> {
  type Arguments = Parameters<
    typeof guardFactory<U, Right, GuardedHandler<unknown, Right>>
  >[1]
  const { replyToError } = internalsOf(auth)
  const guard = (...args: Arguments): Handler => {
    const { guard, handle, route } = guardFactory(auth, args, options)
    listDeclared(auth, route)
    const { browse, rendering } = route
    const guarded: Handler = async (request, peer) => {
      const admit = (principal: Principal<unknown, Right>) =>
        handle(Object.assign(request, { auth: principal }))
      const seen = new FetchRequest(request, peer)
      const onError = (error: unknown): Response => toResponse(replyToError(error))
      const facts = () => ({})
      if (rendering?.wants(seen)) {
        const principal = await renderedFor(guard, seen, rendering).catch(() => undefined)
        if (principal !== undefined) {
          const answered = await runGuard(() => principal, seen, admit, onError)
          return renderedResponse(answered, (each) => rendering.page(seen, facts, each))
        }
      }
      const shown = browse?.(seen, facts)
      if (shown !== undefined) return toResponse(await shown, request.method)
      const answered = runGuard(guard, seen, admit, onError)
      if (browse === undefined) return answered
      return varied(await answered)
    }
    return markRoute(guarded, route)
  }
  return guard as Guard<U, Right>
}
