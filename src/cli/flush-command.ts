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
    const deleted = await open(values.database, (auth) =>
      auth.flush({
        progress: (rows) => progress(`Deleting expired rows … ${plural(rows, 'row')}`),
      }),
    )
    return { text: `Deleted ${listOf(deleted)}.`, json: deleted }
  },
})

/** What `flush` counts, in the singular, in the order of the message. */
const NOUNS: Readonly<Record<string, string>> = {
  sessions: 'session',
  tokens: 'API token',
  events: 'event',
  keys: 'key',
}

/** `1 session, 0 events and 2 keys` */
function listOf(counts: Readonly<Record<string, number>>): string {
  const nouns = Object.entries(NOUNS).filter(([name]) => Object.hasOwn(counts, name))
  const parts = nouns.map(([name, noun]) => plural(counts[name] ?? 0, noun))
  return `${parts.slice(0, -1).join(', ')} and ${parts.at(-1)}`
}
