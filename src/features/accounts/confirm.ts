import { AuthError } from '../../base/errors.ts'
import { empty, json } from '../../http/answer.ts'
import { ACCEPTED, NO_CONTENT, oneOfFields } from '../../http/description.ts'
import type { Field, Fields } from '../../http/fields.ts'
import type { ParsedBody } from '../../http/parsed-body.ts'
import type { AuthRequest } from '../../http/request.ts'
import { emailKey, emailOf } from '../../users/email.ts'
import { fieldError } from '../../users/field-errors.ts'
import type { StoredUser, UserId } from '../../users/user.ts'
import { limitCodeRequests } from '../codes/limits.ts'
import { redeemCode } from '../codes/redeem.ts'
import type { Core } from '../core.ts'
import { defineEndpoint, post } from '../define-feature.ts'
import { languageOfRequest, mailCode } from './mail-code.ts'
import { clearMark, isMarked } from './marks.ts'
import { isOwner, ownAccount } from './own-account.ts'
import { accountSettings, hasAccountsAndMail, hasMail } from './settings.ts'

export const ADDRESS: Field = { trim: true, maxBytes: 1024 }
export const CODE: Field = {
  trim: true,
  maxBytes: 512,
  description: 'What was sent in a message.',
}

/** What a client redeems: the `token` of a link, or digits with the address that they were sent to. */
export type CodeFields =
  | { readonly token: string }
  | { readonly email: string; readonly code: string }

/** Digits if the body has some. */
export function codeFields({ values }: ParsedBody): Fields<string> {
  if (values.has('code')) return { email: ADDRESS, code: CODE }
  return { token: CODE }
}

/** The members of an attempt to redeem a code. */
export function presented(fields: CodeFields) {
  if ('token' in fields) return { secret: fields.token }
  return { secret: fields.code, target: emailKey(emailOf(fields.email)) }
}

/**
 * Mails a link or a code that confirms a user's address, if it is not verified. Otherwise sends nothing, at the same work.
 *
 * @param asked the address as it was asked for, whether or not a user has it
 */
export async function mailVerification(
  user: StoredUser | undefined,
  asked: string,
  request: AuthRequest | undefined,
  core: Core,
): Promise<void> {
  const isOpen = user?.active === true && user.emailVerifiedAt === undefined
  const to = isOpen ? user.email : undefined
  await mailCode(
    {
      purpose: 'verify_email',
      template: 'verifyEmail',
      link: 'verify',
      to,
      target: emailKey(emailOf(asked)),
      user: isOpen ? user : undefined,
      payload: { email: to ?? null },
      lifetime: accountSettings(core).lifetimes.activate,
      language: languageOfRequest(request),
    },
    core,
  )
}

/**
 * Redeems what was mailed after a sign-up, or to an address that was not verified, and marks the address as verified.
 *
 * @throws AuthError `invalid_code`, `throttled`
 */
export async function confirmEmail(fields: CodeFields, core: Core): Promise<UserId> {
  const { userId, payload } = await redeemCode(
    { purpose: 'verify_email', ...presented(fields) },
    core,
  )
  const { email } = payload
  const isVerified =
    userId !== undefined &&
    typeof email === 'string' &&
    (await core.users.verify(userId, 'email', email, core.clock()))
  if (!isVerified)
    throw new AuthError('invalid_code', 'the address was changed meanwhile')
  await clearMark('unconfirmed', userId, core)
  void core.audit.record({ kind: 'email_verified', userId })
  return userId
}

/**
 * Sends another mail that confirms an address, if a user has it and it is not verified. Takes the same work if not.
 *
 * @throws AuthError `throttled`
 */
export async function resendVerification(
  email: string,
  request: AuthRequest | undefined,
  core: Core,
): Promise<void> {
  const target = emailKey(emailOf(email))
  await limitCodeRequests({ purpose: 'verify_email', target }, core)
  const user = await core.users.findByKey('email', target)
  await mailVerification(user, email, request, core)
}

/** `POST /auth/users/confirm/` */
export const confirmEndpoint = defineEndpoint({
  path: { at: '/auth/users/confirm/' },
  mount: hasAccountsAndMail,
  create: (_, open) =>
    post('Confirm Address', {
      fields: codeFields,
      describe: () => ({
        operationId: 'confirmEmail',
        summary: 'Confirm an email address',
        body: oneOfFields({ token: CODE }, { email: ADDRESS, code: CODE }),
        answers: NO_CONTENT,
        errors: ['invalid_code'],
      }),
      async handle(fields) {
        await confirmEmail(fields as CodeFields, await open())
        return empty()
      },
    }),
})

/** `POST /auth/users/confirm/resend/` */
export const resendEndpoint = defineEndpoint({
  path: { at: '/auth/users/confirm/resend/' },
  mount: hasAccountsAndMail,
  create: (_, open) =>
    post('Resend Confirmation', {
      fields: { email: ADDRESS },
      describe: () => ({
        operationId: 'resendConfirmation',
        summary: 'Mail the confirmation of an address again',
        answers: ACCEPTED,
      }),
      async handle({ email }, request) {
        await resendVerification(email, request, await open())
        return json({}, { status: 202 })
      },
    }),
})

/** `POST /auth/me/email/verify/` */
export const verifyEndpoint = defineEndpoint({
  path: { at: '/auth/me/email/verify/' },
  mount: hasAccountsAndMail,
  create: (_, open) =>
    post('Verify Address', {
      fields: {},
      requirement: isOwner,
      describe: () => ({
        operationId: 'verifyOwnEmail',
        summary: 'Mail the confirmation of your address again',
        answers: ACCEPTED,
      }),
      async handle(_fields, request, { principal }) {
        const core = await open()
        const { user } = await ownAccount(principal.user.id, core)
        if (user.email !== undefined) await resendVerification(user.email, request, core)
        return json({}, { status: 202 })
      },
    }),
})

/**
 * Stops a user who has signed up and not confirmed the address: what is added now would outlast the address's owner taking the account over.
 *
 * @throws AuthError `invalid`
 */
export async function requireConfirmed(user: StoredUser, core: Core): Promise<void> {
  if (hasMail(core) && (await isUnconfirmed(user, core)))
    throw fieldError({ non_field_errors: ['Confirm your email address first.'] })
}

/**
 * Whether a user has signed up and not confirmed the address. Users whom a program or an administrator has created need no confirmation.
 */
export async function isUnconfirmed(user: StoredUser, core: Core): Promise<boolean> {
  if (user.email === undefined || user.emailVerifiedAt !== undefined) return false
  return isMarked('unconfirmed', user.id, core)
}
