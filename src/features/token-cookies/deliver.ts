import { json } from '../../http/answer.ts'
import { setCookies } from '../../http/cookies.ts'
import { refuseCrossSite } from '../../http/cross-site.ts'
import type { AuthRequest, Header } from '../../http/request.ts'
import type { RefreshedTokens } from '../../tokens/pairs.ts'
import {
  cookiesWithoutTokens,
  cookiesWithTokens,
  revokeCookieSessions,
  type TokenCookies,
  timesOf,
} from '../../tokens/token-cookies.ts'
import type { Core } from '../core.ts'

/**
 * The answer of an endpoint that issues tokens: the tokens and other members, or with `tokens.transport: "cookie"` the cookies and their
 * times of expiry.
 *
 * @param more headers beside those of the cookies
 */
export function deliver(
  tokens: RefreshedTokens,
  request: AuthRequest,
  core: Core,
  more: readonly Header[] = [],
): object {
  const { tokenCookies } = core
  if (tokenCookies === undefined) return tokens
  const cookies = cookiesWithTokens(tokens, request, tokenCookies, core)
  const { access: _, refresh: __, ...others } = tokens
  const body = { ...others, ...timesOf(tokens, core) }
  return json(body, { headers: [...setCookies(cookies), ...more] })
}

/**
 * Delivers the tokens of a sign-in: cookies replace those of another session, which is revoked.
 *
 * @param signIn runs once the request is known to come from a page of this site: other sites must not sign in their visitors
 * @param more headers beside those of the cookies, asked for after `signIn`
 * @throws AuthError `csrf_failed`
 */
export async function deliverSignIn(
  request: AuthRequest,
  core: Core,
  signIn: () => Promise<RefreshedTokens>,
  more: () => readonly Header[] = () => [],
): Promise<object> {
  const { tokenCookies } = core
  if (tokenCookies === undefined) return signIn()
  refuseCrossSite(request, tokenCookies)
  const tokens = await signIn()
  await endSessions(request, 'origin', tokenCookies, core)
  return deliver(tokens, request, core, more())
}

/** Revokes the sessions of a request's cookies, and removes these in any case. @throws AuthError `csrf_failed` */
export async function signOutByCookies(
  request: AuthRequest,
  cookies: TokenCookies,
  core: Core,
): Promise<object> {
  await endSessions(request, 'csrf', cookies, core)
  return json({}, { headers: setCookies(cookiesWithoutTokens(request, cookies)) })
}

export async function endSessions(
  request: AuthRequest,
  check: 'csrf' | 'origin',
  cookies: TokenCookies,
  core: Core,
): Promise<void> {
  const revoked = await revokeCookieSessions(request, check, cookies, core)
  for (const { sessionId, userId } of revoked)
    await core.signedOut({ sessionId, userId: userId as never })
}
