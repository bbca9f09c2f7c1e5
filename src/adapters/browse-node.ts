import type { ServerResponse } from 'node:http'
import type { Awaitable } from '../base/awaitable.ts'
import type { RouteFacts, RouteInfo } from '../guard/route-info.ts'
import type { AuthReply, AuthRequest } from '../http/request.ts'
import { captureNode } from './capture-node.ts'
import { renderedFor } from './guarding.ts'

export interface Browsed<P> {
  readonly guard: (request: AuthRequest) => Awaitable<P>
  readonly request: AuthRequest
  /** The response of node, below the framework's. */
  readonly response: ServerResponse
  readonly facts: () => RouteFacts
  send(reply: AuthReply): unknown
  /** Runs the handler for an admitted request, whose answer is captured. */
  proceed(principal: P): unknown
}

/**
 * Answers a request for the page about a route, or for its description.
 *
 * @returns `undefined` for all other requests
 */
export function browsed<P extends { readonly scheme: string; readonly user: unknown }>(
  { browse, rendering }: RouteInfo,
  { guard, request, response, facts, send, proceed }: Browsed<P>,
): Promise<unknown> | undefined {
  if (browse === undefined) return undefined
  const show = (): Promise<unknown> | undefined => browse(request, facts)?.then(send)
  if (!rendering?.wants(request)) return show()
  return renderedFor(guard, request, rendering).then((principal) => {
    if (principal === undefined) return show()
    captureNode(response, (captured) => rendering.page(request, facts, captured))
    return proceed(principal)
  })
}
