import { definePreset, type Preset } from '../define-preset.ts'
import { parsePresetOptions } from '../parse-options.ts'
import {
  PASSWORDLESS_NAMES,
  type PasswordlessOptions,
  passwordlessOptions,
} from './options.ts'
import { tokenOfCode } from './redeem-code.ts'
import { signInCode } from './request-code.ts'
import { verification, verificationCode } from './verify.ts'

/**
 * The endpoints of drfpasswordless: six digits that are sent by mail or text message are exchanged for the user's API token, or verify
 * the address that they were sent to.
 *
 * @throws AuthError `invalid_config`
 */
export function passwordless(options: PasswordlessOptions = {}): Preset {
  const settings = parsePresetOptions(
    {
      preset: 'passwordless',
      schema: passwordlessOptions,
      theirs: PASSWORDLESS_NAMES,
    },
    options,
  )
  const { prefix, types } = settings
  return definePreset({
    name: 'passwordless',
    prefix,
    endpoints: {
      ...(types.includes('email') && {
        email: signInCode('email', settings),
        verifyEmail: verificationCode('email', settings),
      }),
      ...(types.includes('mobile') && {
        mobile: signInCode('mobile', settings),
        verifyMobile: verificationCode('mobile', settings),
      }),
      token: tokenOfCode(settings),
      verify: verification(settings),
    },
  })
}
