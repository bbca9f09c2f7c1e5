import { challengeOf } from '../authentication/bearer.ts'
import { currentContext, runInContext } from '../base/request-context.ts'
import { endpointRequirement } from '../guard/endpoint-requirement.ts'
import type { Requirement } from '../guard/requirement.ts'
import { authErrorFrom, errorReply } from '../http/reply.ts'
import type { Settings } from '../settings/settings.ts'
import { endpointThrottle } from './endpoint-throttle.ts'
import type { Guards } from './guards.ts'
import { IncomingRequestContext } from './incoming-request-context.ts'
import type { Instance } from './instance.ts'
import type { Internals } from './internals.ts'
import type { Lazy } from './lazy-instance.ts'
import { instanceRouter } from './router.ts'

/** The endpoints of an instance, its guards, and its answers to errors. */
export function createInternals(
  settings: Settings,
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
  const router = instanceRouter({
    endpoints: settings.endpoints,
    loginField: settings.users.loginField,
    authentication: settings.authentication,
    section: settings.section,
    open: async () => (await open()).core,
    trace: settings.telemetry ? async () => (await open()).trace : undefined,
    challenge,
    failed: logFailure,
    guard: (access) => guards.create(endpointRequirement(access)),
    ...endpointThrottle(settings, open),
  })
  return {
    owns: (url) => router(url) !== undefined,
    paths: router.paths,
    answer(request) {
      const route = router(request.url)
      if (route === undefined) return undefined
      const context = new IncomingRequestContext(request, settings, currentContext())
      return runInContext(context, () => route(request))
    },
    guard: (requirement) =>
      guards.create(requirement as Requirement<never, string> | undefined) as never,
    replyToError(error) {
      const authError = authErrorFrom(error)
      if (authError.code === 'server_error') logFailure(authError.cause)
      return errorReply(authError, challenge)
    },
  }
}

/** What the log says of an error: its message and stack, never a value of the request. */
const reasonOf = (error: unknown): string =>
  error instanceof Error ? (error.stack ?? error.message) : String(error)
