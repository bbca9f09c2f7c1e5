import { requestEmailChange } from '../../features/accounts/change-email.ts'
import { changePassword } from '../../features/accounts/change-password.ts'
import { requireCurrentPassword } from '../../features/accounts/current-password.ts'
import { ownAccount } from '../../features/accounts/own-account.ts'
import { changeUsername } from '../../features/accounts/username.ts'
import { PASSWORD } from '../../features/tokens/credentials.ts'
import { empty } from '../../http/answer.ts'
import { NO_CONTENT } from '../../http/description.ts'
import { definePresetEndpoint, type PresetEndpoint } from '../define-preset.ts'
import { ownerPermissionFor } from './access.ts'
import { errorsWith, renaming, requireSame, routed, TEXT } from './form.ts'
import { type DjoserSettings, isRetyped } from './options.ts'
import { revokeToken } from './token.ts'

/** `users/set_password/` */
export const setPassword = (settings: DjoserSettings): PresetEndpoint =>
  definePresetEndpoint({
    path: '/users/set_password/',
    create: (_, open) =>
      routed('User List', {
        POST: {
          requirement: ownerPermissionFor('setPassword', settings),
          describe: () => ({
            operationId: 'djoserSetPassword',
            summary: 'Change your password',
            answers: NO_CONTENT,
          }),
          fields: {
            new_password: PASSWORD,
            ...(isRetyped(settings, 'setPassword') && { re_new_password: PASSWORD }),
            current_password: PASSWORD,
          },
          async handle(fields, request, { principal }) {
            const { new_password: newPassword = '', current_password = '' } = fields
            requireSame(newPassword, fields.re_new_password, 'passwordMismatch')
            const core = await open()
            const { user, sessionId } = principal
            const change = { userId: user.id, sessionId, newPassword }
            await changePassword(
              core,
              { ...change, currentPassword: current_password },
              request,
            )
            if (settings.revokeToken) await revokeToken(principal, core)
            return empty()
          },
        },
      }),
    errorFor: errorsWith(settings),
  })

/** `users/set_username/` */
export const setUsername = (settings: DjoserSettings): PresetEndpoint =>
  definePresetEndpoint({
    path: '/users/set_username/',
    create: (_, open) =>
      routed('User List', {
        POST: {
          requirement: ownerPermissionFor('setUsername', settings),
          describe: () => ({
            operationId: 'djoserSetUsername',
            summary: 'Change your username',
            answers: NO_CONTENT,
          }),
          fields: {
            current_password: PASSWORD,
            new_username: TEXT,
            ...(isRetyped(settings, 'setUsername') && { re_new_username: TEXT }),
          },
          async handle(fields, request, { principal }) {
            const { new_username: username = '', current_password = '' } = fields
            requireSame(username, fields.re_new_username, 'usernameMismatch')
            const userId = principal.user.id
            const change = { userId, username, currentPassword: current_password }
            await changeUsername(await open(), change, request)
            return empty()
          },
        },
      }),
    errorFor: errorsWith(settings, renaming({ username: 'new_username' })),
  })

/** `users/set_email/`: for users who sign in with their address. The new one is in force once the link that is mailed there is opened. */
export const setEmail = (settings: DjoserSettings): PresetEndpoint =>
  definePresetEndpoint({
    path: '/users/set_email/',
    create: (_, open) =>
      routed('User List', {
        POST: {
          requirement: ownerPermissionFor('setUsername', settings),
          describe: () => ({
            operationId: 'djoserSetEmail',
            summary: 'Request a change of your email address',
            answers: NO_CONTENT,
          }),
          fields: {
            current_password: PASSWORD,
            new_email: TEXT,
            ...(isRetyped(settings, 'setUsername') && { re_new_email: TEXT }),
          },
          async handle(fields, request, { principal }) {
            const { new_email: email = '', current_password = '' } = fields
            requireSame(email, fields.re_new_email, 'emailMismatch')
            const core = await open()
            const account = await ownAccount(principal.user.id, core)
            await requireCurrentPassword(account, current_password, core)
            const { sessionId } = principal
            await requestEmailChange(account.user, email, { request, sessionId }, core)
            return empty()
          },
        },
      }),
    errorFor: errorsWith(settings, renaming({ email: 'new_email' })),
  })
