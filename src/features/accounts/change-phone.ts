import { AuthError } from '../../base/errors.ts'
import { listOf } from '../../base/optional.ts'
import { empty, json } from '../../http/answer.ts'
import { ACCEPTED, NO_CONTENT } from '../../http/description.ts'
import type { AuthRequest } from '../../http/request.ts'
import { changeUser } from '../../users/change.ts'
import { rejectFieldErrors } from '../../users/field-errors.ts'
import { phoneFault } from '../../users/phone.ts'
import type { StoredUser, UserId } from '../../users/user.ts'
import { issueCode } from '../codes/issue.ts'
import { limitCodeRequests } from '../codes/limits.ts'
import { CODE_LIFETIMES } from '../codes/purposes.ts'
import { redeemCode } from '../codes/redeem.ts'
import type { Core } from '../core.ts'
import { defineEndpoint, post } from '../define-feature.ts'
import { sendSms } from '../mail/send.ts'
import { ADDRESS, CODE } from './confirm.ts'
import { CURRENT_PASSWORD, FRESH_ERRORS, requireFresh } from './fresh.ts'
import { languageOfRequest } from './mail-code.ts'
import { isOwner } from './own-account.ts'
import { hasAccountsAndSms } from './settings.ts'

/**
 * Sends digits to another phone number, which replaces the user's once they are redeemed. If another user has the number, nothing is
 * sent, at the same work.
 *
 * @throws AuthError `invalid`, `throttled`
 */
export async function requestPhoneChange(
  user: StoredUser,
  phone: string,
  request: AuthRequest | undefined,
  core: Core,
): Promise<void> {
  rejectFieldErrors({ phone: listOf(phoneFault(phone)) })
  await limitCodeRequests({ purpose: 'verify_phone', target: phone }, core)
  const holder = await core.users.read('phone', phone)
  const isFree = holder === undefined || holder.user.id === user.id
  const { secret } = await issueCode(
    {
      purpose: 'verify_phone',
      form: 'digits',
      target: user.id,
      user,
      payload: { phone, from: user.phone ?? null },
    },
    core,
  )
  await sendSms(core, {
    template: 'verifyPhone',
    to: isFree ? phone : undefined,
    data: { code: secret },
    language: languageOfRequest(request),
    lifetime: CODE_LIFETIMES.verify_phone,
  })
}

/** @throws AuthError `invalid_code`, also if another user has the number by now; `throttled` */
export async function confirmPhoneChange(
  userId: UserId,
  digits: string,
  core: Core,
): Promise<void> {
  const attempt = { purpose: 'verify_phone', secret: digits, target: userId } as const
  const { payload } = await redeemCode(attempt, core)
  const { phone, from } = payload as {
    readonly phone: string
    readonly from: string | null
  }
  const change = { phone, phoneVerified: true }
  const onlyIf = { phone: from ?? undefined }
  const user = await changeUser(userId, change, core, { onlyIf }).catch((error) => {
    if (error instanceof AuthError && error.code === 'invalid') return undefined
    throw error
  })
  if (user === undefined)
    throw new AuthError('invalid_code', 'the number is taken, or was changed meanwhile')
  void core.audit.record({ kind: 'phone_changed', userId })
}

/** `POST /auth/me/phone/` */
export const changePhoneEndpoint = defineEndpoint({
  path: { at: '/auth/me/phone/' },
  mount: hasAccountsAndSms,
  create: (_, open) =>
    post('Change Phone Number', {
      fields: { phone: ADDRESS, current_password: CURRENT_PASSWORD },
      requirement: isOwner,
      describe: () => ({
        operationId: 'changePhone',
        summary: 'Request a change of your phone number',
        answers: ACCEPTED,
        errors: FRESH_ERRORS,
      }),
      async handle(fields, request, { principal }) {
        const core = await open()
        const { user } = await requireFresh(principal, fields, core)
        await requestPhoneChange(user, fields.phone, request, core)
        return json({}, { status: 202 })
      },
    }),
})

/** `POST /auth/me/phone/confirm/` */
export const confirmPhoneEndpoint = defineEndpoint({
  path: { at: '/auth/me/phone/confirm/' },
  mount: hasAccountsAndSms,
  create: (_, open) =>
    post('Confirm Phone Number', {
      fields: { code: CODE },
      requirement: isOwner,
      describe: () => ({
        operationId: 'confirmPhone',
        summary: 'Confirm the new phone number',
        answers: NO_CONTENT,
        errors: ['invalid_code'],
      }),
      async handle({ code }, _request, { principal }) {
        await confirmPhoneChange(principal.user.id as UserId, code, await open())
        return empty()
      },
    }),
})
