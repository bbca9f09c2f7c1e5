import { AuthError } from '../../base/errors.ts'
import { listIf } from '../../base/optional.ts'
import type { CommandTable } from '../../command/command.ts'
import type { Core } from '../core.ts'
import { defineFeature } from '../define-feature.ts'
import { accountUserAdmin } from './admin.ts'
import {
  changeEmailEndpoint,
  confirmEmailChangeEndpoint,
  undoEmailChangeEndpoint,
} from './change-email.ts'
import { changePasswordEndpoint } from './change-password.ts'
import { changePhoneEndpoint, confirmPhoneEndpoint } from './change-phone.ts'
import type { Inviter } from './command.ts'
import {
  confirmEndpoint,
  isUnconfirmed,
  resendEndpoint,
  verifyEndpoint,
} from './confirm.ts'
import { exportEndpoint } from './export.ts'
import { inviteEndpoint } from './invite.ts'
import { clearMark, isMarked } from './marks.ts'
import { meEndpoint } from './me.ts'
import { accountOptions, type LinkName } from './options.ts'
import { apiTokenEndpoint, apiTokensEndpoint } from './own-api-tokens.ts'
import { sessionEndpoint, sessionsEndpoint } from './own-sessions.ts'
import {
  checkResetEndpoint,
  confirmResetEndpoint,
  resetPasswordEndpoint,
} from './reset-password.ts'
import {
  accountSettings,
  hasAccounts,
  hasMail,
  requireFields,
  requireLinks,
  requireMail,
  requiresActivation,
  signInNames,
} from './settings.ts'
import { redeemCodeEndpoint, signInCodeEndpoint } from './sign-in-code.ts'
import { signUpEndpoint } from './sign-up.ts'

const COMMANDS: CommandTable<Inviter> = {
  'user invite': async () => (await import('./command.ts')).userInvite,
}

/** Sign-up, and what users do with their accounts themselves. */
export const accounts = defineFeature({
  name: 'accounts',
  options: {
    /** Accounts that users manage themselves: `true`, or an object. */
    accounts: accountOptions,
  },
  endpoints: {
    /** Creates an account: `/auth/users/`. Mounted with the option `accounts`. */
    signUp: signUpEndpoint,
    /** Changes the own password: `/auth/me/password/`. */
    changePassword: changePasswordEndpoint,
    /** Mails a link or a code for a new password: `/auth/password/reset/`. Mounted with the option `mail`. */
    resetPassword: resetPasswordEndpoint,
    /** Checks such a link and redeems nothing: `/auth/password/reset/check/`. */
    checkReset: checkResetEndpoint,
    /** Sets a new password: `/auth/password/reset/confirm/`. */
    confirmReset: confirmResetEndpoint,
    /** Sends a link or a code to sign in with: `/auth/code/`. Mounted with `accounts.signInCodes`. */
    signInCode: signInCodeEndpoint,
    /** Signs in with it, for a refresh token and an access token: `/auth/code/redeem/`. */
    redeemCode: redeemCodeEndpoint,
    /** Lists the own sessions, and revokes the others: `/auth/sessions/`. */
    ownSessions: sessionsEndpoint,
    /** Revokes one of them: `/auth/sessions/{id}/`. */
    ownSession: sessionEndpoint,
    /** Lists the own API tokens, and creates them: `/auth/api-tokens/`. */
    ownApiTokens: apiTokensEndpoint,
    /** Revokes one of them: `/auth/api-tokens/{id}/`. */
    ownApiToken: apiTokenEndpoint,
    /** Confirms an email address: `/auth/users/confirm/`. With `accounts` and `mail`. */
    confirm: confirmEndpoint,
    /** Mails the confirmation again: `/auth/users/confirm/resend/`. With `accounts` and `mail`. */
    resend: resendEndpoint,
    /** Shows, changes and deletes the own account: `/auth/me/`. With `accounts`. */
    me: meEndpoint,
    /** All that is stored of the own account: `/auth/me/export/`. With `accounts`. */
    exportMe: exportEndpoint,
    /** Asks for another email address: `/auth/me/email/`. With `accounts` and `mail`. */
    changeEmail: changeEmailEndpoint,
    /** Confirms it: `/auth/me/email/confirm/`. With `accounts` and `mail`. */
    confirmEmail: confirmEmailChangeEndpoint,
    /** Gives the former address back: `/auth/me/email/undo/`. With `accounts` and `mail`. */
    undoEmail: undoEmailChangeEndpoint,
    /** Mails the confirmation of the own address again: `/auth/me/email/verify/`. With `accounts` and `mail`. */
    verifyEmail: verifyEndpoint,
    /** Sends digits to another phone number: `/auth/me/phone/`. With `accounts` and `sms`. */
    changePhone: changePhoneEndpoint,
    /** Confirms it: `/auth/me/phone/confirm/`. With `accounts` and `sms`. */
    confirmPhone: confirmPhoneEndpoint,
    /** Invites a person: `/auth/invitations/`, for staff. With `accounts` and `mail`. */
    invite: inviteEndpoint,
  },
  events: [
    'email_verified',
    'email_change_requested',
    'email_changed',
    'email_change_undone',
    'phone_changed',
    'phone_verified',
    'user_invited',
    'user_exported',
  ],
  commands: COMMANDS,
  development: () => ({ options: { accounts: true } }),
  userAdmin: accountUserAdmin,
  onOpen(core, mounted) {
    if (mounted.has('resetPassword')) requireMail('endpoints.resetPassword', core)
    if (mounted.has('signInCode')) requireWayOfCodes(core)
    if (mounted.has('djoser.resetUsername'))
      requireLinks(['resetUsername', 'resetEmail'], core)
    if (hasAccounts(core.section)) requireSettings(core)
    return undefined
  },
  async onUserDeleted(id, core) {
    if (await isMarked('unconfirmed', id, core)) await clearMark('unconfirmed', id, core)
  },
  /** The answer is that of a wrong password: any other would show that the sign-up created the account. */
  async signInCheck({ user }, { request }, core) {
    // A program may sign in whom it likes.
    if (request === undefined || !hasAccounts(core.section)) return undefined
    if (!requiresActivation(core) || !(await isUnconfirmed(user, core))) return undefined
    return () => new AuthError('no_active_account', 'the address is not confirmed')
  },
})

/** Stops the start if codes to sign in with cannot be sent, or their links lead nowhere. */
function requireWayOfCodes(core: Core): void {
  if (signInNames(core.section).length === 0)
    requireMail('accounts: { signInCodes: true }', core)
  if (hasMail(core) && accountSettings(core).form === 'link')
    requireLinks(['login'], core)
}

/** @throws AuthError `invalid_config`: its message has the line to add */
function requireSettings(core: Core): void {
  const { form, signUp, requireActivation } = accountSettings(core)
  requireFields(core)
  if (requireActivation === true)
    requireMail('accounts: { requireActivation: true }', core)
  if (signUp === 'invitation') requireMail('accounts: { signUp: "invitation" }', core)
  if (!hasMail(core)) return
  requireLinks(['undoEmail', ...listIf(signUp !== 'off', ...INVITED)], core)
  if (form === 'link') requireLinks(LINKED, core)
}

const INVITED: readonly LinkName[] = ['invite']
const LINKED: readonly LinkName[] = ['activate', 'verify', 'changeEmail', 'resetPassword']
