import { AuthError } from '../base/errors.ts'
import { requireOwnSite } from '../http/cross-site.ts'
import { mayChange, opensWebSocket } from '../http/origins.ts'
import type { AuthRequest } from '../http/request.ts'
import {
  requireSessionCsrf,
  type TokenCookies,
  tokensInCookies,
} from '../tokens/token-cookies.ts'
import type { User } from '../users/user.ts'
import { challengesOfBearer, identifyBearer } from './bearer.ts'
import {
  type Identity,
  type LibrarySchemeDeps,
  libraryScheme,
  type Scheme,
  type SecurityDescription,
} from './scheme.ts'

/**
 * The access token in its cookie, and on requests that change something a CSRF token: with `tokens.transport: "cookie"`.
 *
 * @throws AuthError `invalid_config` at the start with another transport
 */
export const accessCookie = (): Scheme<User> =>
  Object.assign(
    libraryScheme<User>(
      (deps) => {
        if (deps.tokenCookies === undefined)
          throw new AuthError(
            'invalid_config',
            'accessCookie() reads cookies that no endpoint sets: set tokens.transport to "cookie", or remove accessCookie().',
          )
        return cookieAuthentication(deps.tokenCookies, deps)
      },
      ({ tokenCookies }) => cookieSecurity(tokenCookies),
    ),
    { madeBy: accessCookie },
  )

/** The same with the cookies of a preset. */
export const accessCookieOf = (
  cookies: (deps: Pick<LibrarySchemeDeps, 'behindProxy'>) => TokenCookies,
): Scheme<User> =>
  libraryScheme(
    (deps) => cookieAuthentication(cookies(deps), deps),
    (settings) => cookieSecurity(cookies(settings)),
  )

/** @returns none if there is no such cookie */
export function cookieSecurity(
  cookies: TokenCookies | undefined,
): readonly SecurityDescription[] {
  if (cookies?.access === undefined) return []
  const prefix = cookies.hasPrefix
    ? ' Over https the name begins with `__Host-` or `__Secure-`.'
    : ''
  const scheme = {
    type: 'apiKey',
    in: 'cookie',
    name: cookies.access,
    description: `The access token.${prefix}`,
  }
  return [{ name: 'accessCookie', scheme, csrf: cookies.needsCsrfToken }]
}

const cookieAuthentication = (cookies: TokenCookies, deps: LibrarySchemeDeps) => ({
  name: 'cookie',
  ...challengesOfBearer(deps),
  identify: (request: AuthRequest) => identityIn(request, cookies, deps),
})

/** @returns a promise only if there is a cookie */
function identityIn(
  request: AuthRequest,
  cookies: TokenCookies,
  deps: LibrarySchemeDeps,
): Promise<Identity<User> | undefined> | undefined {
  const tokens = tokensInCookies('access', request, cookies)
  if (tokens.length === 0) return undefined
  return identityOf(tokens, request, cookies, deps)
}

async function identityOf(
  tokens: readonly string[],
  request: AuthRequest,
  cookies: TokenCookies,
  deps: LibrarySchemeDeps,
): Promise<Identity<User> | undefined> {
  const [identity, ...others] = await validIdentities(tokens, deps)
  if (identity === undefined) return undefined
  // Without `__Host-` one of them may be an attacker's, so that the user acts as him (rule H12).
  if (others.some(({ user }) => user.id !== identity.user.id)) return undefined
  const { sessionId } = identity
  if (mayChange(request))
    await requireSessionCsrf(request, sessionId ?? '', cookies, deps)
  else if (opensWebSocket(request)) requireOwnSite(request, cookies)
  return { ...identity, scheme: 'cookie' }
}

/** Those of the valid tokens: other hosts of the domain may have set the rest. @throws AuthError if none is */
async function validIdentities(
  tokens: readonly string[],
  deps: LibrarySchemeDeps,
): Promise<readonly Identity<User>[]> {
  const results = await Promise.allSettled(
    tokens.map(async (token) => identifyBearer(`${deps.headerTypes[0]} ${token}`, deps)),
  )
  const valid = results
    .filter((result) => result.status === 'fulfilled')
    .flatMap(({ value }) => value ?? [])
  // A session's id is what CSRF tokens are bound to.
  // A token of an application does not belong into a cookie: another host of the domain may have set it.
  const bound = valid.filter(
    ({ sessionId, client }) => sessionId !== undefined && client === undefined,
  )
  const failed = results.find((result) => result.status === 'rejected')
  if (bound.length === 0 && failed !== undefined) throw failed.reason
  return bound
}
