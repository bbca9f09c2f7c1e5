import { empty } from '../../http/answer.ts'
import { NO_CONTENT } from '../../http/description.ts'
import type { Field } from '../../http/fields.ts'
import type { AuthRequest } from '../../http/request.ts'
import { MAX_PASSWORD_BYTES } from '../../passwords/password-bytes.ts'
import { STRENGTH_RULES } from '../../passwords/strength.ts'
import type { SessionId } from '../../sessions/session.ts'
import { fieldError } from '../../users/field-errors.ts'
import type { Account } from '../../users/user.ts'
import type { Core } from '../core.ts'
import { defineEndpoint, post } from '../define-feature.ts'
import { requireCurrentPassword } from './current-password.ts'
import { languageOfRequest } from './mail-code.ts'
import {
  type KeptSessions,
  requireStrongPassword,
  setNewPassword,
} from './new-password.ts'
import { isOwner, ownAccount } from './own-account.ts'
import { accountSettings, hasPasswords } from './settings.ts'

/** White space at its ends belongs to it. */
export const NEW_PASSWORD: Field = { trim: false, maxBytes: MAX_PASSWORD_BYTES }

export interface PasswordChange {
  readonly userId: string
  readonly currentPassword: string
  readonly newPassword: string
  /** The session of the client. Default: none, and all sessions end. */
  readonly sessionId?: string | undefined
}

/**
 * Changes the password of a user who knows the current one. The option `accounts.passwordChangeRevokes` decides which sessions are revoked.
 *
 * @throws AuthError `invalid`, whose body has messages for `current_password` or `new_password`; `throttled`; `busy`;
 *   `user_not_found`
 */
export async function changePassword(
  core: Core,
  { userId, currentPassword, newPassword, sessionId }: PasswordChange,
  request?: AuthRequest,
): Promise<void> {
  const account = await ownAccount(userId, core)
  // What costs nothing comes first. The option `users.breached` may ask another service: after an attempt that counts.
  await requireStrongPassword(newPassword, account.user, { strength: STRENGTH_RULES })
  await requireCurrentPassword(account, currentPassword, core)
  await requireStrongPassword(newPassword, account.user, core)
  await replacePassword(account, { newPassword, sessionId }, request, core)
}

/**
 * Sets a new password that was checked, after the user has authenticated. The option `accounts.passwordChangeRevokes` decides which
 * sessions are revoked.
 *
 * @param account as it was read before that
 * @throws AuthError `invalid`, whose body names `current_password`, if it is another one meanwhile
 */
export async function replacePassword(
  account: Account,
  { newPassword, sessionId }: Pick<PasswordChange, 'newPassword' | 'sessionId'>,
  request: AuthRequest | undefined,
  core: Core,
): Promise<void> {
  const added = await setNewPassword(
    account,
    {
      password: newPassword,
      keeps: keptSessions(sessionId as SessionId | undefined, core),
      language: languageOfRequest(request),
    },
    core,
  )
  // The password that was right a moment ago is not the current one any more.
  if (added === undefined) throw fieldError({ current_password: ['Invalid password.'] })
}

function keptSessions(own: SessionId | undefined, core: Core): KeptSessions {
  switch (accountSettings(core).passwordChangeRevokes) {
    case 'others':
      return own ?? 'none'
    case 'all':
      return 'none'
    case 'none':
      return 'all'
  }
}

/** `POST /auth/me/password/` */
export const changePasswordEndpoint = defineEndpoint({
  path: { at: '/auth/me/password/' },
  mount: hasPasswords,
  create: (_, open) =>
    post('Change Password', {
      fields: { current_password: NEW_PASSWORD, new_password: NEW_PASSWORD },
      requirement: isOwner,
      describe: () => ({
        operationId: 'changePassword',
        summary: 'Change your password',
        answers: NO_CONTENT,
      }),
      async handle(fields, request, { principal }) {
        const core = await open()
        await changePassword(
          core,
          {
            userId: principal.user.id,
            sessionId: principal.sessionId,
            currentPassword: fields.current_password,
            newPassword: fields.new_password,
          },
          request,
        )
        return empty()
      },
    }),
})
