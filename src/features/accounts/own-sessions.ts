import { AuthError } from '../../base/errors.ts'
import { empty } from '../../http/answer.ts'
import { answer, NO_CONTENT } from '../../http/description.ts'
import { guardedEndpoint } from '../../http/endpoint.ts'
import {
  closed,
  flag,
  listOf,
  moment,
  named,
  orNull,
  text,
} from '../../http/json-schema.ts'
import type { Principal } from '../../permissions/permission.ts'
import type { SessionId, StoredSession } from '../../sessions/session.ts'
import { sessionJson } from '../../sessions/session-json.ts'
import type { UserId } from '../../users/user.ts'
import type { Core } from '../core.ts'
import { defineEndpoint } from '../define-feature.ts'
import { hasAllScopes, isOwner } from './own-account.ts'
import { listsOwn, ownRowEndpoint } from './own-rows.ts'
import { hasAccounts } from './settings.ts'

/** The sessions of a user that have not ended, the newest first. */
export async function ownSessions(
  core: Core,
  userId: string,
): Promise<readonly StoredSession[]> {
  const now = core.clock()
  const sessions = (await core.sessions?.list(userId as UserId)) ?? []
  return sessions
    .filter(
      ({ revokedAt, idleExpiresAt }) => revokedAt === undefined && now < idleExpiresAt,
    )
    .map((session) => {
      const lastUsedAt = core.sessions?.findUse(session.id) ?? session.lastUsedAt
      return { ...session, lastUsedAt }
    })
}

/**
 * Revokes a session of a user.
 *
 * @throws AuthError `not_found` if the user has no such session, or it has ended
 */
export async function revokeOwnSession(
  core: Core,
  { userId, id }: { readonly userId: string; readonly id: string },
): Promise<void> {
  const sessionId = id as SessionId
  const state = await core.sessions?.find(sessionId)
  const isOwn = state?.session.userId === userId
  const isRevoked =
    isOwn && (await core.sessions?.revoke(sessionId, 'logout', core.clock())) === true
  if (!isRevoked) throw new AuthError('not_found')
  await core.audit.record({
    kind: 'session_revoked',
    userId: userId as UserId,
    sessionId,
  })
}

/** Revokes the sessions of a user, but not `except`. @returns how many it revoked */
export async function revokeOwnSessions(
  core: Core,
  { userId, except }: { readonly userId: string; readonly except?: string | undefined },
): Promise<number> {
  const id = userId as UserId
  const revoked = await core.sessions?.revokeAll(
    id,
    'logout',
    core.clock(),
    except as SessionId | undefined,
  )
  const sessions = revoked?.length ?? 0
  if (sessions > 0)
    await core.audit.record({ kind: 'session_revoked', userId: id, detail: { sessions } })
  return sessions
}

const SESSION = named(
  'Session',
  closed({
    id: text(),
    current: flag('Whether this request belongs to it.'),
    created_at: moment('When the user signed in.'),
    expires_at: moment('When it ends.'),
    last_used_at: orNull(moment('When it was used last.')),
    address: orNull(text('The address of the client.')),
    user_agent: orNull(text()),
    amr: orNull(listOf(text(), 'How the user signed in (RFC 8176).')),
    acr: orNull(text('The class of that sign-in: `aal2` had two different factors.')),
    actor: orNull(text('The id of the user who acts as this one.')),
    client_id: orNull(text('The application that the user let in; null: a sign-in.')),
    scopes: listOf(text(), 'What the application may do.'),
  }),
)

const NEEDS = {
  sessions:
    'endpoints.ownSessions needs stored sessions: set tokens.sessions to true, or leave endpoints.ownSessions out.',
}

/** `GET` and `DELETE /auth/sessions/` */
export const sessionsEndpoint = defineEndpoint({
  path: { at: '/auth/sessions/' },
  mount: hasAccounts,
  needs: NEEDS,
  create: (_, open) =>
    guardedEndpoint<Principal>()({
      name: 'Sessions',
      path: '/auth/sessions/',
      requirement: hasAllScopes,
      methods: {
        GET: {
          describe: () => ({
            operationId: 'listOwnSessions',
            summary: 'List your sessions, newest first',
            answers: { 200: answer('The sessions.', listOf(SESSION)) },
          }),
          ...listsOwn(open, async (core, { user, sessionId }) => {
            const sessions = await ownSessions(core, user.id)
            return sessions.map((each) => ({
              ...sessionJson(each),
              current: each.id === sessionId,
            }))
          }),
        },
        DELETE: {
          requirement: isOwner,
          describe: () => ({
            operationId: 'revokeOtherSessions',
            summary: 'Sign out everywhere else',
            answers: NO_CONTENT,
          }),
          async handle(_fields, request, { principal }) {
            const core = await open()
            const { user, sessionId: except } = principal
            await revokeOwnSessions(core, { userId: user.id, except })
            await core.signedOutElsewhere(user.id as UserId, request)
            return empty()
          },
        },
      },
    }),
})

/** `DELETE /auth/sessions/{id}/` */
export const sessionEndpoint = ownRowEndpoint({
  name: 'Session',
  path: '/auth/sessions/:id/',
  needs: NEEDS,
  operationId: 'revokeOwnSession',
  summary: 'Revoke one of your sessions',
  remove: revokeOwnSession,
})
