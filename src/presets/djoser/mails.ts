import { days } from '../../base/clock.ts'
import { AuthError } from '../../base/errors.ts'
import { listOf } from '../../base/optional.ts'
import { accountOf, findRecipient } from '../../features/accounts/account-name.ts'
import { confirmEmailChange } from '../../features/accounts/change-email.ts'
import {
  confirmEmail,
  isUnconfirmed,
  resendVerification,
} from '../../features/accounts/confirm.ts'
import { languageOfRequest } from '../../features/accounts/mail-code.ts'
import {
  confirmEmailReset,
  requestEmailReset,
} from '../../features/accounts/reset-email.ts'
import {
  confirmPasswordReset,
  type ResetName,
  requestPasswordReset,
} from '../../features/accounts/reset-password.ts'
import { hasMail, requiresActivation } from '../../features/accounts/settings.ts'
import {
  confirmUsernameReset,
  requestUsernameReset,
} from '../../features/accounts/username.ts'
import type { Core } from '../../features/core.ts'
import { sendMail } from '../../features/mail/send.ts'
import { PASSWORD } from '../../features/tokens/credentials.ts'
import { empty } from '../../http/answer.ts'
import { type Answers, answer, NO_CONTENT } from '../../http/description.ts'
import type { MethodHandler } from '../../http/endpoint.ts'
import type { Fields } from '../../http/fields.ts'
import { listOf as arrayOf, text } from '../../http/json-schema.ts'
import type { AuthRequest } from '../../http/request.ts'
import type { Principal } from '../../permissions/permission.ts'
import { emailFault } from '../../users/email.ts'
import { rejectFieldErrors } from '../../users/field-errors.ts'
import type { UserId } from '../../users/user.ts'
import { definePresetEndpoint, type PresetEndpoint } from '../define-preset.ts'
import { permissionFor } from './access.ts'
import { errorsWith, renaming, requireSame, routed, TEXT } from './form.ts'
import {
  asWrongToken,
  LINK,
  type Link,
  outcomeOf,
  requireLink,
  wrongToken,
} from './links.ts'
import {
  type DjoserPermission,
  type DjoserSettings,
  isRetyped,
  MESSAGES,
} from './options.ts'

/** `users/activation/`: confirms the address of a new user, or a new address. */
export const activation = (settings: DjoserSettings): PresetEndpoint =>
  posting(settings, {
    path: '/users/activation/',
    permission: 'activation',
    texts: ['djoserActivation', 'Confirm the address of a new user, or a new address'],
    fields: LINK,
    async handle(link, request, core) {
      const { kind } = await outcomeOf(link, 'verify_email', core)
      if (kind === 'right') {
        const userId = await confirmEmail({ token: link.token }, core)
        if (settings.confirmationMail) await mailActivated(userId, request, core)
      } else if (kind === 'already_redeemed') throw staleToken()
      else await confirmNewAddress(link, core)
      return undefined
    },
  })

async function mailActivated(
  userId: UserId,
  request: AuthRequest,
  core: Core,
): Promise<void> {
  const account = await accountOf(userId, core)
  const letter = {
    template: 'accountActivated',
    to: account?.user.email,
    data: {},
    language: languageOfRequest(request),
    lifetime: days(3),
  } as const
  if (hasMail(core)) await sendMail(core, letter)
}

const staleToken = (): AuthError =>
  new AuthError('permission_denied', 'the link was opened before', {
    detail: MESSAGES.staleToken,
  })

async function confirmNewAddress(link: Link, core: Core): Promise<void> {
  const { kind } = await outcomeOf(link, 'change_email', core)
  if (kind === 'already_redeemed') throw staleToken()
  if (kind !== 'right') throw wrongToken(kind)
  await confirmEmailChange(link.token, core)
}

/** `users/resend_activation/` */
export const resendActivation = (settings: DjoserSettings): PresetEndpoint =>
  posting(settings, {
    path: '/users/resend_activation/',
    permission: 'passwordReset',
    texts: ['djoserResendActivation', 'Mail the activation again'],
    answers: unknownAddress(settings),
    fields: { email: TEXT },
    async handle({ email }, request, core) {
      rejectFieldErrors({ email: listOf(emailFault(email)) })
      if (!requiresActivation(core)) return empty({ status: 400 })
      if (settings.showEmailNotFound) await requireUser(email, core, isUnconfirmed)
      await resendVerification(email, request, core)
      return undefined
    },
  })

/** `users/reset_password/` */
export const resetPassword = (settings: DjoserSettings): PresetEndpoint =>
  asking(
    settings,
    {
      path: '/users/reset_password/',
      permission: 'passwordReset',
      texts: ['djoserResetPassword', 'Mail a link for a new password'],
    },
    requestPasswordReset,
  )

/** `users/reset_username/` */
export const resetUsername = (settings: DjoserSettings): PresetEndpoint =>
  asking(
    settings,
    {
      path: '/users/reset_username/',
      permission: 'usernameReset',
      texts: ['djoserResetUsername', 'Mail a link for a new username'],
    },
    requestUsernameReset,
  )

/** `users/reset_email/`: for users who sign in with their address, as `reset_username/` is for others. */
export const resetEmail = (settings: DjoserSettings): PresetEndpoint =>
  asking(
    settings,
    {
      path: '/users/reset_email/',
      permission: 'usernameReset',
      texts: ['djoserResetEmail', 'Mail a link for a new email address'],
    },
    requestEmailReset,
  )

/** With the option `showEmailNotFound`. */
function unknownAddress({ showEmailNotFound }: DjoserSettings): Answers {
  if (!showEmailNotFound) return {}
  return { 400: answer('No user has the address.', arrayOf(text())) }
}

const asking = (
  settings: DjoserSettings,
  endpoint: Pick<Posting<'email'>, 'path' | 'permission' | 'texts'>,
  ask: (core: Core, name: ResetName, request: AuthRequest) => Promise<void>,
): PresetEndpoint =>
  posting(settings, {
    ...endpoint,
    answers: unknownAddress(settings),
    fields: { email: TEXT },
    async handle({ email }, request, core) {
      await ask(core, { field: 'email', value: email }, request)
      if (settings.showEmailNotFound) await requireUser(email, core)
      return undefined
    },
  })

/** The option `showEmailNotFound`. @throws AuthError `invalid` if no active user has the address */
async function requireUser(
  email: string,
  core: Core,
  isMeant: typeof isUnconfirmed = async () => true,
): Promise<void> {
  const user = await findRecipient({ field: 'email', value: email }, 'email', core)
  if (user !== undefined && (await isMeant(user, core))) return
  throw new AuthError('invalid', 'no user has the address', {
    body: [MESSAGES.emailNotFound],
  })
}

/** `users/reset_password_confirm/` */
export const resetPasswordConfirm = (settings: DjoserSettings): PresetEndpoint =>
  posting(settings, {
    path: '/users/reset_password_confirm/',
    permission: 'passwordResetConfirm',
    texts: ['djoserResetPasswordConfirm', 'Set a new password'],
    fields: {
      ...LINK,
      new_password: PASSWORD,
      ...(isRetyped(settings, 'resetPassword') && { re_new_password: PASSWORD }),
    } as Fields<'uid' | 'token' | 'new_password' | 're_new_password'>,
    async handle(
      { new_password: password, re_new_password: repeated, ...link },
      request,
      core,
    ) {
      requireSame(password, repeated, 'passwordMismatch')
      await requireLink(link, 'reset_password', core)
      await confirmPasswordReset(core, { token: link.token }, password, request)
      return undefined
    },
  })

/** `users/reset_username_confirm/` */
export const resetUsernameConfirm = (settings: DjoserSettings): PresetEndpoint =>
  posting(settings, {
    path: '/users/reset_username_confirm/',
    permission: 'usernameResetConfirm',
    texts: ['djoserResetUsernameConfirm', 'Set a new username'],
    fields: {
      ...LINK,
      new_username: TEXT,
      ...(isRetyped(settings, 'resetUsername') && { re_new_username: TEXT }),
    } as Fields<'uid' | 'token' | 'new_username' | 're_new_username'>,
    renames: { username: 'new_username' },
    async handle(
      { new_username: username, re_new_username: repeated, ...link },
      request,
      core,
    ) {
      requireSame(username, repeated, 'usernameMismatch')
      await requireLink(link, 'reset_username', core)
      await confirmUsernameReset(core, { token: link.token }, username, request)
      return undefined
    },
  })

/** `users/reset_email_confirm/`. The new address is in force once the link that is mailed there is opened, as after `set_email/`. */
export const resetEmailConfirm = (settings: DjoserSettings): PresetEndpoint =>
  posting(settings, {
    path: '/users/reset_email_confirm/',
    permission: 'usernameResetConfirm',
    texts: ['djoserResetEmailConfirm', 'Request a change of an email address by a link'],
    fields: {
      ...LINK,
      new_email: TEXT,
      ...(isRetyped(settings, 'resetUsername') && { re_new_email: TEXT }),
    } as Fields<'uid' | 'token' | 'new_email' | 're_new_email'>,
    renames: { email: 'new_email' },
    async handle({ new_email: email, re_new_email: repeated, ...link }, request, core) {
      requireSame(email, repeated, 'emailMismatch')
      await requireLink(link, 'reset_email', core)
      await confirmEmailReset(core, link.token, email, request)
      return undefined
    },
  })

const LINK_ERRORS = ['invalid_code', 'permission_denied'] as const

interface Posting<Name extends string> {
  readonly path: `/${string}`
  readonly permission: DjoserPermission
  readonly texts: readonly [operationId: string, summary: string]
  /** Besides 204. */
  readonly answers?: Answers
  readonly fields: Fields<Name>
  /** Fields in errors of features, and what they are called here. */
  readonly renames?: Readonly<Record<string, string>>
  /** @returns the answer; without one it is 204 */
  handle(
    fields: Readonly<Record<Name, string>>,
    request: AuthRequest,
    core: Core,
  ): Promise<object | undefined>
}

const posting = <Name extends string>(
  settings: DjoserSettings,
  {
    path,
    permission,
    texts: [operationId, summary],
    answers,
    fields,
    renames = {},
    handle,
  }: Posting<Name>,
): PresetEndpoint =>
  definePresetEndpoint({
    path,
    create: (_, open) =>
      routed('User List', {
        POST: {
          requirement: permissionFor(permission, settings),
          fields,
          describe: () => ({
            operationId,
            summary,
            answers: { ...NO_CONTENT, ...answers },
            errors: LINK_ERRORS,
          }),
          handle: async (given, request) =>
            (await handle(given, request, await open())) ?? empty(),
        } as MethodHandler<string, Principal>,
      }),
    errorFor: errorsWith(settings, (error) => renaming(renames)(asWrongToken(error))),
  })
