import type { Scheme } from '../../authentication/scheme.ts'
import { configError } from '../../base/errors.ts'
import { apiToken } from '../../features/api-tokens/scheme.ts'
import { isSentTo } from '../../features/token-cookies/options.ts'
import type { User } from '../../users/user.ts'
import { definePreset, type Preset, type PresetEndpoint } from '../define-preset.ts'
import { parsePresetOptions } from '../parse-options.ts'
import type { PresetParts } from './answer.ts'
import { headerOrCookie, presetCookies } from './cookies.ts'
import { login } from './login.ts'
import { logout } from './logout.ts'
import {
  DJ_REST_AUTH_NAMES,
  type DjRestAuthOptions,
  type DjRestAuthSettings,
  djRestAuthOptions,
} from './options.ts'
import { passwordChange, passwordReset, passwordResetConfirm } from './password.ts'
import { register, resendEmail, verifyEmail } from './registration.ts'
import { socialAccounts, socialConnect, socialDisconnect, socialLogin } from './social.ts'
import { tokenRefresh, tokenVerify } from './tokens.ts'
import { user } from './user.ts'

/** What `djRestAuth()` returns. */
export interface DjRestAuthPreset extends Preset {
  /** For the option `authentication`: with `issue: "jwt"` the header `Authorization: Bearer …`, else the cookie. */
  readonly scheme: Scheme<User>
}

/**
 * The endpoints of dj-rest-auth: sign-in, sign-out, the own user, passwords, tokens in bodies or cookies, and registration.
 *
 * @throws AuthError `invalid_config`
 */
export function djRestAuth(options: DjRestAuthOptions = {}): DjRestAuthPreset {
  const settings = parsePresetOptions(
    { preset: 'djRestAuth', schema: djRestAuthOptions, theirs: DJ_REST_AUTH_NAMES },
    options,
  )
  refuseContradictions(settings)
  const cookies = presetCookies(settings)
  const parts: PresetParts = { settings, cookies }
  return definePreset({
    name: 'djRestAuth',
    prefix: settings.prefix,
    endpoints: {
      login: login(parts),
      logout: logout(parts),
      user: user(parts),
      passwordChange: passwordChange(parts),
      ...(settings.passwordReset && {
        passwordReset: passwordReset(),
        passwordResetConfirm: passwordResetConfirm(),
      }),
      ...(settings.issue === 'jwt' && {
        tokenVerify: tokenVerify(),
        tokenRefresh: tokenRefresh(parts),
      }),
      ...(settings.registration && {
        register: register(parts),
        verifyEmail: verifyEmail(),
        resendEmail: resendEmail(),
      }),
      ...socialEndpoints(parts),
    } as Readonly<Record<string, PresetEndpoint>>,
    scheme: settings.issue === 'jwt' ? headerOrCookie(cookies) : apiToken(),
  })
}

function socialEndpoints(parts: PresetParts): Readonly<Record<string, PresetEndpoint>> {
  const providers = Object.entries(parts.settings.social)
  if (providers.length === 0) return {}
  const ofProviders = providers.flatMap(([name, provider]) => [
    [`social.${name}`, socialLogin(name, provider, parts)] as const,
    [`social.${name}.connect`, socialConnect(name, provider)] as const,
  ])
  return {
    ...Object.fromEntries(ofProviders),
    socialAccounts: socialAccounts(),
    socialDisconnect: socialDisconnect(),
  }
}

/** Options that would look set and have no effect, or do harm. */
function refuseContradictions(settings: DjRestAuthSettings): void {
  const { issue, sessionLogin, cookie, refreshCookie, sameSite, secure } = settings
  if (issue !== 'jwt' && (cookie ?? refreshCookie) !== undefined)
    throw configError(
      'djRestAuth({ cookie }) is for JSON Web Tokens: set issue to "jwt", or leave the cookies out.',
    )
  if (issue === 'none' && !sessionLogin)
    throw configError(
      'djRestAuth({ issue: "none" }) would start no session: set sessionLogin to true.',
    )
  if (sameSite === 'None' && secure === false)
    throw configError(
      'djRestAuth({ sameSite: "None" }) needs Secure, without which browsers refuse the cookie: leave secure out.',
    )
  const path = settings.refreshCookiePath?.replace(/(?<=.)\/$/, '')
  const refreshAt = `${settings.prefix.replace(/\/$/, '')}/token/refresh`
  if (path !== undefined && !isSentTo(path, refreshAt))
    throw configError(
      `djRestAuth({ refreshCookiePath }) must be above "${refreshAt}/", or browsers never send the refresh token.`,
    )
}
