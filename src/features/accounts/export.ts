import { eventJson } from '../../audit/event-json.ts'
import { answer } from '../../http/description.ts'
import { closed, type JsonSchema, listOf } from '../../http/json-schema.ts'
import type { Principal } from '../../permissions/permission.ts'
import { fullSessionJson } from '../../sessions/session-json.ts'
import type { UserId } from '../../users/user.ts'
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
  const { users, sessions, events } = core
  const account = await users.read('id', userId)
  return {
    user: account && {
      ...userJson(account.user, core),
      attributes: account.user.attributes,
    },
    sessions: ((await sessions?.list(userId)) ?? []).map(fullSessionJson),
    ...Object.fromEntries(
      (await core.userRecords(userId)).map(({ name, json }) => [name, json]),
    ),
    events: (await events.list({ userId, limit: MAX_EVENTS })).map(eventJson),
  }
}

/**
 * `exportUser` for a user who is signed in, recorded in the audit log.
 *
 * @throws AuthError `insufficient_user_authentication`; `user_not_found`
 */
export async function exportOwnData(principal: Principal, core: Core): Promise<object> {
  const { user } = await requireFresh(principal, {}, core)
  void core.audit.record({ kind: 'user_exported', userId: user.id })
  return exportUser(user.id, core)
}

const ROWS = listOf({ type: 'object' })

const EXPORT: JsonSchema = {
  ...closed({ user: { type: 'object' }, sessions: ROWS, events: ROWS }),
  // Each feature adds the rows that it stores of a user.
  additionalProperties: ROWS,
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
        describe: () => ({
          operationId: 'exportOwnUser',
          summary: 'Export all data of your account',
          answers: {
            200: answer(
              'The user, and the rows that are stored of them, by kind.',
              EXPORT,
            ),
          },
          errors: ['insufficient_user_authentication'],
        }),
        handle: async (_fields, _request, { principal }) =>
          exportOwnData(principal as Principal, await open()),
      },
    },
  }),
})
