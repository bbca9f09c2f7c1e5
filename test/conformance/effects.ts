import type { Case, Json, JsonObject } from './recording.ts'

/**
 * What a request changed on the recorded server, in the words of our store.
 *
 * There, rows are written for tokens: `OutstandingToken` for one issued, `BlacklistedToken` for one spent or signed out.
 * Here there is a row a sign-in: `opened` counts sign-ins that began (or were taken in from another issuer), `rotated`
 * refreshes that moved one on in its row, `ended` sign-ins that are over. So
 *
 * - at the two endpoints that sign in, an outstanding token is a session opened;
 * - at the one that signs out, a blacklisted token is a session ended, and an outstanding one a session taken in;
 * - at a refresh that is answered with tokens, a blacklisted token is a session moved on. Its successor is the same
 *   session: one outstanding token is nothing new, a second one means that the session had to be taken in;
 * - at a refresh that is refused, a blacklisted token is a session ended;
 * - a browser's session that is written is one opened, and one that is deleted is one ended.
 */
export function inOurWords({ request, response }: Case): JsonObject {
  const {
    OutstandingToken: issued = 0,
    BlacklistedToken: spent = 0,
    sessions = 0,
    ...others
  } = response.effects ?? {}
  if (sessions !== 0)
    return {
      ...others,
      ...(Number(sessions) > 0 ? { opened: sessions } : { ended: -Number(sessions) }),
    }
  const path = request.path.replace(/\?.*$/, '')
  const isRefused = response.status !== 200
  return withoutZeros({
    ...others,
    ...sessionsOf(path, isRefused, Number(issued), Number(spent)),
  })
}

function sessionsOf(
  path: string,
  isRefused: boolean,
  issued: number,
  spent: number,
): JsonObject {
  const isRefresh = path.endsWith('/refresh/') && !isRefused
  return isRefresh
    ? { opened: Math.max(0, issued - 1), rotated: spent }
    : { opened: issued, ended: spent }
}

const withoutZeros = (effects: { readonly [name: string]: Json }): JsonObject =>
  Object.fromEntries(Object.entries(effects).filter(([, count]) => count !== 0))
