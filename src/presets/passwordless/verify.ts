import { hasAllScopes, ownAccount } from '../../features/accounts/own-account.ts'
import {
  type OwnAddress,
  requestAddressCode,
  verifyAddress,
} from '../../features/accounts/own-address.ts'
import { guardedPost } from '../../features/define-feature.ts'
import { definePresetEndpoint, type PresetEndpoint } from '../define-preset.ts'
import { DETAIL } from '../detail.ts'
import { type Alias, CHANNELS } from './channels.ts'
import {
  nonFieldError,
  ownAlias,
  proofFields,
  soleAlias,
  wrongTokenError,
} from './fields.ts'
import type { PasswordlessSettings } from './options.ts'

const verifyPrefixOf = ({ prefix, verifyPrefix }: PasswordlessSettings): string =>
  verifyPrefix ?? `${prefix.replace(/\/$/, '')}/verify`

const OPERATIONS = {
  email: 'passwordlessVerifyEmail',
  mobile: 'passwordlessVerifyMobile',
} as const satisfies Record<Alias, string>

/** Sends a code that verifies the user's own address or number. */
export const verificationCode = (
  alias: Alias,
  settings: PasswordlessSettings,
): PresetEndpoint =>
  definePresetEndpoint({
    prefix: verifyPrefixOf(settings),
    path: `/${alias}/`,
    create(_, open) {
      const { field, verify } = CHANNELS[alias]
      return guardedPost(verify.name, {
        requirement: hasAllScopes,
        describe: () => ({
          operationId: OPERATIONS[alias],
          summary: 'Send a code that verifies your address or number',
          answers: { 200: DETAIL },
          errors: ['invalid'],
        }),
        async handle(_, request, { principal }) {
          const core = await open()
          const { user } = await ownAccount(principal.user.id, core)
          const address = user[field]
          if (address === undefined) throw nonFieldError(verify.missing)
          const own: OwnAddress = { user, field, address }
          await requestAddressCode(own, { lifetime: settings.lifetime, request }, core)
          return { detail: verify.sent }
        },
      })
    },
  })

/** Redeems such a code. */
export const verification = (settings: PasswordlessSettings): PresetEndpoint =>
  definePresetEndpoint({
    prefix: verifyPrefixOf(settings),
    path: '/',
    create: ({ section }, open) =>
      guardedPost('Verify Alias From Callback Token', {
        requirement: hasAllScopes,
        fields: proofFields(section),
        describe: () => ({
          operationId: 'passwordlessVerify',
          summary: 'Verify your address or number with a code',
          answers: { 200: DETAIL },
          errors: ['invalid_code'],
        }),
        async handle({ token, ...aliases }, _, { principal }) {
          const name = soleAlias(aliases)
          if (name === undefined) throw nonFieldError('Invalid input.')
          const core = await open()
          const { user } = await ownAccount(principal.user.id, core)
          const own = ownAlias(name, user)
          if (own === undefined) throw nonFieldError('We could not verify this alias.')
          await verifyAddress(own, token, core)
          return { detail: 'Alias verified.' }
        },
      }),
    errorFor: wrongTokenError,
  })
