import { hash, timingSafeEqual } from 'node:crypto'
import { after, type Clock, type Seconds } from '../../base/clock.ts'
import { AuthError } from '../../base/errors.ts'
import { listIf } from '../../base/optional.ts'
import type { Random } from '../../base/random.ts'
import { cookieValues, maxCookies, serializeCookie } from '../../http/cookies.ts'
import { type CsrfSettings, csrfTokenOf } from '../../http/csrf.ts'
import { setsSecureCookies } from '../../http/origins.ts'
import type { AuthRequest } from '../../http/request.ts'
import type { CheckedSignIn } from '../../sessions/checked-sign-in.ts'
import type { SessionId, SessionState, StoredSession } from '../../sessions/session.ts'
import type { SessionManager } from '../../sessions/session-manager.ts'
import type { StartedSignIn } from '../../sign-in/complete-sign-in.ts'
import type { SignedOut } from '../core.ts'

/** The parsed options of `session()`. */
export interface BrowserSessionSettings extends CsrfSettings {
  /** The name of the cookie without its prefix. */
  readonly cookie: string
  readonly lifetime: Seconds
}

/** The session of a browser, and the secret in its cookie; the store has the digest of it. */
export interface BrowserSession {
  readonly secret: string
  readonly session: StoredSession
}

export interface BrowserSessionDeps {
  readonly sessions: SessionManager | undefined
  readonly clock: Clock
  readonly random: Random
}

/** @throws AuthError `invalid_config` if `tokens.sessions` is false */
export function requireSessions({
  sessions,
}: {
  readonly sessions: SessionManager | undefined
}): SessionManager {
  if (sessions !== undefined) return sessions
  throw new AuthError(
    'invalid_config',
    'session() needs stored sessions: set tokens.sessions to true, or remove session().',
  )
}

/** Length of a cookie's secret, in bytes. */
const SIZE = 32

/** Starts the session of a browser with a new secret, never one that a request brought (rule S1). @returns the secret */
export async function openBrowserSession(
  { account: { user }, origin }: CheckedSignIn,
  { lifetime }: BrowserSessionSettings,
  deps: BrowserSessionDeps,
): Promise<StartedSignIn<string>> {
  const secret = Buffer.from(deps.random(SIZE)).toString('base64url')
  const now = deps.clock()
  const expiresAt = after(now, lifetime)
  const kept = keptOf(secret)
  await requireSessions(deps).open({
    ...kept,
    userId: user.id,
    createdAt: now,
    expiresAt,
    idleExpiresAt: expiresAt,
    epoch: user.epoch,
    origin,
  })
  return { result: secret, sessionId: kept.id }
}

/**
 * What the store keeps of a secret: half of its digest as the id, and the whole digest. No token can name such a session,
 * and no secret can be found that names a token's session.
 */
function keptOf(secret: string): Pick<StoredSession, 'id' | 'jti'> {
  const digest = hash('sha256', secret, 'hex')
  return { id: digest.slice(0, 32) as SessionId, jti: digest }
}

/**
 * The live sessions of a request's cookies, the newest first; their users are not checked.
 *
 * A browser sends the cookies that other hosts of the domain have set, too, and does not show which is whose: those that are no live
 * sessions do not count, and without `__Host-` an attacker may have added a session of his own (rule H12).
 */
export async function findBrowserSessions(
  request: AuthRequest,
  settings: BrowserSessionSettings,
  deps: BrowserSessionDeps,
): Promise<readonly BrowserSession[]> {
  for (const secrets of secretsByName(request, settings)) {
    const live = await liveSessions(secrets, deps)
    if (live.length > 0)
      return live.toSorted((a, b) => b.session.createdAt - a.session.createdAt)
  }
  return []
}

async function liveSessions(
  secrets: readonly string[],
  deps: BrowserSessionDeps,
): Promise<readonly BrowserSession[]> {
  const keptSecrets = secrets.map((secret) => ({ secret, ...keptOf(secret) }))
  const states = await findAll(
    keptSecrets.map(({ id }) => id),
    requireSessions(deps),
  )
  const byId = new Map(states.map(({ session }) => [session.id, session]))
  return keptSecrets.flatMap(({ secret, id, jti }) => {
    const session = byId.get(id)
    if (session === undefined || !isLive(session, jti, deps)) return []
    return [{ secret, session }]
  })
}

/** One query, however many cookies there are; for one cookie, as nearly always, the query that is prepared. */
async function findAll(
  ids: readonly SessionId[],
  sessions: SessionManager,
): Promise<readonly SessionState[]> {
  const [id, ...others] = ids
  if (id === undefined) return []
  if (others.length > 0) return sessions.findAll(ids)
  const state = await sessions.find(id)
  if (state === undefined) return []
  return [state]
}

function isLive(
  session: StoredSession,
  jti: string,
  { clock }: BrowserSessionDeps,
): boolean {
  const isEnded = session.revokeReason !== undefined || clock() >= session.expiresAt
  return isOf(session, jti) && !isEnded
}

const isOf = (session: StoredSession, jti: string): boolean =>
  session.jti.length === jti.length &&
  timingSafeEqual(Buffer.from(session.jti), Buffer.from(jti))

export async function revokeBrowserSession(
  { session: { id, userId } }: BrowserSession,
  deps: BrowserSessionDeps & { signedOut(session: SignedOut): Promise<void> },
): Promise<void> {
  const revoked = await requireSessions(deps).revoke(id, 'logout', deps.clock())
  if (revoked) await deps.signedOut({ sessionId: id, userId })
}

/** The secrets in a request's cookies, by their form alone: those with the prefix `__Host-`, which others cannot set, first. */
function secretsByName(
  request: AuthRequest,
  settings: BrowserSessionSettings,
): readonly (readonly string[])[] {
  const cookies = request.header('cookie')
  if (cookies === undefined) return []
  const names = [
    nameOf(settings, true),
    ...listIf(settings.mayBePlain(request), nameOf(settings, false)),
  ]
  return names.map((name) => {
    const secrets = cookieValues(name, cookies).filter((each) => SECRET.test(each))
    return [...new Set(secrets)].slice(0, maxCookies(name, SECRET_LENGTH))
  })
}
/** 256 bits in base64url. */
const SECRET_LENGTH = 43
const SECRET = /^[\w-]{43}$/

/** Whether a request has a cookie that may be a session's, by its form alone. */
export const hasSessionCookie = (
  request: AuthRequest,
  settings: BrowserSessionSettings,
): boolean => secretsByName(request, settings).some((each) => each.length > 0)

/** The prefix makes browsers refuse the cookie unless this very host has set it over https (rule H12). */
const nameOf = ({ cookie }: BrowserSessionSettings, secure: boolean): string =>
  secure ? `__Host-${cookie}` : cookie

/** Seconds that the CSRF cookie lives: a year, as in Django. */
const CSRF_LIFETIME = 31_449_600

/** The `Set-Cookie` values of a sign-in. */
export function cookiesAtSignIn(
  secret: string,
  request: AuthRequest,
  settings: BrowserSessionSettings,
): readonly string[] {
  const secure = setsSecureCookies(request, settings)
  return [
    serializeCookie(settings.csrfCookie, csrfTokenOf(secret), {
      maxAge: CSRF_LIFETIME,
      secure,
      httpOnly: false,
    }),
    serializeCookie(nameOf(settings, secure), secret, {
      maxAge: settings.lifetime,
      secure,
      httpOnly: true,
    }),
  ]
}

/** The `Set-Cookie` values of a sign-out. */
export function cookiesAtSignOut(
  request: AuthRequest,
  settings: BrowserSessionSettings,
): readonly string[] {
  const secure = setsSecureCookies(request, settings)
  return [
    serializeCookie(settings.csrfCookie, '', { maxAge: 0, secure, httpOnly: false }),
    serializeCookie(nameOf(settings, secure), '', { maxAge: 0, secure, httpOnly: true }),
  ]
}

/** The session of a cookie's secret, live or not. */
export async function findKeptSession(
  secret: string,
  { sessions }: Pick<BrowserSessionDeps, 'sessions'>,
): Promise<SessionState | undefined> {
  const { id, jti } = keptOf(secret)
  const state = await sessions?.find(id)
  if (state !== undefined && isOf(state.session, jti)) return state
  return undefined
}
