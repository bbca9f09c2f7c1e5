import type { Scheme } from '../../authentication/scheme.ts'
import type { User } from '../../users/user.ts'
import { definePreset, type Preset } from '../define-preset.ts'
import { toolkitScheme } from '../oauth-toolkit/scheme.ts'
import { parsePresetOptions } from '../parse-options.ts'
import {
  convertToken,
  disconnectBackend,
  invalidate,
  revokeToken,
  token,
} from './endpoints.ts'
import {
  SOCIAL_OAUTH2_NAMES,
  type SocialOAuth2Options,
  socialOAuth2Options,
} from './options.ts'
import { providerTokenScheme } from './scheme.ts'

/** What `socialOAuth2()` returns. */
export interface SocialOAuth2Preset extends Preset {
  /** `Authorization: Bearer …`, for the option `authentication`. */
  readonly scheme: Scheme<User>
  /** `Authorization: Bearer BACKEND TOKEN` with the token of a provider, for the option `authentication`, after the other one. */
  readonly providerScheme: Scheme<User>
}

/**
 * The endpoints of drf-social-oauth2 over the options `oauth` and `social`: an application exchanges the token that a provider gave it for
 * tokens of this instance.
 *
 * @throws AuthError `invalid_config`
 */
export function socialOAuth2(options: SocialOAuth2Options = {}): SocialOAuth2Preset {
  const settings = parsePresetOptions(
    { preset: 'socialOAuth2', schema: socialOAuth2Options, theirs: SOCIAL_OAUTH2_NAMES },
    options,
  )
  const scheme = toolkitScheme()
  return definePreset({
    name: 'socialOAuth2',
    prefix: settings.prefix,
    endpoints: {
      convertToken: convertToken(settings),
      token: token(settings),
      revokeToken: revokeToken(),
      invalidateSessions: invalidate(
        '/invalidate-sessions/',
        'socialInvalidateSessions',
        scheme,
      ),
      invalidateRefreshTokens: invalidate(
        '/invalidate-refresh-tokens/',
        'socialInvalidateRefreshTokens',
        scheme,
      ),
      disconnectBackend: disconnectBackend(scheme),
    },
    scheme,
    providerScheme: providerTokenScheme(),
  })
}
