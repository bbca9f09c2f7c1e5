import { AuthError, configError } from '../../base/errors.ts'
import { replacePassword } from '../../features/accounts/change-password.ts'
import { requireCurrentPassword } from '../../features/accounts/current-password.ts'
import { requireFresh } from '../../features/accounts/fresh.ts'
import { requireStrongPassword } from '../../features/accounts/new-password.ts'
import { isOwner, ownAccount } from '../../features/accounts/own-account.ts'
import {
  confirmPasswordReset,
  requestPasswordReset,
} from '../../features/accounts/reset-password.ts'
import { hasMail } from '../../features/accounts/settings.ts'
import { checkCode } from '../../features/codes/redeem.ts'
import type { Core } from '../../features/core.ts'
import { guardedPost, post } from '../../features/define-feature.ts'
import { PASSWORD } from '../../features/tokens/credentials.ts'
import type { Field } from '../../http/fields.ts'
import type { Principal } from '../../permissions/permission.ts'
import { fieldError } from '../../users/field-errors.ts'
import type { Account } from '../../users/user.ts'
import { definePresetEndpoint, type PresetEndpoint } from '../define-preset.ts'
import { DETAIL } from '../detail.ts'
import type { PresetParts } from './answer.ts'

/** White space at its ends is removed, as Django's form does. */
const NEW: Field = { ...PASSWORD, trim: true }
const NEW_PASSWORDS = { new_password1: NEW, new_password2: NEW }

interface NewPasswords {
  readonly new_password1: string
  readonly new_password2: string
}

function requireEqual({ new_password1, new_password2 }: NewPasswords): void {
  if (new_password1 === new_password2) return
  throw fieldError({ new_password2: ['The two password fields didn’t match.'] })
}

const WRONG_OLD = 'Your old password was entered incorrectly. Please enter it again.'

/** The names of the fields, by those of the accounts. */
function passwordError(error: AuthError): AuthError {
  const faults = error.body as Readonly<Record<string, readonly string[]>> | undefined
  if (error.code !== 'invalid' || faults === undefined) return error
  const { current_password, new_password, ...others } = faults
  return new AuthError('invalid', error.message, {
    body: {
      ...others,
      ...(current_password && { old_password: [WRONG_OLD] }),
      ...(new_password && { new_password2: new_password }),
    },
  })
}

/** `POST password/change/` */
export const passwordChange = ({ settings }: PresetParts): PresetEndpoint =>
  definePresetEndpoint({
    path: '/password/change/',
    create: (_, open) =>
      guardedPost('Password Change', {
        fields: {
          old_password: { ...PASSWORD, optional: !settings.oldPassword },
          ...NEW_PASSWORDS,
        },
        requirement: isOwner,
        describe: () => ({
          operationId: 'djRestAuthPasswordChange',
          summary: 'Change your password',
          answers: { 200: DETAIL },
          errors: ['insufficient_user_authentication'],
        }),
        async handle({ old_password: old, ...fields }, request, { principal }) {
          const core = await open()
          const proof = settings.oldPassword ? old : undefined
          const account = await provenAccount(principal, proof, core)
          requireEqual(fields)
          await requireStrongPassword(fields.new_password1, account.user, core)
          const { sessionId } = principal
          const change = { newPassword: fields.new_password1, sessionId }
          await replacePassword(account, change, request, core)
          return { detail: 'New password has been saved.' }
        },
      }),
    errorFor: passwordError,
  })

/** @param old `undefined`: the user has signed in not long ago */
async function provenAccount(
  principal: Principal,
  old: string | undefined,
  core: Core,
): Promise<Account> {
  if (old === undefined) return requireFresh(principal, {}, core)
  const account = await ownAccount(principal.user.id, core)
  await requireCurrentPassword(account, old, core)
  return account
}

const requireMailOption = (section: Parameters<typeof hasMail>[0]['section']): void => {
  if (hasMail({ section })) return
  throw configError(
    'djRestAuth() mails links that reset passwords: set mail: "smtp://user:password@mail.example.com?from=auth@example.com", or djRestAuth({ passwordReset: false }).',
  )
}

/** `POST password/reset/` */
export const passwordReset = (): PresetEndpoint =>
  definePresetEndpoint({
    path: '/password/reset/',
    create({ section }, open) {
      requireMailOption(section)
      return post('Password Reset', {
        fields: { email: { trim: true, maxBytes: 1024 } },
        describe: () => ({
          operationId: 'djRestAuthPasswordReset',
          summary: 'Mail a link to set a new password',
          answers: { 200: DETAIL },
        }),
        async handle({ email }, request) {
          await requestPasswordReset(
            await open(),
            { field: 'email', value: email },
            request,
          )
          return { detail: 'Password reset e-mail has been sent.' }
        },
      })
    },
  })

const INVALID = ['Invalid value']

/** `POST password/reset/confirm/` */
export const passwordResetConfirm = (): PresetEndpoint =>
  definePresetEndpoint({
    path: '/password/reset/confirm/',
    create: (_, open) =>
      post('Password Reset Confirm', {
        fields: {
          ...NEW_PASSWORDS,
          uid: { trim: true, maxBytes: 1024 },
          token: { trim: true, maxBytes: 1024 },
        },
        describe: () => ({
          operationId: 'djRestAuthPasswordResetConfirm',
          summary: 'Set a new password',
          answers: { 200: DETAIL },
          errors: ['invalid_code'],
        }),
        async handle({ uid, token, ...fields }, request) {
          const core = await open()
          await requireUid(uid, token, core)
          requireEqual(fields)
          await confirmPasswordReset(core, { token }, fields.new_password1, request)
          return { detail: 'Password has been reset with the new password.' }
        },
      }),
    errorFor(error) {
      if (error.code !== 'invalid_code') return passwordError(error)
      return new AuthError('invalid', error.message, { body: { token: INVALID } })
    },
  })

/** Requires the uid to be that of the token's user. @throws AuthError `invalid_code`, `invalid` */
async function requireUid(uid: string, token: string, core: Core): Promise<void> {
  if (!/^[\w-]+$/.test(uid)) throw fieldError({ uid: INVALID })
  const id = Buffer.from(uid, 'base64url').toString()
  const { userId } = await checkCode({ purpose: 'reset_password', secret: token }, core)
  if (userId !== id) throw fieldError({ uid: INVALID })
}
