import { revokeAll } from '../../admin/users.ts'
import type { UnixSeconds } from '../../base/clock.ts'
import { AuthError } from '../../base/errors.ts'
import { listOf } from '../../base/optional.ts'
import { empty, json } from '../../http/answer.ts'
import { ACCEPTED, type Description, NO_CONTENT } from '../../http/description.ts'
import type { AuthRequest } from '../../http/request.ts'
import { unusableHash } from '../../passwords/passwords.ts'
import type { Principal } from '../../permissions/permission.ts'
import type { SessionId } from '../../sessions/session.ts'
import { changeUser } from '../../users/change.ts'
import { emailFault, emailKey, emailOf } from '../../users/email.ts'
import { rejectFieldErrors } from '../../users/field-errors.ts'
import type { StoredUser, UserId } from '../../users/user.ts'
import { limitCodeRequests } from '../codes/limits.ts'
import { checkCode, redeemCode } from '../codes/redeem.ts'
import { codeStore } from '../codes/sql.ts'
import type { Core } from '../core.ts'
import { defineEndpoint, post } from '../define-feature.ts'
import type { Language } from '../mail/templates/template.ts'
import { accountOf } from './account-name.ts'
import { ADDRESS, CODE } from './confirm.ts'
import { CURRENT_PASSWORD, FRESH_ERRORS, requireFresh } from './fresh.ts'
import { languageOfRequest, mailCode } from './mail-code.ts'
import { accountOptions } from './options.ts'
import { isOwner } from './own-account.ts'
import { deleteApiTokens } from './own-api-tokens.ts'
import { accountSettings, hasAccountsAndMail } from './settings.ts'

/**
 * Asks for another address: the old one stays until the new one is confirmed, and gets a notice with a link that undoes the
 * change. If another user has the new address, nothing is sent there, at the same work.
 *
 * @param user as it was read
 * @param sessionId of the session that goes on; the others end with the change
 * @throws AuthError `invalid`, `throttled`
 */
export async function requestEmailChange(
  user: StoredUser,
  address: string,
  { request, sessionId }: ChangeRequest,
  core: Core,
): Promise<void> {
  const email = emailOf(address)
  rejectFieldErrors({ email: listOf(emailFault(email)) })
  await limitCodeRequests({ purpose: 'change_email', target: emailKey(email) }, core)
  await mailEmailChange(user, email, { request, sessionId }, core)
}

/** @param email a valid address, whose requests were limited */
export async function mailEmailChange(
  user: StoredUser,
  email: string,
  { request, sessionId }: ChangeRequest,
  core: Core,
): Promise<void> {
  const holder = await core.users.findByKey('email', emailKey(email))
  const isFree = holder === undefined || holder.id === user.id
  const language = languageOfRequest(request)
  await mailCode(
    {
      purpose: 'change_email',
      template: 'changeEmail',
      link: 'changeEmail',
      to: isFree ? email : undefined,
      target: user.id,
      user,
      payload: { email, from: user.email ?? null, sessionId: sessionId ?? null },
      lifetime: accountSettings(core).lifetimes.changeEmail,
      language,
    },
    core,
  )
  await mailUndoLink(user, email, language, core)
  void core.audit.record({ kind: 'email_change_requested', userId: user.id })
}

/** Notifies the old address, with a link that undoes the change. */
async function mailUndoLink(
  user: StoredUser,
  email: string,
  language: Language,
  core: Core,
): Promise<void> {
  // The address may be another person's if it was never confirmed: it must not undo anything.
  const isVerified = user.email !== undefined && user.emailVerifiedAt !== undefined
  await mailCode(
    {
      purpose: 'undo_change_email',
      template: 'emailChanged',
      link: 'undoEmail',
      form: 'link',
      to: isVerified ? user.email : undefined,
      target: isVerified ? emailKey(user.email) : user.id,
      // A password that an intruder has changed must not void it.
      user: { id: user.id },
      payload: { email: user.email ?? null },
      data: { newAddress: email },
      lifetime: accountSettings(core).lifetimes.undoEmail,
      language,
    },
    core,
  )
}

export interface ChangeRequest {
  readonly request?: AuthRequest | undefined
  readonly sessionId?: string | undefined
}

/**
 * Replaces the address, once: the code proves that mail at the new one arrives. Other sessions of the user end, and codes that were
 * issued before are void.
 *
 * @param userId required with digits
 * @throws AuthError `invalid_code`, also if another user has the address by now; `throttled`
 */
export async function confirmEmailChange(
  secret: string,
  core: Core,
  userId?: UserId,
): Promise<void> {
  const code = await redeemCode({ purpose: 'change_email', secret, target: userId }, core)
  const { email, from, sessionId } = code.payload as {
    readonly email: string
    readonly from: string | null
    readonly sessionId: SessionId | null
  }
  const id = code.userId ?? ('' as UserId)
  const isNamed = core.tokens.settings.userIdField === 'email'
  const change = { email, emailVerified: true }
  const user = await orInvalidCode(
    changeUser(id, change, core, {
      ...(isNamed && { beginsEpoch: 'email' as const }),
      onlyIf: { email: from ?? undefined },
    }),
  )
  const except = isNamed ? undefined : (sessionId ?? undefined)
  await revokeAll(user.id, 'admin', core, except)
  void core.audit.record({ kind: 'email_changed', userId: user.id })
}

/** @throws AuthError `invalid_code` if the user is another by now, or the address is taken */
async function orInvalidCode(
  change: Promise<StoredUser | undefined>,
): Promise<StoredUser> {
  const user = await change.catch((error) => {
    if (error instanceof AuthError && error.code === 'invalid') return undefined
    throw error
  })
  if (user !== undefined) return user
  throw new AuthError('invalid_code', 'the address is taken, or was changed meanwhile')
}

/**
 * Restores a user's former address, also after further changes: the link proves that its user receives mail there. Removes the
 * password, all sessions, and the codes and API tokens that were issued since, such as a code that would undo this. Passkeys that were
 * added since no longer sign in alone.
 *
 * @throws AuthError `invalid_code`, also if the user is inactive: the link is still valid then
 */
export async function undoEmailChange(token: string, core: Core): Promise<void> {
  const attempt = { purpose: 'undo_change_email', secret: token } as const
  const { userId: id } = await checkCode(attempt, core)
  if ((await accountOf(id, core)) === undefined)
    throw new AuthError('invalid_code', 'the user is inactive')
  const code = await redeemCode(attempt, core)
  const { email } = code.payload
  const { userId } = code
  if (userId === undefined || typeof email !== 'string')
    throw new AuthError('invalid_code', 'there was no address before')
  await core.ports(codeStore).codes.deleteSince(userId, code.createdAt)
  await freeAddress(email, userId, core)
  const change = { email, emailVerified: true }
  const user = await orInvalidCode(
    changeUser(userId, change, core, { beginsEpoch: 'email' }),
  )
  await revokeAccessSince(user, code.createdAt, core)
  void core.audit.record({ kind: 'email_change_undone', userId })
}

/** An intruder may know or have set the password, and may have created API tokens and passkeys: the owner sets a new password. */
async function revokeAccessSince(
  { id, joinedAt }: StoredUser,
  since: UnixSeconds,
  core: Core,
): Promise<void> {
  await core.users.setPassword(id, unusableHash(core.random), { joinedAt })
  await revokeAll(id, 'admin', core)
  await deleteApiTokens(id, since, core)
  await core.recovered(id, since)
}

/** Removes the address from another account that took it meanwhile and never confirmed it. */
async function freeAddress(email: string, userId: UserId, core: Core): Promise<void> {
  const holder = await core.users.findByKey('email', emailKey(email))
  if (holder === undefined || holder.id === userId) return
  const onlyIf = { email: holder.email, emailVerified: false }
  const freed = await core.users.change(holder.id, { email: undefined }, onlyIf)
  if (freed === undefined) return
  const detail = { fields: ['email'] }
  void core.audit.record({ kind: 'user_changed', userId: holder.id, detail })
}

/** `POST /auth/me/email/` */
export const changeEmailEndpoint = defineEndpoint({
  path: { at: '/auth/me/email/' },
  mount: hasAccountsAndMail,
  create: (_, open) =>
    post('Change Address', {
      fields: { email: ADDRESS, current_password: CURRENT_PASSWORD },
      requirement: isOwner,
      describe: () => ({
        operationId: 'changeEmail',
        summary: 'Request a change of your email address',
        description:
          'It replaces the former one once the mail that is sent there is opened.',
        answers: ACCEPTED,
        errors: FRESH_ERRORS,
      }),
      async handle(fields, request, { principal }) {
        const core = await open()
        const { user } = await requireFresh(principal, fields, core)
        const { sessionId } = principal
        await requestEmailChange(user, fields.email, { request, sessionId }, core)
        return json({}, { status: 202 })
      },
    }),
})

/** `POST /auth/me/email/confirm/`. A link needs no credentials; digits need those of the user who requested them. */
export const confirmEmailChangeEndpoint = defineEndpoint({
  path: { at: '/auth/me/email/confirm/' },
  mount: hasAccountsAndMail,
  create({ section }, open) {
    if (section(accountOptions)?.form !== 'digits')
      return post('Confirm New Address', {
        fields: { token: CODE },
        describe: describeConfirmation,
        async handle({ token }) {
          await confirmEmailChange(token, await open())
          return empty()
        },
      })
    return post('Confirm New Address', {
      fields: { code: CODE },
      requirement: isOwner,
      describe: describeConfirmation,
      async handle({ code }, _request, { principal }: { principal: Principal }) {
        await confirmEmailChange(code, await open(), principal.user.id as UserId)
        return empty()
      },
    })
  },
})

function describeConfirmation(): Description {
  return {
    operationId: 'confirmEmailChange',
    summary: 'Confirm the new email address',
    answers: NO_CONTENT,
    errors: ['invalid_code'],
  }
}

/** `POST /auth/me/email/undo/` */
export const undoEmailChangeEndpoint = defineEndpoint({
  path: { at: '/auth/me/email/undo/' },
  mount: hasAccountsAndMail,
  create: (_, open) =>
    post('Undo Change Of Address', {
      fields: { token: CODE },
      describe: () => ({
        operationId: 'undoEmailChange',
        summary: 'Restore the former email address',
        answers: NO_CONTENT,
        errors: ['invalid_code'],
      }),
      async handle({ token }) {
        await undoEmailChange(token, await open())
        return empty()
      },
    }),
})
