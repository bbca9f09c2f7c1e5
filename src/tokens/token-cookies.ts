import { createHmac } from 'node:crypto'
import type { Clock } from '../base/clock.ts'
import { AuthError } from '../base/errors.ts'
import {
  cookieValues,
  maxCookies,
  type SameSite,
  serializeCookie,
} from '../http/cookies.ts'
import { csrfError, refuseCrossSite } from '../http/cross-site.ts'
import { type CsrfSettings, csrfTokenOf, requireCsrfToken } from '../http/csrf.ts'
import { setsSecureCookies } from '../http/origins.ts'
import type { AuthRequest } from '../http/request.ts'
import type { Claims } from '../jwt/index.ts'
import type { SessionId } from '../sessions/session.ts'
import { sessionNamedBy } from './claims.ts'
import type { RefreshedTokens } from './pairs.ts'
import type { TokenDeps } from './token-settings.ts'
import { userIdIn } from './user-of-token.ts'
import { blacklist, blacklistByAccess, type Revoked } from './verify-and-blacklist.ts'

/** Cookies that carry tokens. The names are without their prefixes. */
export interface TokenCookies extends Omit<CsrfSettings, 'csrfCookie'> {
  /** `undefined`: access tokens have no cookie. */
  readonly access: string | undefined
  readonly refresh: string | undefined
  /** The cookie in which scripts find the CSRF token. */
  readonly csrf: string
  /** Whether names get `__Host-` or `__Secure-`. */
  readonly hasPrefix: boolean
  /** Where browsers send the refresh token. */
  readonly refreshPath: string
  /** `undefined`: to this host alone. */
  readonly domain: string | undefined
  readonly sameSite: SameSite | null
  /** Whether scripts cannot read the tokens. */
  readonly httpOnly: boolean
  /** Whether unsafe requests need a CSRF token. Their origin is always checked. */
  readonly needsCsrfToken: boolean
}

export interface TokenCookieDeps {
  readonly clock: Clock
  /** Keys of a purpose, the current one first. */
  derivedKeys(purpose: string): readonly Uint8Array[]
  readonly tokens: TokenDeps
}

/** What a response with cookies says of the tokens. */
export interface CookieTokenTimes {
  /** Those of the access token: whom a page shows as signed in. */
  readonly claims: Claims
  /** Seconds since 1970. */
  readonly accessExpiresAt: number
  /** `undefined` if there is no new refresh token. */
  readonly refreshExpiresAt?: number
  /** For the header `X-CSRFToken`. */
  readonly csrfToken: string
}

/** The `Set-Cookie` values that deliver tokens. */
export function cookiesWithTokens(
  { access, refresh }: RefreshedTokens,
  request: AuthRequest,
  settings: TokenCookies,
  deps: TokenCookieDeps,
): readonly string[] {
  const now = Math.floor(deps.clock())
  const set = cookieSetter(request, settings)
  const cookies: string[] = []
  if (settings.access !== undefined)
    cookies.push(set('access', access, expiryOf(access) - now))
  if (refresh === undefined) return cookies
  const lifetime = expiryOf(refresh) - now
  if (settings.refresh !== undefined) cookies.push(set('refresh', refresh, lifetime))
  // Without a refresh token that a page can use, nothing has to be done after the access token has expired.
  if (settings.needsCsrfToken)
    cookies.push(set('csrf', csrfTokenFor(access, deps), lifetime))
  return cookies
}

/** The `Set-Cookie` values that remove all tokens. */
export function cookiesWithoutTokens(
  request: AuthRequest,
  settings: TokenCookies,
): readonly string[] {
  const set = cookieSetter(request, settings)
  const kinds = (['access', 'refresh', 'csrf'] as const).filter(
    (kind) =>
      settings[kind] !== undefined && (kind !== 'csrf' || settings.needsCsrfToken),
  )
  return kinds.map((kind) => set(kind, '', 0))
}

/** What the body of such a response has in place of the tokens. */
export const timesOf = (
  { access, refresh }: RefreshedTokens,
  deps: TokenCookieDeps,
): CookieTokenTimes => ({
  claims: claimsIn(access),
  accessExpiresAt: expiryOf(access),
  ...(refresh !== undefined && { refreshExpiresAt: expiryOf(refresh) }),
  csrfToken: csrfTokenFor(access, deps),
})

type Kind = 'access' | 'refresh' | 'csrf'

const pathOf = (kind: Kind, { refreshPath }: TokenCookies): string =>
  kind === 'refresh' ? refreshPath : '/'

function cookieSetter(request: AuthRequest, settings: TokenCookies) {
  const secure = setsSecureCookies(request, settings)
  const { domain, sameSite } = settings
  return (kind: Kind, value: string, maxAge: number): string =>
    serializeCookie(nameOf(kind, secure, settings), value, {
      maxAge: Math.max(maxAge, 0),
      secure,
      httpOnly: kind !== 'csrf' && settings.httpOnly,
      path: pathOf(kind, settings),
      domain,
      sameSite,
    })
}

/** The prefixes make browsers refuse cookies that were not set over https, and with `__Host-`, by another host (rule H12). */
function nameOf(kind: Kind, secure: boolean, settings: TokenCookies): string {
  const name = settings[kind] ?? ''
  if (!secure || !settings.hasPrefix) return name
  const isOfHost = settings.domain === undefined && pathOf(kind, settings) === '/'
  return `${isOfHost ? '__Host-' : '__Secure-'}${name}`
}

/** The names under which a request may have a cookie, the safest first. */
function namesOf(
  kind: Kind,
  request: AuthRequest,
  settings: TokenCookies,
): readonly string[] {
  const secure = nameOf(kind, true, settings)
  const plain = nameOf(kind, false, settings)
  if (secure === plain || !settings.mayBePlain(request)) return [secure]
  return [secure, plain]
}

/** A token of usual length: as many of them as fit into a request's headers are read. */
const USUAL_LENGTH = 200

/**
 * The tokens in a request's cookies, by their form alone: those of the safest name that has some.
 *
 * There may be several: browsers send the cookies that other hosts of the domain have set, too.
 */
export function tokensInCookies(
  kind: 'access' | 'refresh',
  request: AuthRequest,
  settings: TokenCookies,
): readonly string[] {
  const header = request.header('cookie')
  if (header === undefined || settings[kind] === undefined) return []
  for (const name of namesOf(kind, request, settings)) {
    const tokens = cookieValues(name, header).filter((each) => each !== '')
    if (tokens.length > 0)
      return [...new Set(tokens)].slice(0, maxCookies(name, USUAL_LENGTH))
  }
  return []
}

/** A token whose signature is right, and the session that it names. */
interface SignedToken {
  readonly token: string
  readonly sessionId: SessionId
  readonly generation: number
  readonly userId: string | undefined
}

async function signedTokens(
  tokens: readonly string[],
  deps: TokenDeps,
): Promise<readonly SignedToken[]> {
  const read = await Promise.all(tokens.map((token) => signedToken(token, deps)))
  return read.filter((each) => each !== undefined)
}

async function signedToken(
  token: string,
  deps: TokenDeps,
): Promise<SignedToken | undefined> {
  try {
    const claims = await deps.verifyExpired(token)
    const named = sessionNamedBy(claims)
    if (named === undefined) return undefined
    const { id: sessionId, generation } = named
    return { token, sessionId, generation, userId: userIdIn(claims, deps.settings) }
  } catch (error) {
    if (isTokenFault(error)) return undefined
    throw error
  }
}

const isTokenFault = (error: unknown): boolean =>
  error instanceof AuthError && error.status === 401

/**
 * The refresh token of a request. Of several the one counts whose session the CSRF token belongs to: other hosts of the domain can set
 * cookies, but not the token that fits.
 *
 * @throws AuthError `csrf_failed`; `malformed` if the request has none
 */
export async function refreshTokenIn(
  request: AuthRequest,
  settings: TokenCookies,
  deps: TokenCookieDeps,
): Promise<string> {
  refuseCrossSite(request, settings)
  const tokens = tokensInCookies('refresh', request, settings)
  const [first] = tokens
  if (first === undefined) throw noRefreshToken()
  const signed = await signedTokens(tokens, deps.tokens)
  // The exchange of any other has the right error.
  if (signed.length === 0) return first
  const own = await ownTokens(signed, request, settings, deps)
  const newest = own.toSorted((a, b) => b.generation - a.generation)[0]
  if (newest === undefined) throw noRefreshToken()
  return newest.token
}

const noRefreshToken = (): AuthError =>
  new AuthError('malformed', 'no cookie has the refresh token of one session', {
    detail: 'No valid refresh token found.',
  })

/**
 * The tokens of the session whose CSRF token a request has; without CSRF tokens all, if they are one user's.
 *
 * @throws AuthError `csrf_failed`
 */
async function ownTokens(
  tokens: readonly SignedToken[],
  request: AuthRequest,
  settings: TokenCookies,
  deps: TokenCookieDeps,
): Promise<readonly SignedToken[]> {
  if (!settings.needsCsrfToken) {
    const users = new Set(tokens.map(({ userId }) => userId))
    if (users.size !== 1) return []
    return tokens
  }
  let fault: unknown = csrfError('CSRF token missing.')
  for (const id of new Set(tokens.map(({ sessionId }) => sessionId))) {
    try {
      await requireSessionCsrf(request, id, settings, deps)
      return tokens.filter(({ sessionId }) => sessionId === id)
    } catch (error) {
      fault = error
    }
  }
  throw fault
}

/** @throws AuthError `csrf_failed` */
export async function requireSessionCsrf(
  request: AuthRequest,
  sessionId: string,
  settings: TokenCookies,
  deps: Pick<TokenCookieDeps, 'derivedKeys'>,
): Promise<void> {
  if (!settings.needsCsrfToken) {
    refuseCrossSite(request, settings)
    return
  }
  const { trusts, mayBePlain } = settings
  const names = namesOf('csrf', request, settings)
  const header = request.header('cookie')
  const csrfCookie =
    names.find((name) => cookieValues(name, header).length > 0) ?? names[0] ?? ''
  await requireCsrfToken(request, csrfSecretsOf(sessionId, deps), {
    trusts,
    mayBePlain,
    csrfCookie,
  })
}

/** The session's part of its CSRF tokens: its id alone is no secret. */
const csrfSecretsOf = (
  sessionId: string,
  { derivedKeys }: Pick<TokenCookieDeps, 'derivedKeys'>,
): readonly string[] =>
  derivedKeys('csrf').map((key) =>
    createHmac('sha256', key).update(sessionId).digest('hex'),
  )

function csrfTokenFor(token: string, deps: Pick<TokenCookieDeps, 'derivedKeys'>): string {
  const [secret = ''] = csrfSecretsOf(String(claimsIn(token).sid), deps)
  return csrfTokenOf(secret)
}

/**
 * Revokes the sessions whose tokens are in a request's cookies.
 *
 * @param check `csrf` for a sign-out; `origin` before a sign-in, which no CSRF token can protect
 * @throws AuthError `csrf_failed`, `store_unavailable`
 */
export async function revokeCookieSessions(
  request: AuthRequest,
  check: 'csrf' | 'origin',
  settings: TokenCookies,
  deps: TokenCookieDeps,
): Promise<readonly Revoked[]> {
  refuseCrossSite(request, settings)
  const kinds = ['refresh', 'access'] as const
  const signed = await Promise.all(
    kinds.map((kind) =>
      signedTokens(tokensInCookies(kind, request, settings), deps.tokens),
    ),
  )
  const found = signed.flat()
  if (found.length === 0) return []
  const own = check === 'csrf' ? await ownTokens(found, request, settings, deps) : found
  const bySession = new Map(own.toReversed().map((each) => [each.sessionId, each]))
  const revoked = await Promise.all(
    [...bySession.values()].map(({ token }) => revokeBy(token, deps.tokens)),
  )
  return revoked.filter((each) => each !== undefined)
}

/** @returns `undefined` if the session had ended */
async function revokeBy(token: string, deps: TokenDeps): Promise<Revoked | undefined> {
  try {
    const isAccess = claimsIn(token)[deps.settings.typeClaim] === 'access'
    if (isAccess) return await blacklistByAccess(token, deps)
    return await blacklist(token, 'refresh', deps)
  } catch (error) {
    if (isTokenFault(error)) return undefined
    throw error
  }
}

/** The claims of a token that was issued or verified just now. */
const claimsIn = (token: string): Claims =>
  JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as Claims

export const expiryOf = (token: string): number => Number(claimsIn(token).exp)
