import { hash, timingSafeEqual } from 'node:crypto'
import type { SchemeDeps } from '../../authentication/scheme.ts'
import { after, type Seconds } from '../../base/clock.ts'
import { AuthError } from '../../base/errors.ts'
import { cookieValues, serializeCookie } from '../../http/cookies.ts'
import { hostOf, isLoopback } from '../../http/origins.ts'
import type { AuthRequest } from '../../http/request.ts'
import type { Session, SessionId } from '../../sessions/session.ts'
import type { User } from '../../users/user.ts'
import { type CsrfSettings, csrfTokenOf } from './csrf.ts'

/** On what terms browsers are signed in. */
export interface BrowserSessionSettings extends CsrfSettings {
  /** The name of the cookie without its prefix. */
  readonly cookie: string
  readonly lifetime: Seconds
}

/** A browser that is signed in: the row of its session, and the text whose digest that row is. */
export interface BrowserSession {
  readonly secret: string
  readonly session: Session
}

type World = Pick<SchemeDeps, 'sessions' | 'clock' | 'random'>

/** @throws AuthError `invalid_config` where there is no store of sessions */
export function requireSessions({
  sessions,
}: Pick<World, 'sessions'>): NonNullable<World['sessions']> {
  if (sessions !== undefined) return sessions
  throw new AuthError(
    'invalid_config',
    'session() needs tokens.sessions: without a store nobody stays signed in.',
  )
}

/** Octets that a secret has. */
const SIZE = 32

/** Signs a browser in: a new secret, never one that was sent (rule S1). @returns the secret, which is not kept */
export async function openBrowserSession(
  user: User,
  { lifetime }: BrowserSessionSettings,
  deps: World,
): Promise<string> {
  const secret = Buffer.from(deps.random(SIZE)).toString('base64url')
  const now = deps.clock()
  const expiresAt = after(now, lifetime)
  await requireSessions(deps).open({
    ...keptOf(secret),
    userId: user.id,
    createdAt: now,
    expiresAt,
    idleExpiresAt: expiresAt,
    epoch: user.epoch,
  })
  return secret
}

/**
 * What the store keeps of a secret: half of its digest to find it by, and the whole of it. No token names such a session, and
 * no secret can be found that names a token's.
 */
function keptOf(secret: string): Pick<Session, 'id' | 'jti'> {
  const digest = hash('sha256', secret, 'hex')
  return { id: digest.slice(0, 32) as SessionId, jti: digest }
}

/**
 * The session of a request's cookie, if that goes on; its user is not looked at.
 *
 * @throws AuthError where two cookies name two of them: one was put beside the other (rule H12)
 */
export async function findBrowserSession(
  request: AuthRequest,
  terms: BrowserSessionSettings,
  deps: World,
): Promise<BrowserSession | undefined> {
  const secret = secretOf(request, terms)
  if (secret === undefined) return undefined
  const { id, jti } = keptOf(secret)
  const state = await requireSessions(deps).find(id)
  if (state === undefined) return undefined
  const { session } = state
  const isIts =
    session.jti.length === jti.length &&
    timingSafeEqual(Buffer.from(session.jti), Buffer.from(jti))
  return isIts && session.endReason === undefined && deps.clock() < session.expiresAt
    ? { secret, session }
    : undefined
}

/** Whether a request bears a cookie that could be a session's. @throws AuthError as `findBrowserSession` */
export function secretOf(
  request: AuthRequest,
  terms: BrowserSessionSettings,
): string | undefined {
  const cookies = request.header('cookie')
  if (cookies === undefined) return undefined
  const names = terms.mayBePlain(request)
    ? [nameOf(terms, true), nameOf(terms, false)]
    : [nameOf(terms, true)]
  for (const name of names) {
    const [secret, ...others] = cookieValues(name, cookies)
    if (others.some((other) => other !== secret)) {
      throw new AuthError('authentication_failed', 'two session cookies', {
        detail: 'More than one session cookie.',
      })
    }
    if (secret !== undefined && /^[\w-]{43}$/.test(secret)) return secret
  }
  return undefined
}

/** The prefix makes browsers refuse the cookie unless this very host has set it over https (rule H12). */
const nameOf = ({ cookie }: BrowserSessionSettings, secure: boolean): string =>
  secure ? `__Host-${cookie}` : cookie

/** Whether cookies for this request are for https alone: as soon as the page that asks, or the connection, is. */
const isSecure = (
  request: AuthRequest,
  { mayBePlain }: BrowserSessionSettings,
): boolean =>
  !mayBePlain(request) ||
  request.header('origin')?.toLowerCase().startsWith('https:') === true

/** Seconds for which scripts find the CSRF token: a year, as with Django. */
const CSRF_LIFETIME = 31_449_600

/** What a browser is told when it is signed in. */
export function cookiesAtSignIn(
  secret: string,
  request: AuthRequest,
  terms: BrowserSessionSettings,
): readonly string[] {
  const secure = isSecure(request, terms)
  return [
    serializeCookie(terms.csrfCookie, csrfTokenOf(secret), {
      maxAge: CSRF_LIFETIME,
      secure,
      httpOnly: false,
    }),
    serializeCookie(nameOf(terms, secure), secret, {
      maxAge: terms.lifetime,
      secure,
      httpOnly: true,
    }),
  ]
}

/** What it is told when it is signed out. */
export function cookiesAtSignOut(
  request: AuthRequest,
  terms: BrowserSessionSettings,
): readonly string[] {
  const secure = isSecure(request, terms)
  return [
    serializeCookie(terms.csrfCookie, '', { maxAge: 0, secure, httpOnly: false }),
    serializeCookie(nameOf(terms, secure), '', { maxAge: 0, secure, httpOnly: true }),
  ]
}

/**
 * Whether plain http will do. Where nothing is said, on this machine itself: there a browser may keep no cookie that is for
 * https alone, and nobody listens.
 */
export const allowsPlainHttp =
  (secure: boolean | undefined) =>
  (request: AuthRequest): boolean =>
    !request.secure &&
    (secure === false || (secure === undefined && isLoopback(hostOf(request))))
