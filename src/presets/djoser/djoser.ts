import { obtain } from '../../features/tokens/obtain.ts'
import { refresh } from '../../features/tokens/refresh.ts'
import { verify } from '../../features/tokens/verify.ts'
import { definePreset, type Preset, type PresetEndpoint } from '../define-preset.ts'
import { parsePresetOptions } from '../parse-options.ts'
import {
  activation,
  resendActivation,
  resetEmail,
  resetEmailConfirm,
  resetPassword,
  resetPasswordConfirm,
  resetUsername,
  resetUsernameConfirm,
} from './mails.ts'
import { DJOSER_NAMES, type DjoserOptions, djoserOptions } from './options.ts'
import { setEmail, setPassword, setUsername } from './own.ts'
import { social } from './social.ts'
import { tokenLogin, tokenLogout } from './token.ts'
import { detail, me, users } from './users.ts'

/**
 * The endpoints of Djoser: accounts, tokens and JWTs. Needs the options `accounts` and `mail`. Tokens are those of `apiToken()`.
 *
 * @throws AuthError `invalid_config`
 */
export function djoser(options: DjoserOptions = {}): Preset {
  const settings = parsePresetOptions(
    { preset: 'djoser', schema: djoserOptions, theirs: DJOSER_NAMES },
    options,
  )
  return definePreset({
    name: 'djoser',
    prefix: settings.prefix,
    endpoints: {
      users: users(settings),
      me: me(settings),
      user: detail(settings),
      activation: activation(settings),
      resendActivation: resendActivation(settings),
      setPassword: setPassword(settings),
      resetPassword: resetPassword(settings),
      resetPasswordConfirm: resetPasswordConfirm(settings),
      setUsername: setUsername(settings),
      setEmail: setEmail(settings),
      resetUsername: resetUsername(settings),
      resetUsernameConfirm: resetUsernameConfirm(settings),
      resetEmail: resetEmail(settings),
      resetEmailConfirm: resetEmailConfirm(settings),
      ...(settings.token && {
        tokenLogin: tokenLogin(settings),
        tokenLogout: tokenLogout(settings),
      }),
      ...(settings.jwt && JWT),
      ...(settings.social && { social: social() }),
    },
  })
}

/** Simple JWT's endpoints. */
const JWT: Readonly<Record<string, PresetEndpoint>> = {
  jwtCreate: { ...obtain, path: '/jwt/create/' },
  jwtRefresh: { ...refresh, path: '/jwt/refresh/' },
  jwtVerify: { ...verify, path: '/jwt/verify/' },
}
