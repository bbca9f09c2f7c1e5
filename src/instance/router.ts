import { callHook } from '../base/call-hook.ts'
import { derivedToken } from '../features/api-tokens/derived-token.ts'
import { browserVerbs } from '../features/browser-sessions/verbs.ts'
import { keySet, type PublishedKeys } from '../features/key-set/key-set.ts'
import { revocations } from '../features/revocation-feed/revocations.ts'
import { obtainSliding, refreshSliding } from '../features/sliding-tokens/sliding.ts'
import * as endpoints from '../features/tokens/endpoints.ts'
import { hasThrottles, throttlesOf } from '../guard/throttles.ts'
import { answerOf, json, jsonValueOf } from '../http/answer.ts'
import type { Endpoint } from '../http/endpoint.ts'
import {
  type EndpointDeps,
  type EndpointRouter,
  endpointRouter,
} from '../http/endpoint-router.ts'
import type { Header } from '../http/request.ts'
import { withSpans } from '../observability/tracing.ts'
import type { EndpointName, Handler } from '../options.ts'
import type { Settings } from '../settings/settings.ts'
import { passwordSignIn } from '../sign-in/sign-in.ts'
import { throttleAll } from '../throttling/throttle.ts'
import { obtainPair, refreshPair } from '../tokens/pairs.ts'
import { blacklist, verifyAny } from '../tokens/verify-and-blacklist.ts'
import type { UserId } from '../users/user.ts'
import type { Instance } from './instance.ts'

export function instanceRouter(
  settings: Settings,
  open: () => Promise<Instance>,
  deps: Omit<EndpointDeps, 'count'>,
): EndpointRouter {
  const own = verbsOf(settings, open)
  const verbs = settings.telemetry ? withSpans(own, open) : own
  const { loginField } = settings.users
  const made: Readonly<Record<EndpointName, Endpoint>> = {
    obtain: endpoints.obtain(loginField, verbs),
    refresh: endpoints.refresh(verbs),
    verify: endpoints.verify(verbs),
    blacklist: endpoints.blacklist(verbs, settings.endpoints.slidingObtain !== undefined),
    slidingObtain: endpoints.obtainSliding(loginField, verbs),
    slidingRefresh: endpoints.refreshSliding(verbs),
    apiToken: endpoints.apiToken(verbs),
    login: endpoints.login(loginField, verbs),
    logout: endpoints.logout(verbs),
    // It is not mounted if the instance has no sessions.
    revocations: revocations(async (since) => (await open()).sessions!.published(since)),
  }
  const published = async (): Promise<PublishedKeys> => {
    const { ring } = await open()
    return { set: ring.published(), maxAge: ring.maxAge }
  }
  const mounted = Object.entries(settings.endpoints).map(
    ([name, { path, handle }]): Endpoint => ({
      ...around(handle, made[name as EndpointName]),
      path,
    }),
  )
  return endpointRouter([keySet(published), ...mounted], {
    ...deps,
    ...counting(settings, open),
  })
}

/** Counts requests to public endpoints, if there are rates to count by; their clients are anonymous (specification H09). */
function counting(
  settings: Settings,
  open: () => Promise<Instance>,
): Pick<EndpointDeps, 'count'> {
  if (!hasThrottles(settings.throttle)) return {}
  const throttles = throttlesOf(undefined, settings.throttle)
  return {
    async count(request) {
      const { hits, clock } = await open()
      const client = { userId: undefined, address: settings.addressOf(request) }
      await throttleAll(throttles({ hits, clock }), client, request)
    },
  }
}

/** The endpoint with the handler of the options, which may call the endpoint's own and change what that returns. */
function around(handle: Handler | undefined, endpoint: Endpoint): Endpoint {
  const { POST } = endpoint.methods
  if (handle === undefined || POST === undefined) return endpoint
  const wrapped: typeof POST.handle = async (fields, request, context) => {
    let headers: readonly Header[] = []
    const body = await handle(fields, request, async () => {
      const answer = answerOf(await POST.handle(fields, request, context))
      headers = answer.headers
      return jsonValueOf(answer)
    })
    return json(body, { headers })
  }
  return { ...endpoint, methods: { POST: { ...POST, handle: wrapped } } }
}

function verbsOf(
  settings: Settings,
  open: () => Promise<Instance>,
): endpoints.TokenVerbs {
  const signIn = passwordSignIn(settings)
  const signInAsSent = passwordSignIn({
    ...settings,
    users: { ...settings.users, trimPassword: false },
  })
  return {
    ...browserVerbs(settings, open),
    async obtain(login, password, request) {
      const instance = await open()
      return obtainPair(await signIn(login, password, request, instance), instance.deps)
    },
    async obtainSliding(login, password, request) {
      const instance = await open()
      return {
        token: await obtainSliding(
          await signIn(login, password, request, instance),
          instance.deps,
        ),
      }
    },
    async apiToken(login, password, request) {
      const instance = await open()
      const { user } = await signInAsSent(login, password, request, instance)
      const { token } = await derivedToken(user.id, instance.deriving)
      if (settings.sessions)
        void instance.audit.record({
          kind: 'signed_in',
          userId: user.id,
          detail: { with: 'api token' },
        })
      return { token }
    },
    refresh: async (token) => refreshPair(token, (await open()).deps),
    refreshSliding: async (token) => ({
      token: await refreshSliding(token, (await open()).deps),
    }),
    verify: async (token) => verifyAny(token, (await open()).deps),
    async blacklist(token, type) {
      const { deps, audit } = await open()
      const { sessionId, userId } = await blacklist(token, type, deps)
      void audit.record({
        kind: 'signed_out',
        userId: userId as UserId | undefined,
        sessionId,
      })
      await callHook(settings.log, 'on.signedOut', () =>
        settings.on.signedOut?.({ sessionId, userId }),
      )
    },
  }
}
