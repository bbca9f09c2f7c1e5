import { eventJson } from '../audit/event-json.ts'
import { commandFor, DATABASE } from '../command/command.ts'
import { momentOf } from '../command/format.ts'
import { userNamed } from '../command/user-named.ts'
import { userRecords } from '../features/user-records.ts'
import type { Admin } from '../instance/admin.ts'
import { internalsOf } from '../instance/internals.ts'
import { fullSessionJson } from '../sessions/session-json.ts'
import type { User } from '../users/user.ts'
import { detailsOf, userJson } from './user-output.ts'

type Reader = Pick<Admin, 'users' | 'sessions' | 'events'>

const command = commandFor<Reader>()

export const userShow = command({
  name: 'user show',
  summary: 'Shows a user.',
  args: ['NAME'],
  description:
    'Also shows when the addresses were verified, the sessions, the API tokens, the second factors, the passkeys and the last ten events. Times are in UTC.',
  examples: ['watchword user show vitor', 'watchword user show vitor --json'],
  options: DATABASE,
  run: ({ values, args: [name = ''], open }) =>
    open(values.database, async (auth) => {
      const user = await userNamed(name, auth)
      const records = await recordsOf(user, auth)
      const texts = records.map(({ text }) => text).filter(Boolean)
      return {
        text: [detailsOf(user), ...texts].join('\n\n'),
        json: {
          ...userJson(user),
          ...Object.fromEntries(records.map((each) => [each.name, each.json])),
        },
      }
    }),
})

const LAST_EVENTS = 10

async function recordsOf({ id }: User, auth: Reader) {
  const sessions = await auth.sessions.list(id)
  const live = sessions.filter(({ revokedAt }) => revokedAt === undefined)
  const events = await auth.events.list({ userId: id, limit: LAST_EVENTS })
  return [
    userRecords('sessions', live, fullSessionJson, {
      SESSION: (session) => session.id,
      SINCE: ({ createdAt }) => momentOf(createdAt),
      UNTIL: ({ expiresAt }) => momentOf(expiresAt),
    }),
    ...(await internalsOf(auth).userRecords(id)),
    userRecords('events', events, eventJson, {
      AT: ({ at }) => momentOf(at),
      EVENT: ({ kind }) => kind,
    }),
  ]
}
