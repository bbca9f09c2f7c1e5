import { seconds } from '../../base/clock.ts'
import type { CommandTable } from '../../command/command.ts'
import { momentOf } from '../../command/format.ts'
import { flush } from '../../sessions/flush.ts'
import { defineFeature } from '../define-feature.ts'
import { userRecords } from '../user-records.ts'
import { keySection } from './account-section.ts'
import { signingKeyAdmin } from './admin.ts'
import type { SigningKeysInstance } from './command.ts'
import { signingKeyOptions } from './options.ts'
import { signingKeyPages } from './pages.ts'
import { signingKeyJson } from './signing-key-json.ts'
import { signingKeyStore } from './store.ts'

const COMMANDS: CommandTable<SigningKeysInstance> = {
  'signing-key create': async () => (await import('./command.ts')).signingKeyCreate,
  'signing-key list': async () => (await import('./command.ts')).signingKeyList,
  'signing-key rotate': async () => (await import('./command.ts')).signingKeyRotate,
  'signing-key revoke': async () => (await import('./command.ts')).signingKeyRevoke,
}

const MOST_OF_USER = 1000

/** Keys with which users and applications sign their requests. */
export const signingKeys = defineFeature({
  name: 'signingKeys',
  options: {
    /** Keys with which users sign their requests, on the page of their account and in the console: `true`, or an object. */
    signingKeys: signingKeyOptions,
  },
  store: signingKeyStore,
  pages: signingKeyPages,
  accountSections: keySection,
  commands: COMMANDS,
  events: ['signing_key_created', 'signing_key_rotated', 'signing_key_revoked'],
  admin: (open) => ({
    /** Keys with which users and applications sign their requests. */
    signingKeys: signingKeyAdmin(open),
  }),
  async onUserDeleted(userId, { ports }) {
    await ports(signingKeyStore).signingKeys.deleteAll({ userId })
  },
  async onClientDeleted(clientId, { ports }) {
    await ports(signingKeyStore).signingKeys.deleteAll({ clientId })
  },
  async onTakenOver(userId, { ports }) {
    await ports(signingKeyStore).signingKeys.deleteAll({ userId })
  },
  async userRecords(userId, { ports }) {
    const keys = await ports(signingKeyStore).signingKeys.list({ userId }, MOST_OF_USER)
    return userRecords('signing_keys', keys, signingKeyJson, {
      'SIGNING KEY': ({ id }) => id,
      LABEL: ({ label }) => label ?? '–',
      SINCE: ({ createdAt }) => momentOf(createdAt),
    })
  },
  rowNames: { signingKeys: 'signing key' },
  async flush({ ports, clock }, progress) {
    const { signingKeys: keys } = ports(signingKeyStore)
    return { signingKeys: await flush(keys, clock(), seconds(0), progress) }
  },
})
