import { AuthError } from '../../base/errors.ts'
import { hasAllScopes } from '../../features/accounts/own-account.ts'
import type { ApiTokenId } from '../../features/api-tokens/api-token.ts'
import { plainLoginError, tokenAtSignIn } from '../../features/api-tokens/obtain.ts'
import { apiTokenStore } from '../../features/api-tokens/sql.ts'
import {
  type BrowserSessionSettings,
  cookiesAtSignIn,
  cookiesAtSignOut,
  findBrowserSessions,
  openBrowserSession,
  revokeBrowserSession,
} from '../../features/browser-sessions/browser-session.ts'
import { browserSettingsIn } from '../../features/browser-sessions/scheme.ts'
import type { Core, EndpointSettings } from '../../features/core.ts'
import type { PathlessEndpoint } from '../../features/define-feature.ts'
import { PASSWORD } from '../../features/tokens/credentials.ts'
import { empty, json } from '../../http/answer.ts'
import { setCookies } from '../../http/cookies.ts'
import { refuseCrossSite } from '../../http/cross-site.ts'
import { answer, NO_CONTENT } from '../../http/description.ts'
import type { MethodHandler } from '../../http/endpoint.ts'
import type { Fields } from '../../http/fields.ts'
import { closed, text } from '../../http/json-schema.ts'
import type { AuthRequest } from '../../http/request.ts'
import { allOf } from '../../permissions/compose.ts'
import type { Principal } from '../../permissions/permission.ts'
import type { Account, UserId } from '../../users/user.ts'
import { definePresetEndpoint, type PresetEndpoint } from '../define-preset.ts'
import { permissionFor } from './access.ts'
import { errorsWith, TEXT } from './form.ts'
import type { DjoserSettings } from './options.ts'

/** `token/login/`: signs in with a password, for the user's API token: the same one at each call. */
export const tokenLogin = (settings: DjoserSettings): PresetEndpoint =>
  definePresetEndpoint({
    path: '/token/login/',
    span: 'watchword.sign_in',
    create(endpoints, open) {
      const browser = settings.createSession ? browserSettingsIn(endpoints) : undefined
      return guarded('Token Create', permissionFor('tokenCreate', settings), {
        fields: loginFields(endpoints),
        describe: () => ({
          operationId: 'djoserTokenLogin',
          summary: "Sign in with a password, for the user's API token",
          answers: { 200: answer('The same token at each call.', AUTH_TOKEN) },
          errors: ['no_active_account'],
          signsIn: true,
        }),
        async handle({ password, ...names }, request) {
          if (browser !== undefined) refuseCrossSite(request, browser)
          const core = await open()
          const login = names[endpoints.loginField]
          if (password === undefined || login === undefined)
            throw new AuthError('no_active_account', 'a name or a password is missing')
          const account = await core.checkPassword(login, password, request)
          return signIn(account, request, browser, core)
        },
      })
    },
    errorFor: errorsWith(settings, plainLoginError),
  })

/** @param browser the settings of browser sessions, if one begins beside the token */
const signIn = (
  account: Account,
  request: AuthRequest,
  browser: BrowserSessionSettings | undefined,
  core: Core,
) =>
  core.completeSignIn(account, {
    methods: ['pwd'],
    request,
    ...(browser === undefined && { starts: 'api token' as const }),
    async start(checked) {
      const token = await tokenAtSignIn(checked, core)
      const detail = { with: 'api token' }
      if (browser === undefined) return { result: json({ auth_token: token }), detail }
      const opened = await openBrowserSession(checked, browser, core)
      const headers = setCookies(cookiesAtSignIn(opened.result, request, browser))
      return { ...opened, result: json({ auth_token: token }, { headers }), detail }
    },
  })

const AUTH_TOKEN = closed({ auth_token: text('Send it as `Authorization: Token …`.') })

const loginFields = ({ loginField }: EndpointSettings): Fields =>
  ({
    password: { ...PASSWORD, optional: true },
    [loginField]: { ...TEXT, optional: true },
  }) as Fields

/** `token/logout/`: revokes the user's token, also if another scheme authenticates the request, and the session of the browser. */
export const tokenLogout = (settings: DjoserSettings): PresetEndpoint =>
  definePresetEndpoint({
    path: '/token/logout/',
    create(endpoints, open) {
      const browser = settings.createSession ? browserSettingsIn(endpoints) : undefined
      const permission = allOf(
        permissionFor('tokenDestroy', settings) as never,
        hasAllScopes,
      )
      return guarded('Token Destroy', permission, {
        describe: () => ({
          operationId: 'djoserTokenLogout',
          summary: "Revoke the user's API token",
          answers: NO_CONTENT,
        }),
        async handle(_, request, { principal }) {
          const core = await open()
          await revokeToken(principal, core)
          if (browser === undefined || principal.scheme !== 'session') return empty()
          for (const each of await findBrowserSessions(request, browser, core))
            await revokeBrowserSession(each, core)
          return empty({ headers: setCookies(cookiesAtSignOut(request, browser)) })
        },
      })
    },
    errorFor: errorsWith(settings),
  })

const guarded = (
  name: string,
  requirement: unknown,
  handler: MethodHandler<string, Principal>,
): PathlessEndpoint => ({
  name,
  requirement,
  methods: { POST: handler as MethodHandler<string> },
})

/** Revokes the token of `token/login/`, and the one that the request came with, such as an imported one. */
export async function revokeToken(
  { user, credential }: Principal,
  { ports, audit }: Pick<Core, 'ports' | 'audit'>,
): Promise<void> {
  const { apiTokens } = ports(apiTokenStore)
  const userId = user.id as UserId
  const derived = await apiTokens.findDerived(userId)
  const own = credential?.id as ApiTokenId | undefined
  for (const id of new Set([derived?.id, own])) {
    if (id === undefined || !(await apiTokens.delete(id))) continue
    void audit.record({ kind: 'api_token_revoked', userId, detail: { token: id } })
  }
}
