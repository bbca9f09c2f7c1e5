import { AuthError } from '../../base/errors.ts'
import type { ApiTokenId } from '../../features/api-tokens/api-token.ts'
import { apiTokenStore } from '../../features/api-tokens/sql.ts'
import {
  type BrowserSessionSettings,
  cookiesAtSignOut,
  findBrowserSessions,
  revokeBrowserSession,
} from '../../features/browser-sessions/browser-session.ts'
import type { Core, OpenCore } from '../../features/core.ts'
import type { PathlessEndpoint } from '../../features/define-feature.ts'
import { endSessions } from '../../features/token-cookies/deliver.ts'
import { refuseCrossSite } from '../../http/cross-site.ts'
import type { Description } from '../../http/description.ts'
import type { MethodHandler } from '../../http/endpoint.ts'
import { type JsonSchema, members, text } from '../../http/json-schema.ts'
import type { AuthRequest } from '../../http/request.ts'
import { allowAny } from '../../permissions/basic-permissions.ts'
import type { Principal } from '../../permissions/permission.ts'
import {
  cookiesWithoutTokens,
  refreshTokenIn,
  tokensInCookies,
} from '../../tokens/token-cookies.ts'
import { blacklist } from '../../tokens/verify-and-blacklist.ts'
import type { UserId } from '../../users/user.ts'
import { definePresetEndpoint, type PresetEndpoint } from '../define-preset.ts'
import { DETAIL } from '../detail.ts'
import { answerWith, type PresetParts } from './answer.ts'
import { browserOf } from './browser.ts'
import { hidesRefresh, setsCookies } from './cookies.ts'

const NEEDS_SESSIONS =
  'djRestAuth() signs out by revoking sessions: set tokens.sessions to true.'

const DONE = { detail: 'Successfully logged out.' }

/** `POST logout/`, with the option `logoutOnGet` also GET. */
export const logout = (parts: PresetParts): PresetEndpoint =>
  definePresetEndpoint({
    path: '/logout/',
    span: 'watchword.sign_out',
    ...(parts.settings.issue === 'jwt' && { needs: { sessions: NEEDS_SESSIONS } }),
    create: (instance, open) =>
      parts.settings.issue === 'jwt'
        ? logoutOfTokens(parts, open)
        : logoutOfUser(parts, browserOf(parts.settings, instance), open),
  })

const REFRESH_FIELD = members({ refresh: text('Not needed with cookies.') })

const describedLogout = (operationId: string, body?: JsonSchema): Description => ({
  operationId,
  summary: 'Sign out',
  ...(body !== undefined && { body }),
  answers: { 200: DETAIL },
  errors: ['invalid', 'malformed', 'csrf_failed'],
})

function methodsOf(
  handler: MethodHandler<string>,
  { settings: { logoutOnGet } }: PresetParts,
): PathlessEndpoint['methods'] {
  const { fields: _, ...get } = handler
  const GET = { ...get, describe: () => describedLogout('djRestAuthLogoutByGet') }
  if (logoutOnGet) return { GET, POST: handler }
  return { POST: handler }
}

/** It needs no valid credentials, so that an expired access token does not prevent the sign-out. */
const logoutOfTokens = (parts: PresetParts, open: OpenCore): PathlessEndpoint => ({
  name: 'Logout',
  methods: methodsOf(
    {
      fields: () => ({}),
      describe: () => describedLogout('djRestAuthLogout', REFRESH_FIELD),
      async handle(_, request, { body }) {
        const core = await open()
        const { settings, cookies } = parts
        if (setsCookies(settings)) refuseCrossSite(request, cookies(core))
        const removed = setsCookies(settings)
          ? cookiesWithoutTokens(request, cookies(core))
          : []
        try {
          await revokeTokens(request, body?.values.get('refresh'), parts, core)
          return answerWith(DONE, removed)
        } catch (error) {
          if (!(error instanceof AuthError) || error.status !== 401) throw error
          return answerWith({ detail: error.detail }, removed, 401)
        }
      },
    },
    parts,
  ),
})

/** @throws AuthError 401 if no session could be revoked */
async function revokeTokens(
  request: AuthRequest,
  sent: unknown,
  parts: PresetParts,
  core: Core,
): Promise<void> {
  const { settings } = parts
  const cookies = parts.cookies(core)
  const hasRefresh = tokensInCookies('refresh', request, cookies).length > 0
  if (sent !== undefined && !hidesRefresh(settings))
    return revokeRefresh(typeof sent === 'string' ? sent : '', core)
  if (hasRefresh) return revokeRefresh(await refreshTokenIn(request, cookies, core), core)
  const source = hidesRefresh(settings) ? 'cookie' : 'request'
  if (tokensInCookies('access', request, cookies).length === 0)
    throw new AuthError('malformed', undefined, {
      detail: `Refresh token was not included in ${source} data.`,
    })
  await endSessions(request, 'csrf', cookies, core)
}

async function revokeRefresh(token: string, core: Core): Promise<void> {
  const { sessionId, userId } = await blacklist(token, 'refresh', core.tokens)
  await core.signedOut({ sessionId, userId: userId as UserId | undefined })
}

/** Revokes the token of the user, and the session of the browser. */
const logoutOfUser = (
  parts: PresetParts,
  browser: BrowserSessionSettings | undefined,
  open: OpenCore,
): PathlessEndpoint => ({
  name: 'Logout',
  requirement: allowAny,
  methods: methodsOf(
    {
      describe: () => describedLogout('djRestAuthLogout'),
      async handle(_, request, { principal }) {
        const core = await open()
        const { user, credential } = principal as Partial<Principal>
        if (user === undefined && browser === undefined)
          throw new AuthError('invalid', undefined, {
            body: {
              detail:
                'You should be logged in to logout. Check whether the token is passed.',
            },
          })
        if (user !== undefined) await revokeKey(user.id as UserId, credential?.id, core)
        if (browser === undefined) return DONE
        refuseCrossSite(request, browser)
        // The guard has checked the CSRF token of the session.
        if (user === undefined) return answerWith(DONE, [])
        const found = await findBrowserSessions(request, browser, core)
        if (found.length === 0) return answerWith(DONE, [])
        for (const each of found) await revokeBrowserSession(each, core)
        return answerWith(DONE, cookiesAtSignOut(request, browser))
      },
    },
    parts,
  ),
})

/** @param sent the id of the token that the request bears; by default the user's */
async function revokeKey(
  userId: UserId,
  sent: string | undefined,
  core: Core,
): Promise<void> {
  const { apiTokens } = core.ports(apiTokenStore)
  const id = (sent as ApiTokenId | undefined) ?? (await apiTokens.findDerived(userId))?.id
  if (id === undefined || !(await apiTokens.delete(id))) return
  void core.audit.record({ kind: 'api_token_revoked', userId, detail: { token: id } })
}
