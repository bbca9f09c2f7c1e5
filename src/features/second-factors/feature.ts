import { seconds } from '../../base/clock.ts'
import { momentOf } from '../../command/format.ts'
import { flush } from '../../sessions/flush.ts'
import { defineFeature } from '../define-feature.ts'
import { userRecords } from '../user-records.ts'
import { secondFactorAdmin } from './admin.ts'
import {
  enrollTotp,
  enrollTotpConfirm,
  factor,
  factors,
  recoveryCodes,
  secondFactor,
  totp,
  totpConfirm,
} from './endpoints.ts'
import { factorJson } from './factor-json.ts'
import { secondFactorOptions } from './options.ts'
import { ownTotps } from './own-factors.ts'
import { requireSecondFactor, secondFactorAnswers } from './sign-in.ts'
import { credentialStore } from './sql.ts'

/** Second factors: authenticator apps (TOTP, RFC 6238) and recovery codes. */
export const secondFactors = defineFeature({
  name: 'secondFactors',
  store: credentialStore,
  options: {
    /** Second factors: `true`, or an object. */
    secondFactors: secondFactorOptions,
  },
  endpoints: {
    /** The second step of a sign-in: `/auth/second-factor/`. Mounted with the option `secondFactors`. */
    secondFactor,
    /** An authenticator for a user who needs one to sign in: `/auth/second-factor/totp/`. */
    enrollTotp,
    /** Its first password: `/auth/second-factor/totp/confirm/`. */
    enrollTotpConfirm,
    /** A new authenticator: `/auth/totp/`. */
    totp,
    /** Makes it work: `/auth/totp/confirm/`. */
    totpConfirm,
    /** The authenticators of the user: `/auth/factors/`. */
    factors,
    /** Removes one: `/auth/factors/:id/`. */
    factor,
    /** Replaces the recovery codes: `/auth/recovery-codes/`. */
    recoveryCodes,
  },
  events: [
    'factor_added',
    'factor_removed',
    'recovery_codes_created',
    'second_factor_failed',
  ],
  signInCheck: requireSecondFactor,
  signInAnswers: secondFactorAnswers,
  admin: (open) => ({
    /** Second factors of users. */
    secondFactors: secondFactorAdmin(open),
  }),
  onOpen(core) {
    // A missing secret stops the start, not the first sign-in.
    if (core.section(secondFactorOptions) !== undefined)
      core.derivedKeys('second factors')
    return undefined
  },
  async onUserDeleted(id, { ports }) {
    await ports(credentialStore).credentials.deleteAll(id)
  },
  userRecords: async (id, core) =>
    userRecords('factors', await ownTotps(id, core), factorJson, {
      AUTHENTICATOR: ({ label }) => label || '–',
      ADDED: ({ createdAt }) => momentOf(createdAt),
      'LAST USE': ({ lastUsedAt }) => momentOf(lastUsedAt),
    }),
  rowNames: { credentials: 'credential' },
  async flush({ ports, clock }, progress) {
    const { credentials } = ports(credentialStore)
    return { credentials: await flush(credentials, clock(), seconds(0), progress) }
  },
})
