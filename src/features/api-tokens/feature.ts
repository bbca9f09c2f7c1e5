import { seconds } from '../../base/clock.ts'
import type { CommandTable } from '../../command/command.ts'
import { momentOf } from '../../command/format.ts'
import { flush } from '../../sessions/flush.ts'
import { defineFeature } from '../define-feature.ts'
import { userRecords } from '../user-records.ts'
import { apiTokenAdmin } from './admin.ts'
import { apiTokenJson } from './api-token-json.ts'
import type { TokenAdmin } from './command.ts'
import { obtainApiToken } from './obtain.ts'
import { apiToken } from './scheme.ts'
import { apiTokenStore } from './sql.ts'

const COMMANDS: CommandTable<TokenAdmin> = {
  'token create': async () => (await import('./command.ts')).tokenCreate,
  'token list': async () => (await import('./command.ts')).tokenList,
  'token revoke': async () => (await import('./command.ts')).tokenRevoke,
}

/** Opaque long-lived tokens: Django REST framework's `TokenAuthentication`, knox, API keys. */
export const apiTokens = defineFeature({
  name: 'apiTokens',
  store: apiTokenStore,
  endpoints: {
    /** Signs in for the user's API token: `/api-token-auth/`. Mounted with the scheme `apiToken()`. ObtainAuthToken */
    apiToken: obtainApiToken,
  },
  schemes: [apiToken],
  commands: COMMANDS,
  events: ['api_token_created', 'api_token_revoked'],
  server: () => ({ schemes: [apiToken()] }),
  admin: (open) => ({
    /** Opaque long-lived tokens of users. */
    apiTokens: apiTokenAdmin(open),
  }),
  onOpen(core, mounted) {
    // A missing secret stops the start, not the first request.
    if (mounted.has('apiToken')) core.derivedKeys('API tokens')
    return undefined
  },
  async onUserDeleted(id, { ports }) {
    await ports(apiTokenStore).apiTokens.deleteAll(id)
  },
  async userRecords(id, { ports }) {
    const tokens = await ports(apiTokenStore).apiTokens.list(id)
    return userRecords('api_tokens', tokens, apiTokenJson, {
      'API TOKEN': ({ hint }) => `${hint}…`,
      NAME: ({ name }) => name ?? '–',
      SINCE: ({ createdAt }) => momentOf(createdAt),
    })
  },
  rowNames: { tokens: 'API token' },
  async flush({ ports, clock }, progress) {
    const { apiTokens } = ports(apiTokenStore)
    return { tokens: await flush(apiTokens, clock(), seconds(0), progress) }
  },
})
