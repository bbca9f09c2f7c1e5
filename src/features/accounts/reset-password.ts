import { after, days, type Seconds } from '../../base/clock.ts'
import { AuthError } from '../../base/errors.ts'
import { empty, json } from '../../http/answer.ts'
import { ACCEPTED, answer, NO_CONTENT } from '../../http/description.ts'
import { closed, listOf, moment, text } from '../../http/json-schema.ts'
import type { AuthRequest } from '../../http/request.ts'
import type { Account, StoredUser } from '../../users/user.ts'
import { limitCodeRequests } from '../codes/limits.ts'
import { checkCode, type RedeemedCode, redeemCode } from '../codes/redeem.ts'
import type { AddedCredential, Core } from '../core.ts'
import { defineEndpoint, post } from '../define-feature.ts'
import {
  type AccountName,
  accountOf,
  findRecipient,
  nameBody,
  nameFields,
  nameIn,
  requireValidName,
  targetOf,
} from './account-name.ts'
import { NEW_PASSWORD } from './change-password.ts'
import {
  attemptOf,
  type CodeProof,
  proofBody,
  proofFields,
  proofIn,
} from './code-proof.ts'
import { isUnconfirmed } from './confirm.ts'
import { languageOfRequest, mailCodeTo } from './mail-code.ts'
import { requireStrongPassword, setNewPassword } from './new-password.ts'
import { revokeUnconfirmedAccess } from './own-api-tokens.ts'
import { accountSettings, mailsPasswords } from './settings.ts'

/** The fields that can name the account of a reset. */
const NAMES = ['email', 'username'] as const

/** Not by phone: a number changes hands too easily. */
export type ResetName = AccountName & { readonly field: (typeof NAMES)[number] }

/**
 * Mails a link or a code with which a user sets a new password, also a user who had none. Nothing that this returns or throws, and no
 * work that it does, shows whether there is such an account.
 *
 * @throws AuthError `invalid` if this address is not valid; `throttled`; `store_unavailable`
 */
export async function requestPasswordReset(
  core: Core,
  name: ResetName,
  request?: AuthRequest,
): Promise<void> {
  requireValidName(name)
  await limitCodeRequests({ purpose: 'reset_password', target: targetOf(name) }, core)
  await mailCodeTo(
    name,
    await findRecipient(name, 'email', core),
    {
      purpose: 'reset_password',
      template: 'resetPassword',
      link: 'resetPassword',
      lifetime: accountSettings(core).lifetimes.resetPassword,
      language: languageOfRequest(request),
    },
    core,
  )
}

/**
 * Checks the link or the code of a reset and redeems nothing, so that a page can say at once that it has expired. Wrong digits count.
 *
 * @throws AuthError `invalid_code`, `throttled`
 */
export async function checkPasswordReset(core: Core, proof: CodeProof): Promise<void> {
  await accountOfCode(await checkCode(attemptOf('reset_password', proof), core), core)
}

/**
 * Sets a new password with the link or the code of a reset. All sessions end, other codes of the account are void, and the user is
 * notified by mail. An account whose sign-up was not confirmed loses its API tokens, its factors and its phone number. It starts no
 * session: the next sign-in asks for a second factor as usual (rule O11).
 *
 * The mailbox alone must not remove a second factor, so factors stay. Passkeys of the last 30 days no longer sign in alone.
 *
 * @returns the factors and passkeys that were added in the last 30 days, so that the user can recognize them
 * @throws AuthError `invalid`, whose body has the messages for `new_password`: the code is still valid then; `invalid_code`, also if
 *   the account is changed at the same time; `throttled`; `busy`, and the code is spent
 */
export async function confirmPasswordReset(
  core: Core,
  proof: CodeProof,
  newPassword: string,
  request?: AuthRequest,
): Promise<readonly AddedCredential[]> {
  const attempt = attemptOf('reset_password', proof)
  const account = await accountOfCode(await checkCode(attempt, core), core)
  await requireStrongPassword(newPassword, account.user, core)
  const { payload } = await redeemCode(attempt, core)
  const { user } = account
  const added = await setNewPassword(
    account,
    {
      password: newPassword,
      keeps: 'none',
      language: languageOfRequest(request),
      async settle() {
        // The mail was received at the address: as good a proof as that of a confirmation.
        if (user.emailVerifiedAt === undefined && payload.email === user.email)
          await takeOver(user, core)
        return core.recovered(user.id, after(core.clock(), -RECENT as Seconds))
      },
    },
    core,
  )
  if (added === undefined) throw changedMeanwhile()
  return added
}

/** The time in which an intruder may have added credentials that the user does not know. */
const RECENT = days(30)

async function takeOver(user: StoredUser, core: Core): Promise<void> {
  const { id, email } = user
  if (await isUnconfirmed(user, core)) await revokeUnconfirmedAccess(user, core)
  await core.users.verify(id, 'email', String(email), core.clock())
}

/** @throws AuthError `invalid_code` if the code belongs to no user, or the user is inactive now */
async function accountOfCode({ userId }: RedeemedCode, core: Core): Promise<Account> {
  const account = await accountOf(userId, core)
  if (account === undefined) throw new AuthError('invalid_code', 'no account of the code')
  return account
}

const changedMeanwhile = (): AuthError =>
  new AuthError('invalid_code', 'the account was changed during the reset')

const shownCredential = ({ kind, label, createdAt }: AddedCredential) => ({
  kind,
  label,
  created_at: new Date(createdAt * 1000).toISOString(),
})

const RECENT_CREDENTIALS =
  'Done. These second factors and passkeys were added in the last 30 days.'

const RECENT_SCHEMA = closed({
  recent_credentials: listOf(
    closed({
      kind: text(undefined, { enum: ['totp', 'passkey'] }),
      label: text(),
      created_at: moment('When it was added.'),
    }),
  ),
})

/** `POST /auth/password/reset/` */
export const resetPasswordEndpoint = defineEndpoint({
  path: { at: '/auth/password/reset/' },
  mount: mailsPasswords,
  create: (_, open) =>
    post('Reset Password', {
      fields: (body) => nameFields(NAMES, body),
      describe: () => ({
        operationId: 'resetPassword',
        summary: 'Mail a link or a code to set a new password',
        body: nameBody(NAMES),
        answers: ACCEPTED,
      }),
      async handle(fields, request) {
        await requestPasswordReset(await open(), nameIn(fields) as ResetName, request)
        return json({}, { status: 202 })
      },
    }),
})

/** `POST /auth/password/reset/check/` */
export const checkResetEndpoint = defineEndpoint({
  path: { at: '/auth/password/reset/check/' },
  mount: mailsPasswords,
  create: (_, open) =>
    post('Check Password Reset', {
      fields: (body) => proofFields(NAMES, body),
      describe: () => ({
        operationId: 'checkPasswordReset',
        summary: 'Check a link or a code without redeeming it',
        body: proofBody(NAMES),
        answers: NO_CONTENT,
        errors: ['invalid_code'],
      }),
      async handle(fields) {
        await checkPasswordReset(await open(), proofIn(fields))
        return empty()
      },
    }),
})

/** `POST /auth/password/reset/confirm/` */
export const confirmResetEndpoint = defineEndpoint({
  path: { at: '/auth/password/reset/confirm/' },
  mount: mailsPasswords,
  create: (_, open) =>
    post('Confirm Password Reset', {
      fields: (body) => ({ ...proofFields(NAMES, body), new_password: NEW_PASSWORD }),
      describe: () => ({
        operationId: 'confirmPasswordReset',
        summary: 'Set a new password with a link or a code',
        body: proofBody(NAMES, { new_password: NEW_PASSWORD }),
        answers: { ...NO_CONTENT, 200: answer(RECENT_CREDENTIALS, RECENT_SCHEMA) },
        errors: ['invalid_code'],
      }),
      async handle({ new_password: password, ...fields }, request) {
        const core = await open()
        const added = await confirmPasswordReset(core, proofIn(fields), password, request)
        if (added.length === 0) return empty()
        return { recent_credentials: added.map(shownCredential) }
      },
    }),
})
