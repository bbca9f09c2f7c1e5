import {
  type Identity,
  type LibrarySchemeDeps,
  libraryScheme,
  type Scheme,
} from '../../authentication/scheme.ts'
import { days } from '../../base/clock.ts'
import { type Duration, secondsOf } from '../../base/duration.ts'
import { AuthError } from '../../base/errors.ts'
import { argumentOf, refuseUnknownOptions } from '../../base/known-options.ts'
import { requireOwnSite } from '../../http/cross-site.ts'
import { requireCsrfToken } from '../../http/csrf.ts'
import { mayChange, opensWebSocket, trustedOrigins } from '../../http/origins.ts'
import { allowsPlainHttp } from '../../http/plain-http.ts'
import type { AuthRequest } from '../../http/request.ts'
import { mayUse } from '../../tokens/token-settings.ts'
import type { User } from '../../users/user.ts'
import type { EndpointSettings } from '../core.ts'
import {
  type BrowserSession,
  type BrowserSessionSettings,
  findBrowserSessions,
  hasSessionCookie,
  requireSessions,
} from './browser-session.ts'

export interface SessionOptions {
  /** The cookie's name, before which `__Host-` is put if it is for https alone. Default `sessionid`. SESSION_COOKIE_NAME */
  readonly cookie?: string
  /** The name of the cookie with the CSRF token. Default `csrftoken`. CSRF_COOKIE_NAME */
  readonly csrfCookie?: string
  /** How long a browser stays signed in, at most. Default 14 days. SESSION_COOKIE_AGE */
  readonly lifetime?: Duration
  /**
   * Whether cookies are for https alone. Default: yes, but for plain http within this machine (`http://localhost:8000`) without a
   * proxy. SESSION_COOKIE_SECURE
   */
  readonly secure?: boolean
  /** Origins of other hosts whose pages may send requests with the cookie, such as `https://*.example.com`. CSRF_TRUSTED_ORIGINS */
  readonly origins?: readonly string[]
}

/**
 * A cookie, and on requests that change something a CSRF token: for pages of your own in a browser. Django REST framework's
 * Django REST framework's `SessionAuthentication` on the wire, and the endpoints that sign in and out.
 *
 * @throws AuthError `invalid_config`
 */
export function session(options: SessionOptions = {}): Scheme<User> {
  refuseUnknownOptions(options, OPTIONS, argumentOf('session'))
  const browser = browserSettings(options)
  const scheme = libraryScheme<User>(
    (deps) => {
      requireSessions(deps)
      const settings = browser(deps)
      return {
        name: 'session',
        identify(request) {
          if (!hasSessionCookie(request, settings)) return undefined
          return identityOf(request, settings, deps)
        },
      }
    },
    (settings) => [
      {
        name: 'session',
        scheme: {
          type: 'apiKey',
          in: 'cookie',
          name: browser(settings).cookie,
          description: 'Over https the name begins with `__Host-`.',
        },
        csrf: true,
      },
    ],
  )
  const made: BrowserScheme = Object.assign(scheme, {
    madeBy: session,
    browser,
  })
  return made
}

const OPTIONS = {
  cookie: true,
  csrfCookie: true,
  lifetime: true,
  secure: true,
  origins: true,
} as const

interface BrowserScheme extends Scheme<User> {
  readonly browser: SettingsBehind
}

/** The settings of a scheme in an instance. */
type SettingsBehind = (instance: {
  readonly behindProxy: boolean
}) => BrowserSessionSettings

const isBrowserScheme = (scheme: Scheme<unknown>): scheme is BrowserScheme =>
  scheme.madeBy === session

/** The settings of the instance's first `session()`. @throws AuthError `invalid_config` if it has none */
export function browserSettingsIn(
  settings: Pick<EndpointSettings, 'authentication' | 'behindProxy'>,
): BrowserSessionSettings {
  const scheme = settings.authentication.find(isBrowserScheme)
  if (scheme === undefined) throw refused('put it into the option authentication.')
  return scheme.browser(settings)
}

/**
 * The settings of the sessions of pages: those of the instance's first `session()`. Without one the defaults: the routes of the
 * application do not take the cookie then.
 */
export const pageSessionSettings = (
  settings: Pick<EndpointSettings, 'authentication' | 'behindProxy'>,
): BrowserSessionSettings =>
  (settings.authentication.find(isBrowserScheme)?.browser ?? DEFAULTS)(settings)

/** Whether the routes of the application take the cookie that the pages set. */
export const hasBrowserScheme = (schemes: readonly Scheme<unknown>[]): boolean =>
  schemes.some(isBrowserScheme)

async function identityOf(
  request: AuthRequest,
  settings: BrowserSessionSettings,
  deps: LibrarySchemeDeps,
): Promise<Identity | undefined> {
  const sessions = await findBrowserSessions(request, settings, deps)
  const found = await Promise.all(sessions.map((each) => signedInBy(each, deps)))
  const [newest, ...others] = found.filter((each) => each !== undefined)
  if (newest === undefined) return undefined
  const { user, session, secret } = newest
  // One of them may be an attacker's, so that the user acts as him (rule H12). Signing in again revokes both.
  if (others.some((other) => other.user.id !== user.id)) return undefined
  // A page of this host without the token may send `Upgrade` with a POST, too.
  if (mayChange(request)) await requireCsrfToken(request, [secret], settings)
  else if (opensWebSocket(request)) requireOwnSite(request, settings)
  const { id: sessionId, actor, authTime, amr } = session
  return { user, scheme: 'session', sessionId, actor, authTime, amr }
}

/** A session with its user, if the user may use it. */
async function signedInBy(
  found: BrowserSession,
  { users, settings }: LibrarySchemeDeps,
): Promise<(BrowserSession & { readonly user: User }) | undefined> {
  const { userId, epoch } = found.session
  if (userId === undefined) return undefined
  const account = await users.find('id', userId)
  if (account === undefined || !mayUse(account.user, settings)) return undefined
  // As in Django, and independent of `tokens.checkRevoke`: others may have known the old password.
  if (account.user.epoch !== epoch) return undefined
  return { ...found, user: account.user }
}

function browserSettings({
  cookie = 'sessionid',
  csrfCookie = 'csrftoken',
  ...rest
}: SessionOptions): SettingsBehind {
  const { lifetime = '14d', secure, origins = [] } = rest
  for (const name of [cookie, csrfCookie]) {
    if (!/^(?!__)[!#$%&'*+.^_`|~\w-]+$/.test(name)) {
      throw refused(
        `"${name}" cannot be a cookie's name: write it without "__Host-", which is added.`,
      )
    }
  }
  const parsed = secondsOf(lifetime)
  if (parsed === undefined || parsed < 1 || parsed > days(366)) {
    throw refused(
      'lifetime must be a length of time from 1 second to 366 days, such as "14d".',
    )
  }
  const trusts = trustedOrigins(origins, 'session({ origins })')
  return ({ behindProxy }) => ({
    cookie,
    csrfCookie,
    lifetime: parsed,
    trusts,
    mayBePlain: allowsPlainHttp(secure, behindProxy),
  })
}

const refused = (message: string): AuthError =>
  new AuthError('invalid_config', `session(): ${message}`)

const DEFAULTS: SettingsBehind = browserSettings({})
