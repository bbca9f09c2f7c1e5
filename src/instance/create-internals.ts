import { challengeOf } from '../authentication/bearer.ts'
import type { LibrarySchemeDeps } from '../authentication/scheme.ts'
import type { Log } from '../base/log.ts'
import { currentContext, runInContext } from '../base/request-context.ts'
import type { Exposure } from '../features/browsable-api/exposure.ts'
import type { EndpointSettings, Surface } from '../features/core.ts'
import { FEATURE_LIST } from '../features.ts'
import { endpointRequirement } from '../guard/endpoint-requirement.ts'
import type { RequirementDefaults } from '../guard/parse-requirement.ts'
import type { Requirement } from '../guard/requirement.ts'
import { redirect } from '../http/answer.ts'
import type { Answers } from '../http/description.ts'
import { endpointRouter } from '../http/endpoint-router.ts'
import { authErrorFrom, errorReply, replyOf } from '../http/reply.ts'
import type { AuthReply } from '../http/request.ts'
import type { UserId } from '../users/user.ts'
import { browsableEndpoints } from './endpoint-pages.ts'
import { type EndpointThrottleSettings, endpointThrottle } from './endpoint-throttle.ts'
import type { Guards } from './guards.ts'
import { IncomingRequestContext, type ProxySettings } from './incoming-request-context.ts'
import type { Instance } from './instance.ts'
import type { Internals } from './internals.ts'
import type { Lazy } from './lazy-instance.ts'
import { areTokensBound } from './open-dpop.ts'
import { notFoundWith, redirectsToSignIn, signInPathOf } from './page-answers.ts'
import { RouteTable, routeInfos } from './route-infos.ts'
import { type CreateEndpointsDeps, createEndpoints } from './router.ts'

export interface InternalsSettings
  extends ProxySettings,
    EndpointThrottleSettings,
    RequirementDefaults {
  readonly exposure: Exposure | undefined
  readonly isProduction: EndpointSettings['isProduction']
  readonly endpoints: CreateEndpointsDeps['endpoints']
  readonly users: Pick<EndpointSettings, 'loginField'>
  readonly user: EndpointSettings['userFields']
  readonly url: Surface['url']
  readonly section: EndpointSettings['section']
  readonly tokens: Pick<LibrarySchemeDeps, 'headerTypes' | 'headerName'> &
    RequirementDefaults['tokens']
  readonly tokenCookies: LibrarySchemeDeps['tokenCookies']
  readonly telemetry: boolean
  readonly log: Log
}

/** The endpoints of an instance, its guards, and its answers to errors. */
export function createInternals(
  settings: InternalsSettings,
  { open }: Pick<Lazy<Instance>, 'open'>,
  guards: Guards,
): Internals {
  const challenge = challengeOf(settings.tokens)
  const logFailure = (error: unknown): void =>
    settings.log({
      level: 'error',
      event: 'a request failed',
      reason: reasonOf(error),
    })
  const routes = new RouteTable()
  const browsable =
    settings.exposure &&
    browsableEndpoints({
      route: (...args) => route(...args),
      endpoints: () => surface.endpoints,
      routes: () => routes.list(),
    })
  const surface: Surface = {
    ...surfaceOf(settings, () => surface, { open, routes }),
    endpointRoutes: () =>
      surface.endpoints.flatMap((each) => browsable?.routesOf(each) ?? []),
    async signInWays() {
      return (await open()).browsing?.signInWays()
    },
  }
  const router = endpointRouter(surface.endpoints, {
    challenge,
    ...(browsable && { browse: browsable.pagesOf }),
    failed: logFailure,
    guard: (access) => guards.create(endpointRequirement(access)),
    ...endpointThrottle(settings, open),
  })
  const signInPath = signInPathOf(settings)
  const redirects = redirectsToSignIn(settings, signInPath)
  const replyToError = (error: unknown): AuthReply => {
    const authError = authErrorFrom(error)
    const location = redirects.of(authError)
    if (location !== undefined) return replyOf(redirect(location))
    if (authError.code === 'server_error') logFailure(authError.cause ?? authError)
    return errorReply(authError, challenge)
  }
  const route = routeInfos(settings, { exposure: settings.exposure, open, replyToError })
  return {
    surface,
    owns: (url) => router(url) !== undefined,
    paths: router.paths,
    answer(request) {
      const route = router(request.url)
      if (route === undefined) return undefined
      const context = new IncomingRequestContext(request, settings, currentContext())
      return runInContext(context, () => route(request))
    },
    guard: (requirement) =>
      redirects.around(
        guards.create(requirement as Requirement<never, string> | undefined),
      ) as never,
    notFound: notFoundWith(settings, replyToError),
    signInPath,
    route: (requirement, byDefault) =>
      route(requirement as Requirement<never, string> | undefined, byDefault),
    routes,
    browsable,
    browses: browsable !== undefined,
    replyToError,
    async startNotes(origin) {
      const { core } = await open()
      const notes = FEATURE_LIST.map(
        (feature) => feature.startNotes?.(core, origin) ?? [],
      )
      return (await Promise.all(notes)).flat()
    },
    userRecords: async (id) => (await open()).core.userRecords(id as UserId),
  }
}

function surfaceOf(
  settings: InternalsSettings,
  surface: () => Surface,
  { open, routes }: Pick<Lazy<Instance>, 'open'> & { readonly routes: RouteTable },
): Omit<Surface, 'endpointRoutes' | 'signInWays'> {
  const { authentication, section, behindProxy, url, tokenCookies } = settings
  const { headerTypes, headerName } = settings.tokens
  const endpoints = createEndpoints({
    endpoints: settings.endpoints,
    settings: {
      loginField: settings.users.loginField,
      userFields: settings.user,
      authentication,
      section,
      behindProxy,
      isProduction: settings.isProduction,
      url,
      surface,
    },
    open: async () => (await open()).core,
    trace: settings.telemetry ? async () => (await open()).trace : undefined,
  })
  const bindsTokens = areTokensBound(section)
  const security = { headerTypes, headerName, behindProxy, tokenCookies, bindsTokens }
  const signInAnswers = (): Answers =>
    Object.assign({}, ...FEATURE_LIST.map((each) => each.signInAnswers?.(section)))
  return {
    endpoints,
    url,
    authentication,
    security,
    section,
    exposure: settings.exposure,
    routes: () => routes.list(),
    signInAnswers,
  }
}

/** What the log says of an error: its message and stack, never a value of the request. */
function reasonOf(error: unknown): string {
  if (error instanceof Error) return error.stack ?? error.message
  return String(error)
}
