import { AuthError } from '../../base/errors.ts'
import { empty, json } from '../../http/answer.ts'
import { answer, NO_CONTENT } from '../../http/description.ts'
import { guardedEndpoint } from '../../http/endpoint.ts'
import {
  closed,
  flag,
  listOf,
  named,
  orNull,
  seconds,
  text,
} from '../../http/json-schema.ts'
import type { Principal } from '../../permissions/permission.ts'
import type { SessionId, StoredSession } from '../../sessions/session.ts'
import type { UserId } from '../../users/user.ts'
import type { Core } from '../core.ts'
import { defineEndpoint } from '../define-feature.ts'
import { hasAllScopes, isOwner } from './own-account.ts'
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

const shown = (session: StoredSession, current: string | undefined) => ({
  id: session.id,
  current: session.id === current,
  created_at: session.createdAt,
  expires_at: session.expiresAt,
  last_used_at: session.lastUsedAt ?? null,
  address: session.address ?? null,
  user_agent: session.userAgent ?? null,
  amr: session.amr ?? null,
  actor: session.actor ?? null,
})

const SESSION = named(
  'Session',
  closed({
    id: text(),
    current: flag('Whether this request belongs to it.'),
    created_at: seconds('When the user signed in.'),
    expires_at: seconds('When it ends.'),
    last_used_at: orNull(seconds('When it was used last.')),
    address: orNull(text('The address of the client.')),
    user_agent: orNull(text()),
    amr: orNull(listOf(text(), 'How the user signed in (RFC 8176).')),
    actor: orNull(text('The id of the user who acts as this one.')),
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
            summary: 'The own sessions, the newest first',
            answers: { 200: answer('The sessions.', listOf(SESSION)) },
          }),
          async handle(_fields, _request, { principal }) {
            const sessions = await ownSessions(await open(), principal.user.id)
            return json(sessions.map((each) => shown(each, principal.sessionId)))
          },
        },
        DELETE: {
          requirement: isOwner,
          describe: () => ({
            operationId: 'revokeOtherSessions',
            summary: 'Sign out everywhere else',
            answers: NO_CONTENT,
          }),
          async handle(_fields, _request, { principal }) {
            const core = await open()
            const { user, sessionId: except } = principal
            await revokeOwnSessions(core, { userId: user.id, except })
            return empty()
          },
        },
      },
    }),
})

/** `DELETE /auth/sessions/{id}/` */
export const sessionEndpoint = defineEndpoint({
  path: { at: '/auth/sessions/:id/' },
  mount: hasAccounts,
  needs: NEEDS,
  create: (_, open) =>
    guardedEndpoint<Principal>()({
      name: 'Session',
      path: '/auth/sessions/:id/',
      requirement: hasAllScopes,
      methods: {
        DELETE: {
          requirement: isOwner,
          describe: () => ({
            operationId: 'revokeOwnSession',
            summary: 'Revoke one of the own sessions',
            answers: NO_CONTENT,
            errors: ['not_found'],
          }),
          async handle(_fields, _request, { principal, parameters }) {
            const core = await open()
            const { id = '' } = parameters
            await revokeOwnSession(core, { userId: principal.user.id, id })
            return empty()
          },
        },
      },
    }),
})
