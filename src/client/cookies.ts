import { isOfThisPage } from './address-bar.ts'
import { isEnd } from './answer.ts'
import { type Call, call } from './call.ts'
import { claimsOf, isRecord, recordOf } from './claims.ts'
import type { Answer, Core, Held } from './core.ts'
import { followPage, isHidden } from './follow-page.ts'
import { locked } from './lock.ts'
import { later, type Platform, sleep, tried, type WebStorage } from './platform.ts'
import { recover, tryRefresh, untilAllowed } from './refresh.ts'
import { clear } from './session.ts'
import { webStorage } from './storage.ts'
import { storeIn } from './stored.ts'
import type { TransportOption } from './types.ts'

export const CSRF_HEADER = 'X-CSRFToken'

/** The token in the cookie, read at each request: another tab may have signed in again. */
const csrfCookie = ({ document }: Platform): string | undefined =>
  /(?:^|; )(?:__Host-|__Secure-)?csrftoken=([^;]+)/.exec(
    tried(() => document?.cookie) ?? '',
  )?.[1]

/** Tokens, or a session, in cookies that no script can read. */
function useCookies(core: Core): void {
  followPage(core)
  const { platform, settings } = core
  const readsCookies = isOfThisPage(platform, settings.base)
  const csrfToken = () => (readsCookies && csrfCookie(platform)) || core.csrf

  function csrfHeaders(): Record<string, string> {
    const token = csrfToken()
    return token ? { [CSRF_HEADER]: token } : {}
  }

  Object.assign(core, {
    cookies: { credentials: 'include' },
    csrfHeaders,
    ask: (_: unknown, stop: Call['stop']) =>
      call(core, `${settings.tokens}/refresh/`, { stop }),
    received({ access, claims, csrfToken: csrf }: Record<string, unknown>) {
      if (typeof access === 'string') return { access, csrf, claims: claimsOf(access) }
      return typeof csrf === 'string' && { csrf, claims: recordOf(claims) }
    },
    async after403(response: Response, sent: Record<string, string>) {
      const next = csrfHeaders()
      if (next[CSRF_HEADER] === sent[CSRF_HEADER]) return undefined
      const text = await startOf(response, platform)
      if (!text.includes('"CSRF Failed')) return undefined
      return { ...sent, ...next }
    },
    /** The access cookie has expired: no token was sent. */
    isRefused: async (response: Response) =>
      /"detail" *: *"Authentication credentials were not/.test(
        await startOf(response, platform),
      ),
    async recoverCookie(held: Held, sent: Record<string, string>) {
      if (sent[CSRF_HEADER] !== csrfToken()) return false
      // A cookie does not show whether it was the newest.
      if (core.clock.now() - core.refreshedAt < 10_000) return true
      const next = await (core.recover?.(held) ?? recover(core, held))
      return next !== undefined
    },
  })
  // Node.js shares nothing with a page. What it renders is "loading", as in the page that follows.
  core.restore = async () => {
    await undefined
    clear(core)
  }
  if (!platform.location) return

  const { read, resume } = storeIn(core, {
    // For the CSRF token of another origin, and for a sign-out that was not sent.
    storage: webStorage(() => platform.localStorage as WebStorage),
    lock: locked,
    stateOf({ csrf = core.csrf }) {
      if (readsCookies || !csrf) return undefined
      return { csrf }
    },
    // A browser has one session of cookies.
    isOwn: () => core.session !== undefined || core.isUnsure === true,
  })

  core.restore = async () => {
    const { out, csrf } = await read()
    if (core.state.status !== 'loading') return
    core.csrf = csrf
    const mayHaveSession = !readsCookies || csrfToken()
    if (resume(out) || !mayHaveSession || !platform.document) return clear(core)
    core.isUnsure = true
    await tryRefresh(core)
    if (core.state.status !== 'loading') return
    clear(core, 'unknown')
    core.isUnsure = true
    askLater()
  }

  /** Without a definite answer the server is asked until it gives one. */
  function askLater(): void {
    later(platform, Math.max(untilAllowed(core), 1000), async () => {
      if (!core.isUnsure || core.isClosed) return
      if (!isHidden(platform)) await tryRefresh(core)
      askLater()
    })
  }
}

/** Tokens in cookies: `tokens: { transport: 'cookie' }` of the server. */
export const tokenCookies = useCookies as unknown as TransportOption

/** The cookie of the server's `session()`. */
export const sessionCookie = ((core: Core) => {
  useCookies(core)
  const { accounts } = core.settings
  Object.assign(core, {
    signInAddress: `${accounts}/login/`,
    signOutAddress: `${accounts}/logout/`,
    ask: (_: unknown, stop: Call['stop']) =>
      call(core, `${accounts}/me/`, { method: 'GET', stop }),
    received: ({
      access,
      claims,
      user,
      csrfToken: csrf,
      ...body
    }: Record<string, unknown>) =>
      access === undefined &&
      (isRecord(user) || 'id' in body) && {
        csrf,
        claims: recordOf(claims ?? user ?? body),
      },
    isEnd: (answer: Answer) =>
      isEnd(answer) || (answer.status === 403 && 'detail' in answer.body),
    // The cookie is the same.
    async recover(held: Held) {
      await recover(core, held)
    },
  })
}) as unknown as TransportOption

/** The first part of a body, without reading the caller's; nothing in React Native, which has no streams. */
async function startOf(response: Response, platform: Platform): Promise<string> {
  const reader = response.clone().body?.getReader()
  const first = reader
    ?.read()
    .then(({ value = [] }) => String.fromCharCode(...value.slice(0, 4096)))
  const text = await Promise.race([first?.catch(() => ''), sleep(platform, 1000)])
  reader?.cancel().catch(() => {})
  return text ?? ''
}
