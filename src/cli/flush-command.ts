import type { Admin } from '../admin/admin.ts'
import { commandFor, DATABASE } from '../command/command.ts'
import { plural } from '../command/format.ts'

export const flush = commandFor<Pick<Admin, 'flush'>>()({
  name: 'flush',
  summary: 'Deletes expired sessions and API tokens, old events and retired keys.',
  args: [],
  description: `Deletes a session when all of its tokens have expired, and a key when no valid token is signed with it. Works in batches and may run
beside the server. A revoked token stays revoked. Once a day is enough: the database grows with sign-ins, not with refreshes.`,
  examples: ['watchword flush', 'watchword flush --json'],
  options: DATABASE,
  async run({ values, progress, open }) {
    progress('Deleting expired rows …')
    const { sessions, tokens, events, keys } = await open(values.database, (auth) =>
      auth.flush({
        progress: (deleted) =>
          progress(`Deleting expired rows … ${plural(deleted, 'row')}`),
      }),
    )
    const counts = [
      plural(sessions, 'session'),
      plural(tokens, 'API token'),
      plural(events, 'event'),
    ]
    return {
      text: `Deleted ${counts.join(', ')} and ${plural(keys, 'key')}.`,
      json: { sessions, tokens, events, keys },
    }
  },
})
