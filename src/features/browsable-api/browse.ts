import type { Scheme } from '../../authentication/scheme.ts'
import { createExplainer } from '../../guard/explain.ts'
import { createGuard, type Explainer, type GuardDeps } from '../../guard/guard.ts'
import type { Captured } from '../../guard/rendering.ts'
import type { RouteFacts, RouteInfo } from '../../guard/route-info.ts'
import type { AuthReply, AuthRequest } from '../../http/request.ts'
import { ROUTE_TYPE } from '../../http/wanted.ts'
import type { RequestPrincipal } from '../../permissions/request-principal.ts'
import { type Roles, rightsOf } from '../../permissions/rights.ts'
import { throttleAll } from '../../throttling/throttle.ts'
import type { TokenCookies } from '../../tokens/token-cookies.ts'
import type { Core } from '../core.ts'
import type { Exposure } from './exposure.ts'
import { routePage } from './page.ts'
import { representationOf } from './representation.ts'
import { signInWays } from './sign-in-ways.ts'

/** The browsable API of an open instance. */
export interface Browsing {
  readonly explain: Explainer
  /** The page about a route. @throws AuthError `throttled` */
  page(request: AuthRequest, route: RouteInfo, facts: RouteFacts): Promise<AuthReply>
  /** The page with the answer of the handler, which the guard has admitted and counted. */
  rendered(
    request: AuthRequest,
    route: RouteInfo,
    facts: RouteFacts,
    captured: Captured,
  ): Promise<AuthReply>
  /** The route, for the script of its page. @throws AuthError if the credentials are wrong; `throttled` */
  route(request: AuthRequest, route: RouteInfo, facts: RouteFacts): Promise<AuthReply>
}

export interface BrowsingSettings {
  readonly exposure: Exposure
  readonly roles: Roles
  readonly addressOf: (request: AuthRequest) => string
  /** The mounted endpoints of the instance. */
  readonly endpoints: readonly { readonly name: string; readonly path: string }[]
  readonly authentication: readonly Scheme<unknown>[]
  readonly tokens: { readonly headerTypes: readonly string[] }
  readonly tokenCookies: TokenCookies | undefined
  readonly behindProxy: boolean
}

export function createBrowsing(settings: BrowsingSettings, core: Core): Browsing {
  const { exposure, roles, addressOf } = settings
  const explain = createExplainer({
    maySee: (request, principal) =>
      exposure.grants(exposure.settings.explain, request, principal),
    clock: core.clock,
    random: core.random,
  })
  const deps = { rights: rightsOf(roles), addressOf, onDenied: undefined, explain }
  return {
    explain,
    async page(request, route, facts) {
      const { throttles, schemes } = await route.parts()
      const address = addressOf(request)
      await throttleAll(throttles, { userId: undefined, address }, request)
      const signIn = signInWays(schemes, settings, core)
      return routePage({ request, route, facts, exposure, signIn })
    },
    async rendered(request, route, facts, captured) {
      const { schemes } = await route.parts()
      const signIn = signInWays(schemes, settings, core)
      return routePage({ request, route, facts, exposure, signIn, captured })
    },
    async route(request, route, facts) {
      const principal = await principalOf(request, route, deps)
      const { requirements } = exposure.settings
      const seesRequirements = exposure.grants(requirements, request, principal)
      const viewer = { request, principal, seesRequirements }
      const representation = await representationOf(route, facts, viewer)
      return {
        status: 200,
        headers: ROUTE_HEADERS,
        body: JSON.stringify(representation),
      }
    },
  }
}

const ROUTE_HEADERS = [
  ['Content-Type', ROUTE_TYPE],
  ['Cache-Control', 'no-store'],
  ['Vary', 'Accept'],
  ['X-Content-Type-Options', 'nosniff'],
] as const

/** Authenticates and counts as the route's guard does, and requires nothing. */
async function principalOf(
  request: AuthRequest,
  route: RouteInfo,
  deps: GuardDeps,
): Promise<RequestPrincipal<unknown> | undefined> {
  const parts = await route.parts()
  const guard = createGuard({ ...parts, permissions: [], stepUp: undefined }, deps)
  const principal = await guard(request)
  return principal.user === undefined ? undefined : principal
}
