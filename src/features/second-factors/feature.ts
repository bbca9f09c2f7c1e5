import { seconds } from '../../base/clock.ts'
import { momentOf } from '../../command/format.ts'
import { flush } from '../../sessions/flush.ts'
import { defineFeature } from '../define-feature.ts'
import { userRecords } from '../user-records.ts'
import { secondFactorAdmin } from './admin.ts'
import { deviceJson } from './device-json.ts'
import { forgetDevices } from './devices.ts'
import {
  device,
  devices,
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
import { removeUnconfirmedFactors, suspendSince } from './factors.ts'

import { secondFactorOptions } from './options.ts'
import { ownTotps } from './own-factors.ts'
import { requireSecondFactor, secondFactorAnswers } from './sign-in.ts'
import { credentialStore, devicesOf } from './sql.ts'

/** Second factors: authenticator apps (TOTP, RFC 6238) and recovery codes. */
export const secondFactors = defineFeature({
  name: 'secondFactors',
  development: () => ({ options: { secondFactors: true } }),
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
    /** The remembered devices of the user: `/auth/devices/`. With `secondFactors.rememberDevice`. */
    devices,
    /** Forgets one: `/auth/devices/:id/`. */
    device,
  },
  events: [
    'factor_added',
    'factor_removed',
    'recovery_codes_created',
    'second_factor_failed',
    'device_remembered',
    'device_forgotten',
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
    const { credentials, devices } = ports(credentialStore)
    await credentials.deleteAll(id)
    await devices.deleteAll(id)
  },
  userRecords: async (id, core) => [
    userRecords('factors', await ownTotps(id, core), factorJson, {
      AUTHENTICATOR: ({ label }) => label || '–',
      ADDED: ({ createdAt }) => momentOf(createdAt),
      'LAST USE': ({ lastUsedAt }) => momentOf(lastUsedAt),
    }),
    userRecords('devices', await devicesOf(core).listAll(id), deviceJson, {
      DEVICE: ({ userAgent }) => userAgent ?? '–',
      REMEMBERED: ({ createdAt }) => momentOf(createdAt),
      'LAST USE': ({ lastUsedAt }) => momentOf(lastUsedAt),
    }),
  ],
  onRecovered: suspendSince,
  onTakenOver: removeUnconfirmedFactors,
  async onSignedOutElsewhere(id, request, core) {
    await forgetDevices(id, core, request)
  },
  rowNames: { credentials: 'credential', devices: 'remembered device' },
  async flush({ ports, clock }, progress) {
    const { credentials, devices } = ports(credentialStore)
    return {
      credentials: await flush(credentials, clock(), seconds(0), progress),
      devices: await flush(devices, clock(), seconds(0), progress),
    }
  },
})
