import '../base/node-version.ts'

import type { IncomingMessage, RequestListener, Server, ServerResponse } from 'node:http'
import { originForm } from '../base/request-target.ts'
import type { AuthRequest } from '../http/request.ts'
import { internalsOf } from '../instance/internals.ts'
import type { Principal } from '../permissions/permission.ts'
import type { PrincipalUser, Requirement, Watchword } from '../watchword.ts'
import { browsed } from './browse-node.ts'
import {
  type GuardOptions,
  guardFactory,
  listDeclared,
  markRoute,
  runGuard,
} from './guarding.ts'
import { NodeRequest, send } from './node-request.ts'

export {
  type GuardedUpgradeListener,
  type UpgradeGuard,
  type UpgradeListener,
  upgradeGuardOf,
} from './node-upgrade.ts'

/** A request inside a guarded listener. */
export type GuardedRequest<U, Right extends string> = IncomingMessage & {
  auth: Principal<U, Right>
}
export type GuardedListener<U, Right extends string> = (
  request: GuardedRequest<U, Right>,
  response: ServerResponse,
) => unknown

/** Guards a listener: `guard(listener)` or `guard(requirement, listener)`. */
export interface Guard<U, Right extends string> {
  (listener: GuardedListener<U, Right>): RequestListener
  <const N extends Requirement<U, Right>>(
    requirement: N,
    listener: GuardedListener<PrincipalUser<N, U>, Right>,
  ): RequestListener
}

/**
 * Serves an instance's endpoints on a `node:http` server. Guarded listeners ignore requests to these endpoints; the server's
 * other listeners should do so, too: `serves(auth, request)`.
 */
export function mount<U, Right extends string>(
  server: Server,
  auth: Watchword<U, Right>,
  options: GuardOptions = {},
): Guard<U, Right> {
  const { owns, answer } = internalsOf(auth)
  server.prependListener('request', (request, response) => {
    if (!owns(originForm(request.url ?? ''))) return
    answer(new NodeRequest(request))?.then((reply) => send(response, reply))
  })
  return guardExcept(owns, auth, options)
}

/**
 * Whether an instance that is mounted on the server answers a request: for other listeners.
 *
 * @throws AuthError `invalid_config` if `auth` is not what `watchword()` returned
 */
export const serves = (
  auth: Pick<Watchword, 'handler'>,
  { url = '' }: Pick<IncomingMessage, 'url'>,
): boolean => internalsOf(auth).owns(originForm(url))

/** Converts a request of `node:http` for `auth.authenticate` and `auth.require`: `auth.require(requestOf(request))`. */
export const requestOf = (request: IncomingMessage): AuthRequest =>
  new NodeRequest(request)

/** The guard alone, for a server that does not serve the endpoints. */
export const guardOf = <U, Right extends string>(
  auth: Watchword<U, Right>,
  options: GuardOptions = {},
): Guard<U, Right> => guardExcept(() => false, auth, options)

/** @param isOthers whether the endpoints of the instance answer this request target, so that the guard must not */
function guardExcept<U, Right extends string>(
  isOthers: (url: string) => boolean,
  auth: Watchword<U, Right>,
  options: GuardOptions,
): Guard<U, Right> {
  type Arguments = Parameters<
    typeof guardFactory<U, Right, GuardedListener<unknown, Right>>
  >[1]
  const { replyToError } = internalsOf(auth)
  const guard = (...args: Arguments): RequestListener => {
    const { guard, handle, route } = guardFactory(auth, args, options)
    listDeclared(auth, route)
    const listener: RequestListener = (request, response) => {
      if (isOthers(originForm(request.url ?? ''))) return
      const seen = new NodeRequest(request)
      const admit = (principal: Principal<unknown, Right>): unknown => {
        const guarded = request as GuardedRequest<unknown, Right>
        guarded.auth = principal
        return handle(guarded, response)
      }
      const onError = (error: unknown): void => {
        const reply = replyToError(error)
        // Part of a response is sent: closing the connection shows the client that it is incomplete.
        if (response.headersSent && !response.writableEnded) response.destroy()
        else send(response, reply)
      }
      if (route.browse !== undefined) {
        const shown = browsed(route, {
          guard,
          request: seen,
          response,
          facts: () => ({}),
          send: (reply) => send(response, reply),
          proceed: admit,
        })
        if (shown !== undefined) return void shown.catch(onError)
        response.appendHeader('Vary', 'Accept')
      }
      runGuard(guard, seen, admit, onError)
    }
    return markRoute(listener, route)
  }
  return guard as Guard<U, Right>
}
