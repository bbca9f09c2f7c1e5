import { rowEffectsOfOurs } from './neighbours/index.ts'
import type { Case, Json, JsonObject } from './recording.ts'

/**
 * The changes of a request on the recorded server, in terms of watchword's store.
 *
 * Django stores tokens: an `OutstandingToken` for each issued one, a `BlacklistedToken` for each spent or revoked one. watchword
 * stores sessions: `opened` counts new sessions (also adopted ones of another issuer), `rotated` refreshes, and `ended` revoked
 * sessions. So
 *
 * - at the two endpoints that sign in, an outstanding token is an opened session;
 * - at the blacklist endpoint, a blacklisted token is a revoked session, and an outstanding one an adopted session;
 * - at a successful refresh, a blacklisted token is a rotated session. Its successor belongs to the same session: one
 *   outstanding token is no new session, and a second one means that the session was adopted;
 * - at a rejected refresh, a blacklisted token is a revoked session;
 * - a written browser session is an opened one, and a deleted one is revoked.
 */
export function asSessionChanges({ id, request, response }: Case): JsonObject {
  const {
    OutstandingToken: issued = 0,
    BlacklistedToken: spent = 0,
    sessions = 0,
    // allauth's table of addresses is a column of users here.
    emails: _,
    ...others
  } = withAddresses(id, rowEffectsOfOurs(response.effects ?? {}))
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

/** Of the mails of Djoser and dj-rest-auth only the address is compared: their texts are watchword's own. */
function withAddresses(id: string, { messages, ...others }: JsonObject): JsonObject {
  if (messages === undefined) return others
  if (!/^(dj|ra)\//.test(id)) return { messages, ...others }
  const sent = messages as readonly { readonly to: readonly string[] }[]
  return { ...others, messages: sent.flatMap(({ to }) => to) }
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
