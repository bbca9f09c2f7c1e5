import type { Awaitable } from '../base/awaitable.ts'
import { configError } from '../base/errors.ts'
import type { Surface } from '../features/core.ts'
import type { UserRecords } from '../features/user-records.ts'
import type { PrincipalUser, Requirement } from '../guard/requirement.ts'
import type { RouteInfo } from '../guard/route-info.ts'
import type { AuthReply, AuthRequest } from '../http/request.ts'
import type { Principal } from '../permissions/permission.ts'
import type { BrowsableEndpoints } from './endpoint-pages.ts'
import type { RouteTable } from './route-infos.ts'

/** What adapters and the server use of an instance, and programs do not see. */
export interface Internals<U = unknown, Right extends string = string> {
  /** What clients see of it. */
  readonly surface: Surface
  /** Whether a request target (path and query) is one of its endpoints'. */
  owns(url: string): boolean
  /** The paths of its endpoints, without the last slash, which may be there or not. */
  readonly paths: readonly string[]
  /** Answers its own endpoints; `undefined` for all other paths. Never rejects. */
  answer(request: AuthRequest): Promise<AuthReply> | undefined
  /** Answers a path that is not one of its endpoints': below the path of pages with a page. Never rejects. */
  notFound(request: AuthRequest): Promise<AuthReply>
  /**
   * `require` prepared for a route; synchronous if nothing has to be awaited.
   *
   * @throws AuthError `invalid_config` at once if the requirement names an unknown rate
   */
  guard<const N extends Requirement<U, Right> = DefaultRequirement>(
    requirement?: N,
  ): (request: AuthRequest) => Awaitable<Principal<PrincipalUser<N, U>, Right>>
  /** Lines that a server prints once it serves. @param origin of its pages */
  startNotes(origin: string): Promise<readonly string[]>
  /** What features store of a user. */
  userRecords(id: string): Promise<readonly UserRecords[]>
  /**
   * Describes a guarded route, for its page and for the OpenAPI document.
   *
   * @param byDefault whether it is browsable if its requirement does not say so
   */
  route(
    requirement: Requirement<U, Right> | undefined,
    byDefault?: boolean | 'rendered',
  ): RouteInfo
  /** The guarded routes of the application, as far as the adapters know them. */
  readonly routes: RouteTable
  /** The browsable API of endpoints; `undefined` if it is off. */
  readonly browsable: BrowsableEndpoints | undefined
  /** Whether the browsable API is on. */
  readonly browses: boolean
  /**
   * The answer to an AuthError; any other error becomes a 500 without details, and a log entry. With `pages.redirect` a navigation that a
   * guard has refused is redirected to the page to sign in.
   */
  replyToError(error: unknown): AuthReply
  /**
   * The path of the page to sign in, which comes back to `next`; `undefined` without the option `pages`, or if the routes do not take
   * the cookie that it sets.
   */
  readonly signInPath: ((next?: string) => string) | undefined
}

/** The requirement of a guard that is given none. */
export interface DefaultRequirement {
  readonly schemes?: undefined
}

/** A registered symbol: a bundler may put an adapter and the instance into files with a copy of this module each. */
export const INTERNALS: unique symbol = Symbol.for('watchword.internals')

interface Carrier<U, Right extends string> {
  readonly [INTERNALS]?: Internals<U, Right>
}

/** @throws AuthError `invalid_config` if it is not what `watchword()` returned */
export function internalsOf<U = unknown, Right extends string = string>(
  auth: object,
): Internals<U, Right> {
  const internals = (auth as Carrier<U, Right> | undefined)?.[INTERNALS]
  if (internals !== undefined) return internals
  throw configError(
    'The instance must be what watchword() returned: write const auth = watchword(), and pass auth.',
  )
}
