import type { Core } from '../core.ts'
import { defineFeature } from '../define-feature.ts'
import { changePasswordEndpoint } from './change-password.ts'
import { accountOptions } from './options.ts'
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
  requireLinks,
  requireMail,
  requiresActivation,
  signInNames,
} from './settings.ts'
import { redeemCodeEndpoint, signInCodeEndpoint } from './sign-in-code.ts'
import { signUpEndpoint } from './sign-up.ts'

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
  },
  onOpen(core, mounted) {
    if (mounted.has('resetPassword')) requireMail('endpoints.resetPassword', core)
    if (mounted.has('signInCode')) requireWayOfCodes(core)
    if (!hasAccounts(core.section)) return undefined
    const { form } = accountSettings(core)
    if (requiresActivation(core))
      requireMail('accounts: { requireActivation: true }', core)
    if (hasMail(core) && form === 'link')
      requireLinks(['activate', 'verify', 'changeEmail', 'resetPassword'], core)
    return undefined
  },
})

/** Stops the start if codes to sign in with cannot be sent, or their links lead nowhere. */
function requireWayOfCodes(core: Core): void {
  if (signInNames(core.section).length === 0)
    requireMail('accounts: { signInCodes: true }', core)
  if (hasMail(core) && accountSettings(core).form === 'link')
    requireLinks(['login'], core)
}
