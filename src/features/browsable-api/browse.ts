import type { Scheme, SecuritySettings } from '../../authentication/scheme.ts'
import { createExplainer } from '../../guard/explain.ts'
import { schemeName } from '../../guard/explained-schemes.ts'
import {
  createGuard,
  type Explainer,
  type GuardDeps,
  type GuardParts,
} from '../../guard/guard.ts'
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
import type { SignInWays } from './page-data.ts'
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
  /** How a page signs in with the schemes of the option `authentication`. */
  signInWays(): SignInWays
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
  readonly tokens: Pick<SecuritySettings, 'headerTypes' | 'headerName'>
  readonly tokenCookies: TokenCookies | undefined
  readonly behindProxy: boolean
}

export const createBrowsing = (settings: BrowsingSettings, core: Core): Browsing =>
  new OpenBrowsing(settings, core)

class OpenBrowsing implements Browsing {
  readonly explain: Explainer
  readonly #settings: BrowsingSettings
  readonly #core: Core
  readonly #guardDeps: GuardDeps
  readonly #index: string | undefined

  constructor(settings: BrowsingSettings, core: Core) {
    const { exposure, roles, addressOf, endpoints } = settings
    this.explain = explainerFor(exposure, core)
    this.#settings = settings
    this.#core = core
    this.#guardDeps = {
      rights: rightsOf(roles),
      addressOf,
      onDenied: undefined,
      explain: this.explain,
    }
    this.#index = endpoints.find(({ name }) => name === 'browseIndex')?.path
  }

  signInWays(): SignInWays {
    const { authentication } = this.#settings
    const names = namesOf(authentication, this.#settings)
    return signInWays(names, this.#settings, this.#core)
  }

  #waysOf({ schemes }: GuardParts): SignInWays {
    // The page of a public route signs in for the others.
    if (schemes.length === 0) return this.signInWays()
    return signInWays(schemes.map(schemeName), this.#settings, this.#core)
  }

  async page(
    request: AuthRequest,
    route: RouteInfo,
    facts: RouteFacts,
  ): Promise<AuthReply> {
    const { throttles } = await route.parts()
    const address = this.#settings.addressOf(request)
    await throttleAll(throttles, { userId: undefined, address }, request)
    return this.rendered(request, route, facts)
  }

  async rendered(
    request: AuthRequest,
    route: RouteInfo,
    facts: RouteFacts,
    captured?: Captured,
  ): Promise<AuthReply> {
    const { exposure } = this.#settings
    const signIn = this.#waysOf(await route.parts())
    const index = this.#index
    return routePage({ request, route, facts, exposure, signIn, index, captured })
  }

  async route(
    request: AuthRequest,
    route: RouteInfo,
    facts: RouteFacts,
  ): Promise<AuthReply> {
    const { exposure } = this.#settings
    const principal = await principalOf(request, route, this.#guardDeps)
    const { requirements } = exposure.settings
    const seesRequirements = exposure.grants(requirements, request, principal)
    const viewer = { request, principal, seesRequirements }
    const representation = await representationOf(route, facts, viewer)
    return { status: 200, headers: ROUTE_HEADERS, body: JSON.stringify(representation) }
  }
}

const explainerFor = (exposure: Exposure, { clock, random }: Core): Explainer =>
  createExplainer({
    maySee: (request, principal) =>
      exposure.grants(exposure.settings.explain, request, principal),
    clock,
    random,
  })

/** The names of schemes that are not created yet, as documents call them. */
const namesOf = (
  schemes: readonly Scheme<unknown>[],
  { tokens, behindProxy, tokenCookies }: BrowsingSettings,
): readonly string[] =>
  schemes.flatMap(({ security }) =>
    (security?.({ ...tokens, behindProxy, tokenCookies, bindsTokens: false }) ?? []).map(
      ({ name }) => name,
    ),
  )

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
