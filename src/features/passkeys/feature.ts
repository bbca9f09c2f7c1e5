import { momentOf } from '../../command/format.ts'
import { defineFeature } from '../define-feature.ts'
import { offerPasskeys } from '../second-factors/factors.ts'
import { PASSKEY_ROWS } from '../second-factors/passkey-sql.ts'
import { userRecords } from '../user-records.ts'
import {
  enrollPasskey,
  enrollPasskeyOptions,
  passkey,
  passkeyRegistrationOptions,
  passkeySignIn,
  passkeySignInOptions,
  passkeys as passkeysEndpoint,
  secondFactorPasskey,
  secondFactorPasskeyOptions,
} from './endpoints.ts'
import { passkeyOptions } from './options.ts'
import { listPasskeys } from './own-passkeys.ts'
import { passkeyJson } from './passkey-json.ts'
import { hasPasskeys, relyingParty } from './settings.ts'
import { webAuthn } from './webauthn.ts'

/** Passkeys (WebAuthn Level 3): to sign in with, and as a second factor. Their table is that of second factors. */
export const passkeys = defineFeature({
  name: 'passkeys',
  options: {
    /** Passkeys: `true`, or an object. */
    passkeys: passkeyOptions,
  },
  endpoints: {
    /** What a browser needs to make a passkey: `/auth/passkeys/options/`. Mounted with the option `passkeys`. */
    passkeyRegistrationOptions,
    /** Lists the own passkeys, and adds one: `/auth/passkeys/`. */
    passkeys: passkeysEndpoint,
    /** Renames or removes one: `/auth/passkeys/:id/`. */
    passkey,
    /** What a browser needs to sign in: `/auth/passkeys/sign-in/options/`. */
    passkeySignInOptions,
    /** Signs in with a passkey, for a refresh token and an access token: `/auth/passkeys/sign-in/`. */
    passkeySignIn,
    /** What a browser needs for a second step: `/auth/second-factor/passkey/options/`. Mounted with `secondFactors`, too. */
    secondFactorPasskeyOptions,
    /** The second step with a passkey: `/auth/second-factor/passkey/`. */
    secondFactorPasskey,
    /** What a browser needs to make a first factor for a user who needs one to sign in: `/auth/second-factor/passkey/registration/options/`. */
    enrollPasskeyOptions,
    /** The sign-in with it: `/auth/second-factor/passkey/registration/`. */
    enrollPasskey,
  },
  events: ['passkey_counter_regressed'],
  signInRows(section) {
    if (!hasPasskeys(section)) return undefined
    return { ...PASSKEY_ROWS, where: { ...PASSKEY_ROWS.where, suspended_at: null } }
  },
  async development() {
    // An optional peer: without it there is the rest.
    const isInstalled = await webAuthn().then(
      () => true,
      () => false,
    )
    return { options: isInstalled ? { passkeys: true } : {} }
  },
  async onOpen(core) {
    if (!hasPasskeys(core.section)) return undefined
    // What is missing stops the start, not the first sign-in.
    relyingParty(core)
    await webAuthn()
    offerPasskeys(core)
    return undefined
  },
  userRecords: async (id, core) =>
    userRecords('passkeys', await listPasskeys(id, core), passkeyJson, {
      PASSKEY: ({ label }) => label || '–',
      ADDED: ({ createdAt }) => momentOf(createdAt),
      'LAST USE': ({ lastUsedAt }) => momentOf(lastUsedAt),
    }),
})
