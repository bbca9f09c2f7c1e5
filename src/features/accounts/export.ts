import { publicSession } from '../../sessions/session.ts'
import type { UserId } from '../../users/user.ts'
import { apiTokenStore } from '../api-tokens/sql.ts'
import type { Core } from '../core.ts'
import { defineEndpoint } from '../define-feature.ts'
import { requireFresh } from './fresh.ts'
import { isOwner } from './own-account.ts'
import { hasAccounts } from './settings.ts'
import { userJson } from './user-json.ts'

/** The most events of an export: the newest. */
const MAX_EVENTS = 10_000

/** All that is stored of a user, as they may ask for (GDPR Art. 15 and 20). No secret, and no digest of one. */
export async function exportUser(userId: UserId, core: Core): Promise<object> {
  const { users, sessions, ports, events } = core
  const account = await users.read('id', userId)
  return {
    user: account && {
      ...userJson(account.user, core),
      attributes: account.user.attributes,
    },
    sessions: ((await sessions?.list(userId)) ?? []).map(publicSession),
    api_tokens: await ports(apiTokenStore).apiTokens.list(userId),
    events: await events.list({ userId, limit: MAX_EVENTS }),
  }
}

/** `GET /auth/me/export/` */
export const exportEndpoint = defineEndpoint({
  path: { at: '/auth/me/export/' },
  mount: hasAccounts,
  create: (_, open) => ({
    name: 'Own Data',
    requirement: isOwner,
    methods: {
      GET: {
        async handle(_fields, _request, { principal }) {
          const core = await open()
          const { user } = await requireFresh(principal as never, {}, core)
          void core.audit.record({ kind: 'user_exported', userId: user.id })
          return exportUser(user.id, core)
        },
      },
    },
  }),
})
