import { hash, timingSafeEqual } from 'node:crypto'
import { after, type Seconds } from '../../base/clock.ts'
import { Refusal } from '../../base/errors.ts'
import type { AuthRequest } from '../../http/request.ts'
import type { Session, SessionId } from '../../sessions/session.ts'
import type { User } from '../../users/user.ts'
import { cookiesNamed, cookieText } from '../../http/cookies.ts'
import { type CsrfTerms, csrfTokenOf } from './csrf.ts'
import { hostOf, isLoopback } from '../../http/origins.ts'
import type { AuthenticationWorld } from '../../authentication/scheme.ts'

/** On what terms browsers are signed in. */
export interface BrowserTerms extends CsrfTerms {
  /** The name of the cookie without its prefix. */
  readonly cookie: string
  readonly lifetime: Seconds
}

/** A browser that is signed in: the row of its session, and the text whose digest that row is. */
export interface BrowserSession {
  readonly secret: string
  readonly session: Session
}

type World = Pick<AuthenticationWorld, 'sessions' | 'clock' | 'random'>

/** @throws Refusal `config_refused` where there is no store of sessions */
export function sessionsOf({ sessions }: Pick<World, 'sessions'>): NonNullable<World['sessions']> {
  if (sessions !== undefined) return sessions
  throw new Refusal('config_refused', 'session() needs tokens.sessions: without a store nobody stays signed in.')
}

/** Octets that a secret has. */
const SIZE = 32

/** Signs a browser in: a new secret, never one that was sent (rule S1). @returns the secret, which is not kept */
export async function openBrowserSession(user: User, { lifetime }: BrowserTerms, world: World): Promise<string> {
  const secret = Buffer.from(world.random(SIZE)).toString('base64url')
  const now = world.clock()
  const expiresAt = after(now, lifetime)
  await sessionsOf(world).open({
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
 * @throws Refusal where two cookies name two of them: one was put beside the other (rule H12)
 */
export async function findBrowserSession(
  request: AuthRequest,
  terms: BrowserTerms,
  world: World,
): Promise<BrowserSession | undefined> {
  const secret = secretIn(request, terms)
  if (secret === undefined) return undefined
  const { id, jti } = keptOf(secret)
  const state = await sessionsOf(world).find(id)
  if (state === undefined) return undefined
  const { session } = state
  const isIts = session.jti.length === jti.length && timingSafeEqual(Buffer.from(session.jti), Buffer.from(jti))
  return isIts && session.endReason === undefined && world.clock() < session.expiresAt ? { secret, session } : undefined
}

/** Whether a request bears a cookie that could be a session's. @throws Refusal as `findBrowserSession` */
export function secretIn(request: AuthRequest, terms: BrowserTerms): string | undefined {
  const cookies = request.header('cookie')
  if (cookies === undefined) return undefined
  const names = terms.mayBePlain(request) ? [nameOf(terms, true), nameOf(terms, false)] : [nameOf(terms, true)]
  for (const name of names) {
    const [secret, ...others] = cookiesNamed(name, cookies)
    if (others.some((other) => other !== secret)) {
      throw new Refusal('authentication_failed', 'two session cookies', { detail: 'More than one session cookie.' })
    }
    if (secret !== undefined && /^[\w-]{43}$/.test(secret)) return secret
  }
  return undefined
}

/** The prefix makes browsers refuse the cookie unless this very host has set it over https (rule H12). */
const nameOf = ({ cookie }: BrowserTerms, secure: boolean): string => (secure ? `__Host-${cookie}` : cookie)

/** Whether cookies for this request are for https alone: as soon as the page that asks, or the connection, is. */
const isSecure = (request: AuthRequest, { mayBePlain }: BrowserTerms): boolean =>
  !mayBePlain(request) || request.header('origin')?.toLowerCase().startsWith('https:') === true

/** Seconds for which scripts find the CSRF token: a year, as with Django. */
const CSRF_LIFETIME = 31_449_600

/** What a browser is told when it is signed in. */
export function cookiesAtSignIn(secret: string, request: AuthRequest, terms: BrowserTerms): readonly string[] {
  const secure = isSecure(request, terms)
  return [
    cookieText(terms.csrfCookie, csrfTokenOf(secret), { maxAge: CSRF_LIFETIME, secure, httpOnly: false }),
    cookieText(nameOf(terms, secure), secret, { maxAge: terms.lifetime, secure, httpOnly: true }),
  ]
}

/** What it is told when it is signed out. */
export function cookiesAtSignOut(request: AuthRequest, terms: BrowserTerms): readonly string[] {
  const secure = isSecure(request, terms)
  return [
    cookieText(terms.csrfCookie, '', { maxAge: 0, secure, httpOnly: false }),
    cookieText(nameOf(terms, secure), '', { maxAge: 0, secure, httpOnly: true }),
  ]
}

/**
 * Whether plain http will do. Where nothing is said, on this machine itself: there a browser may keep no cookie that is for
 * https alone, and nobody listens.
 */
export const plainness =
  (secure: boolean | undefined) =>
  (request: AuthRequest): boolean =>
    !request.secure && (secure === false || (secure === undefined && isLoopback(hostOf(request))))
