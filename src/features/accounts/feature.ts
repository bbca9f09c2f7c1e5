import { defineFeature } from '../define-feature.ts'
import { accountOptions } from './options.ts'
import {
  accountSettings,
  hasAccounts,
  hasMail,
  requireLinks,
  requireMail,
  requiresActivation,
} from './settings.ts'
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
  },
  onOpen(core) {
    if (!hasAccounts(core.section)) return undefined
    const { form } = accountSettings(core)
    if (requiresActivation(core))
      requireMail('accounts: { requireActivation: true }', core)
    if (hasMail(core) && form === 'link')
      requireLinks(['activate', 'verify', 'changeEmail', 'resetPassword'], core)
    return undefined
  },
})
