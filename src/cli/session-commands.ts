import { systemClock, type UnixSeconds } from '../base/clock.ts'
import { commandFor, DATABASE } from '../command/command.ts'
import { CommandError, UsageError } from '../command/errors.ts'
import { isoOf, momentOf, plural, printable } from '../command/format.ts'
import { tableOf } from '../command/table.ts'
import { userNamed } from '../command/user-named.ts'
import type { Admin } from '../instance/admin.ts'
import type { Session, SessionId } from '../sessions/session.ts'

type SessionAdmin = Pick<Admin, 'users' | 'sessions'>

const command = commandFor<SessionAdmin>()

export const sessionList = command({
  name: 'session list',
  summary: 'Lists the sessions of a user.',
  args: ['NAME'],
  description:
    'A session begins with a sign-in, or with the consent to an application, which CLIENT then names. Revoked and expired sessions are listed until "watchword flush" deletes them.',
  examples: ['watchword session list vitor', 'watchword session list vitor --json'],
  options: DATABASE,
  async run({ values, args: [name = ''], open }) {
    const sessions = await open(values.database, async (auth) =>
      auth.sessions.list((await userNamed(name, auth)).id),
    )
    const now = systemClock()
    return {
      text: sessionTable(name, sessions, now),
      json: sessions.map((session) => toJson(session, now)),
    }
  },
})

function sessionTable(
  name: string,
  sessions: readonly Session[],
  now: UnixSeconds,
): string {
  if (sessions.length === 0) return `${printable(name)} has no sessions.`
  return tableOf(
    ['ID', 'SIGNED IN (UTC)', 'LAST USE', 'EXPIRES', 'ADDRESS', 'CLIENT', 'STATE'],
    sessions.map((session) => [
      session.id,
      momentOf(session.createdAt),
      momentOf(session.lastUsedAt ?? session.rotatedAt),
      momentOf(session.idleExpiresAt),
      session.address ?? '–',
      session.clientId ?? session.userAgent?.slice(0, 40) ?? '–',
      shownState(session, now),
    ]),
  )
}

function stateOf(session: Session, now: UnixSeconds): 'live' | 'expired' | 'revoked' {
  if (session.revokeReason !== undefined) return 'revoked'
  if (now < session.idleExpiresAt) return 'live'
  return 'expired'
}

function shownState(session: Session, now: UnixSeconds): string {
  if (session.revokeReason !== undefined) return `revoked (${session.revokeReason})`
  const state = stateOf(session, now)
  if (session.actor === undefined) return state
  return `${state} (used by ${session.actor})`
}

const toJson = (session: Session, now: UnixSeconds): object => ({
  id: session.id,
  state: stateOf(session, now),
  created_at: isoOf(session.createdAt),
  refreshed_at: isoOf(session.rotatedAt),
  refreshes: session.generation,
  last_used_at: isoOf(session.lastUsedAt),
  address: session.address ?? null,
  user_agent: session.userAgent ?? null,
  amr: session.amr ?? null,
  acr: session.acr ?? null,
  auth_time: isoOf(session.authTime),
  actor: session.actor ?? null,
  client_id: session.clientId ?? null,
  scopes: session.scopes,
  resource: session.resource,
  idle_expires_at: isoOf(session.idleExpiresAt),
  expires_at: isoOf(session.expiresAt),
  revoked_at: isoOf(session.revokedAt),
  revoke_reason: session.revokeReason ?? null,
})

export const sessionRevoke = command({
  name: 'session revoke',
  summary: 'Revokes a session, or all sessions of a user.',
  args: ['[ID]'],
  description:
    'Its refresh token is invalid at once, its access tokens within a second in every running server.',
  examples: [
    'watchword session revoke 2f0c5e4b9a7d4c1e8f3a6b5d7c9e0f12',
    'watchword session revoke --user vitor',
  ],
  options: {
    user: { type: 'string', value: 'NAME', help: 'all sessions of this user' },
    ...DATABASE,
  },
  async run({ values: { user, database }, args: [id], open }) {
    if ((id === undefined) === (user === undefined)) {
      throw new UsageError(
        'Give either the ID of one session, or --user NAME for all sessions of a user.',
      )
    }
    const revoked = await open(database, (auth) => revokeSessions(auth, id, user))
    return { text: `Revoked ${plural(revoked, 'session')}.`, json: { revoked } }
  },
})

async function revokeSessions(
  auth: SessionAdmin,
  id: string | undefined,
  user: string | undefined,
): Promise<number> {
  if (user !== undefined) return auth.sessions.revokeAll((await userNamed(user, auth)).id)
  if (await auth.sessions.revoke(id as SessionId)) return 1
  throw new CommandError(
    'There is no live session with this ID. The sessions of a user: watchword session list NAME',
  )
}
