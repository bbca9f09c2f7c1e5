import type { Scheme } from '../../authentication/scheme.ts'
import type { User } from '../../users/user.ts'
import { definePreset, type Preset } from '../define-preset.ts'
import { parsePresetOptions } from '../parse-options.ts'
import {
  introspect,
  jwks,
  openidConfiguration,
  revokeToken,
  token,
  userInfo,
} from './endpoints.ts'
import {
  OAUTH_TOOLKIT_NAMES,
  type OAuthToolkitOptions,
  oauthToolkitOptions,
} from './options.ts'
import { applications, authorizedTokens, registration } from './pages.ts'
import { toolkitScheme } from './scheme.ts'

/** What `oauthToolkit()` returns. */
export interface OAuthToolkitPreset extends Preset {
  /** `Authorization: Bearer …` with the toolkit's answers, for the option `authentication`. */
  readonly scheme: Scheme<User>
}

/**
 * The endpoints of Django OAuth Toolkit over the option `oauth`. The pages that ask for consent and sign out are those of the option
 * `oauth`: set its `authorizePath` to `/o/authorize/`.
 *
 * @throws AuthError `invalid_config`
 */
export function oauthToolkit(options: OAuthToolkitOptions = {}): OAuthToolkitPreset {
  const settings = parsePresetOptions(
    {
      preset: 'oauthToolkit',
      schema: oauthToolkitOptions,
      theirs: OAUTH_TOOLKIT_NAMES,
    },
    options,
  )
  return definePreset({
    name: 'oauthToolkit',
    prefix: settings.prefix,
    endpoints: {
      token: token(settings),
      revokeToken: revokeToken(),
      introspect: introspect(settings),
      userInfo: userInfo(),
      openidConfiguration: openidConfiguration(settings),
      jwks: jwks(),
      applications: applications(),
      registration: registration(),
      authorizedTokens: authorizedTokens(),
    },
    scheme: toolkitScheme(),
  })
}
