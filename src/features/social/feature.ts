import { loadedWhenCalled } from '../../base/lazy.ts'
import { listIf } from '../../base/optional.ts'
import { momentOf } from '../../command/format.ts'
import { defineFeature } from '../define-feature.ts'
import { hasPages } from '../pages/options.ts'
import { userRecords } from '../user-records.ts'
import { socialSection } from './account-section.ts'
import type { IdentityAdmin } from './admin.ts'
import { socialCallback } from './callback-page.ts'
import { ownIdentities, ownIdentity, socialSignIn } from './endpoints.ts'
import { identityJson } from './identity-json.ts'
import { hasSocial, providersIn, socialOptions } from './options.ts'
import { identitiesOf, identityRows, identityStore } from './sql.ts'

/** Signing in with other services: OpenID Connect and OAuth 2. */
export const social = defineFeature({
  name: 'social',
  store: identityStore,
  options: {
    /** Providers to sign in with, by their names. */
    social: socialOptions,
  },
  endpoints: {
    /** Begins a sign-in with a provider, and signs in with what it returned: `/auth/social/:provider/`. Mounted with the option `social`. */
    socialSignIn,
    /** Lists the providers that sign the user in, and adds one: `/auth/identities/`. */
    ownIdentities,
    /** Removes one: `/auth/identities/:id/`. */
    ownIdentity,
  },
  pages(section, areNeeded) {
    if (!hasSocial(section)) return []
    // Those of accounts have a callback of their own, which shows what went wrong.
    return listIf(!areNeeded && !hasPages(section), socialCallback)
  },
  async signInButtons(visit, core) {
    if (!hasSocial(core.section)) return []
    return (await import('./page-parts.ts')).socialButtons(visit, core)
  },
  accountSections: socialSection,
  signInRows(section) {
    if (!hasSocial(section)) return undefined
    // An identity of a provider that is no longer configured cannot sign in.
    return identityRows([...providersIn(section).keys()])
  },
  events: ['identity_linked', 'identity_unlinked'],
  admin: (open) => ({
    /** The providers that sign users in. */
    identities: loadedWhenCalled<IdentityAdmin>(
      { list: true, link: true, unlink: true },
      async () => (await import('./admin.ts')).identityAdmin(open),
    ),
  }),
  async onOpen(core) {
    if (!hasSocial(core.section)) return undefined
    // A missing package stops the start, not the first sign-in.
    await (await import('./library.ts')).oauthLibrary()
    const { keepCore } = await import('./core-of-scheme.ts')
    keepCore(core)
    return undefined
  },
  async onUserDeleted(id, core) {
    await identitiesOf(core).deleteAll(id)
  },
  async onRecovered(id, since, core) {
    await (await import('./own-identities.ts')).unlinkSince(id, since, core)
    return []
  },
  /** The identities of an unconfirmed account may be those of an attacker. */
  async onTakenOver(id, core) {
    const identities = await identitiesOf(core).deleteAll(id)
    if (identities === 0) return
    const detail = { identities }
    void core.audit.record({ kind: 'identity_unlinked', userId: id, detail })
  },
  userRecords: async (id, core) =>
    userRecords('identities', await identitiesOf(core).list(id), identityJson, {
      PROVIDER: ({ provider }) => provider,
      SUBJECT: ({ subject }) => subject,
      CONNECTED: ({ createdAt }) => momentOf(createdAt),
      'LAST USE': ({ lastUsedAt }) => momentOf(lastUsedAt),
    }),
})
