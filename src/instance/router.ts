import { callHook } from '../base/call-hook.ts'
import { derivedToken } from '../features/api-tokens/derived-token.ts'
import { browserVerbs } from '../features/browser-sessions/verbs.ts'
import {
  answerKeySet,
  KEY_SET_PATH,
  type Published,
} from '../features/key-set/key-set.ts'
import { revocations } from '../features/revocation-feed/revocations.ts'
import { obtainSliding, refreshSliding } from '../features/sliding-tokens/sliding.ts'
import * as endpoints from '../features/tokens/endpoints.ts'
import { hasThrottles, throttlesOf } from '../guard/throttles.ts'
import { type Endpoint, type EndpointContext, handleEndpoint } from '../http/endpoint.ts'
import type { AuthReply, AuthRequest } from '../http/request.ts'
import { createRouter } from '../http/router.ts'
import { withSpans } from '../observability/tracing.ts'
import type { EndpointName, Handler } from '../options.ts'
import type { Settings } from '../settings/settings.ts'
import { passwordSignIn } from '../sign-in/sign-in.ts'
import { throttleAll } from '../throttling/throttle.ts'
import { obtainPair, refreshPair } from '../tokens/pairs.ts'
import { blacklist, verifyAny } from '../tokens/verify-and-blacklist.ts'
import type { UserId } from '../users/user.ts'
import type { Instance } from './instance.ts'

/** What answers a request target, the last slash of its path there or not. It never rejects. */
export interface Router {
  (url: string): ((request: AuthRequest) => Promise<AuthReply>) | undefined
  /** Without the last slash. */
  readonly paths: readonly string[]
}

export function instanceRouter(
  settings: Settings,
  open: () => Promise<Instance>,
  told: Omit<EndpointContext, 'count'>,
): Router {
  const throttles = throttlesOf(undefined, settings.throttle)
  /** The endpoints have no schemes: whoever asks is anonymous, and an address (specification H09). */
  const count = async (request: AuthRequest): Promise<void> => {
    const { hits, clock } = await open()
    const caller = { userId: undefined, address: settings.addressOf(request) }
    await throttleAll(throttles({ hits, clock }), caller, request)
  }
  const terms: EndpointContext = hasThrottles(settings.throttle)
    ? { ...told, count }
    : told
  const own = verbsOf(settings, open)
  const verbs = settings.telemetry ? withSpans(own, open) : own
  const { loginField } = settings.users
  const made: Readonly<Record<Exclude<EndpointName, 'revocations'>, Endpoint>> = {
    obtain: endpoints.obtain(loginField, verbs),
    refresh: endpoints.refresh(verbs),
    verify: endpoints.verify(verbs),
    blacklist: endpoints.blacklist(verbs, settings.endpoints.slidingObtain !== undefined),
    slidingObtain: endpoints.obtainSliding(loginField, verbs),
    slidingRefresh: endpoints.refreshSliding(verbs),
    apiToken: endpoints.apiToken(verbs),
    login: endpoints.login(loginField, verbs),
    logout: endpoints.logout(verbs),
  }
  const published = async (): Promise<Published> => {
    const { ring } = await open()
    return { set: ring.published(), maxAge: ring.maxAge }
  }
  type Route = ReturnType<Router>
  const keySet: Route = (request) =>
    answerKeySet(request, published, (error) => terms.failed(error, request))
  // It is not mounted where there are no sessions.
  const ended = async (since: number | undefined): Promise<object> =>
    (await open()).sessions!.published(since)
  const mounted = Object.entries(settings.endpoints).map(
    ([key, { path, handle }]): readonly [string, Route] => {
      const name = key as EndpointName
      if (name === 'revocations') return [path, revocations(ended, terms.failed)]
      const endpoint = around(handle, made[name])
      return [path, (request) => handleEndpoint(endpoint, request, terms)]
    },
  )
  return createRouter<Route>([[KEY_SET_PATH, keySet], ...mounted])
}

const around = (handle: Handler | undefined, endpoint: Endpoint): Endpoint =>
  handle === undefined
    ? endpoint
    : {
        ...endpoint,
        handle: (fields, request, setCookie) =>
          handle(fields, request, async () =>
            endpoint.handle(fields, request, setCookie),
          ),
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
