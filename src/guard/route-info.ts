import type { Awaitable } from '../base/awaitable.ts'
import type { AuthReply, AuthRequest } from '../http/request.ts'
import type { GuardParts } from './guard.ts'
import type { Captured } from './rendering.ts'
import type { BrowsableOptions } from './route-description.ts'

/** A guarded route, for its page and for the OpenAPI document. */
export interface RouteInfo {
  readonly options: BrowsableOptions
  /** As the guard was given it. */
  readonly requirement: unknown
  /** The parts of its guard. Opens the instance. */
  parts(): Promise<GuardParts>
  /** Answers in place of the handler; `undefined` if the route is not browsable. */
  readonly browse: Browse | undefined
  /** `undefined` unless the route is `browsable: "rendered"`. */
  readonly rendering: Rendering | undefined
}

/**
 * Answers requests for the page about a route and for its description. It runs neither handler nor permissions of the application,
 * and never rejects.
 *
 * @param facts called for such a request alone
 * @returns `undefined` for all other requests
 */
export type Browse = (
  request: AuthRequest,
  facts: () => Awaitable<RouteFacts>,
) => Promise<AuthReply> | undefined

/** Shows the answer of a handler within the page about its route: `browsable: "rendered"`. */
export interface Rendering {
  /** Whether a request wants a page, and the answer may be held back for it. */
  wants(request: AuthRequest): boolean
  /**
   * Whether a navigation has what the route requires: a cookie, or nothing. Other credentials are added by the script of the page.
   *
   * @param principal that the guard has admitted
   */
  accepts(principal: { readonly scheme: string; readonly user: unknown }): boolean
  /** The page with an answer. Never rejects. */
  page(
    request: AuthRequest,
    facts: () => Awaitable<RouteFacts>,
    captured: Captured,
  ): Promise<AuthReply>
}

/** What an adapter knows of a route. */
export interface RouteFacts {
  /** As the framework writes it, such as `/notes/:id`; `undefined`: the path of the request. */
  readonly pattern?: string | undefined
  /** The guarded methods of the path; `undefined` if they are not known. */
  readonly methods?: readonly RouteMethod[] | undefined
  /** The prefix below which the instance's endpoints are, such as `/v1`. */
  readonly prefix?: string | undefined
  /** Further browsable routes of the application. */
  readonly others?: readonly KnownRoute[] | undefined
}

export interface RouteMethod {
  readonly method: string
  readonly route: RouteInfo
}

export interface KnownRoute extends RouteMethod {
  /** As the framework writes it, such as `/notes/:id`. */
  readonly path: string
}
