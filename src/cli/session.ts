import { systemClock, type UnixSeconds } from '../base/clock.ts'
import type { Session, SessionId } from '../sessions/session.ts'
import { command, DATABASE } from './command.ts'
import { CommandError, UsageError } from './errors.ts'
import { userNamed, withInstance } from './open-instance.ts'
import { isoOf, momentOf, plural, printable, tableOf } from './table.ts'

export const sessionList = command({
  name: 'session list',
  does: 'Lists the sign-ins of a user.',
  args: ['NAME'],
  about:
    'Those that have ended or expired are listed with the others until "watchword flush" deletes them.',
  examples: ['watchword session list vitor', 'watchword session list vitor --json'],
  options: DATABASE,
  async run({ values, args: [name = ''], deps }) {
    const sessions = await withInstance(values.database, deps, async (auth) =>
      auth.sessions.list((await userNamed(name, auth)).id),
    )
    const now = systemClock()
    return {
      text:
        sessions.length === 0
          ? `${printable(name)} has not signed in.`
          : sessionTable(sessions, now),
      json: sessions.map((session) => toJson(session, now)),
    }
  },
})

const sessionTable = (sessions: readonly Session[], now: UnixSeconds): string =>
  tableOf(
    ['ID', 'SIGNED IN (UTC)', 'LAST REFRESH', 'REFRESHES', 'EXPIRES', 'STATE'],
    sessions.map((session) => [
      session.id,
      momentOf(session.createdAt),
      momentOf(session.rotatedAt),
      String(session.generation),
      momentOf(session.idleExpiresAt),
      stateOf(session, now),
    ]),
  )

function stateOf(session: Session, now: UnixSeconds): string {
  if (session.endReason !== undefined) return `ended (${session.endReason})`
  return now < session.idleExpiresAt ? 'live' : 'expired'
}

const toJson = (session: Session, now: UnixSeconds): object => ({
  id: session.id,
  state: session.endReason === undefined ? stateOf(session, now) : 'ended',
  created_at: isoOf(session.createdAt),
  refreshed_at: isoOf(session.rotatedAt),
  refreshes: session.generation,
  idle_expires_at: isoOf(session.idleExpiresAt),
  expires_at: isoOf(session.expiresAt),
  ended_at: isoOf(session.endedAt),
  end_reason: session.endReason ?? null,
})

export const sessionRevoke = command({
  name: 'session revoke',
  does: 'Ends a sign-in, or all of a user.',
  args: ['[ID]'],
  about:
    'Its refresh token is dead at once, its access tokens in every running server within a second.',
  examples: [
    'watchword session revoke 2f0c5e4b9a7d4c1e8f3a6b5d7c9e0f12',
    'watchword session revoke --user vitor',
  ],
  options: {
    user: { type: 'string', value: 'NAME', says: 'all sign-ins of this user' },
    ...DATABASE,
  },
  async run({ values, args: [id], deps }) {
    const { user } = values
    if ((id === undefined) === (user === undefined)) {
      throw new UsageError(
        'Name one sign-in by its ID, or all of a user with --user NAME.',
      )
    }
    const ended = await withInstance(values.database, deps, async (auth) => {
      if (user !== undefined)
        return auth.sessions.revokeAll((await userNamed(user, auth)).id)
      if (await auth.sessions.revoke(id as SessionId)) return 1
      throw new CommandError(
        'No sign-in of this ID is live: see watchword session list NAME.',
      )
    })
    return { text: `Ended ${plural(ended, 'sign-in')}.`, json: { ended } }
  },
})
