import type { Scheme } from '../../authentication/scheme.ts'
import { configError } from '../../base/errors.ts'
import { tokenScheme } from '../../features/api-tokens/scheme.ts'
import type { User } from '../../users/user.ts'
import { definePreset, type Preset } from '../define-preset.ts'
import { parsePresetOptions } from '../parse-options.ts'
import { login } from './login.ts'
import { logout, logoutAll } from './logout.ts'
import {
  KNOX_NAMES,
  type KnoxOptions,
  type KnoxSettings,
  knoxOptions,
} from './options.ts'
import { refreshing } from './refresh.ts'

/** What `knox()` returns. */
export interface KnoxPreset extends Preset {
  /** `Authorization: Token …`, for the option `authentication`. */
  readonly scheme: Scheme<User>
}

/**
 * The endpoints of django-rest-knox: a token for each sign-in, which expires, is revoked alone or with all others of the user, and can
 * renew itself. Tokens are API tokens of the kind `knox`.
 *
 * @throws AuthError `invalid_config`
 */
export function knox(options: KnoxOptions = {}): KnoxPreset {
  const settings = parsePresetOptions(
    { preset: 'knox', schema: knoxOptions, theirs: KNOX_NAMES },
    options,
  )
  refuseContradictions(settings)
  const { prefix, headerPrefix, autoRefresh, importedTokens: imported } = settings
  const renew = autoRefresh ? refreshing(settings) : undefined
  const scheme = tokenScheme(headerPrefix, { renew, imported })
  return definePreset({
    name: 'knox',
    prefix,
    endpoints: {
      login: login(settings),
      logout: logout(scheme),
      logoutAll: logoutAll(scheme),
    },
    scheme,
  })
}

/** Options that would look set and have no effect. */
function refuseContradictions({
  ttl,
  autoRefresh,
  autoRefreshMaxTtl,
  credentials,
  authentication,
}: KnoxSettings): void {
  if (autoRefreshMaxTtl !== null && !autoRefresh)
    throw configError(
      'knox({ autoRefreshMaxTtl }) limits autoRefresh: set autoRefresh to true, or leave it out.',
    )
  if (autoRefreshMaxTtl !== null && autoRefreshMaxTtl < (ttl ?? 0))
    throw configError(
      'knox({ autoRefreshMaxTtl }) must be ttl or more: a shorter one would never end a token. Set ttl to it, or leave it out.',
    )
  if (credentials === 'body' && authentication !== undefined)
    throw configError(
      'knox({ authentication }) has no effect with credentials: "body": leave one of them out.',
    )
}
