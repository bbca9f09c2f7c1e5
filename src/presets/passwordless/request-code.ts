import { requestSignInCode } from '../../features/accounts/sign-in-code.ts'
import { post } from '../../features/define-feature.ts'
import { definePresetEndpoint, type PresetEndpoint } from '../define-preset.ts'
import { DETAIL } from '../detail.ts'
import { type Alias, CHANNELS, requireSignUp } from './channels.ts'
import type { PasswordlessSettings } from './options.ts'

const OPERATIONS = {
  email: 'passwordlessEmail',
  mobile: 'passwordlessMobile',
} as const satisfies Record<Alias, string>

/** Sends a code that signs in. */
export const signInCode = (
  alias: Alias,
  settings: PasswordlessSettings,
): PresetEndpoint =>
  definePresetEndpoint({
    path: `/${alias}/`,
    create({ section }, open) {
      const { field, shape, requireSender, signIn } = CHANNELS[alias]
      requireSender(section)
      requireSignUp(settings, section)
      return post(signIn.name, {
        fields: { [alias]: shape },
        describe: () => ({
          operationId: OPERATIONS[alias],
          summary: 'Send a code that signs in',
          answers: { 200: DETAIL },
        }),
        async handle({ [alias]: value = '' }, request) {
          await requestSignInCode(
            await open(),
            { field, value },
            {
              request,
              digitsLifetime: settings.lifetime,
              signsUp: settings.register,
            },
          )
          return { detail: signIn.sent }
        },
      })
    },
  })
