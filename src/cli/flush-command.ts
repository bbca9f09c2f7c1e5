import { commandFor, DATABASE } from '../command/command.ts'
import { plural } from '../command/format.ts'
import type { Counts } from '../features/define-feature.ts'
import { FEATURE_LIST } from '../features.ts'
import type { Admin } from '../instance/admin.ts'

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
    const counts: Counts = await open(values.database, (auth) =>
      auth.flush({
        progress: (deleted) =>
          progress(`Deleting expired rows … ${plural(deleted, 'row')}`),
      }),
    )
    return { text: `Deleted ${AND.format(rowsOf(counts))}.`, json: counts }
  },
})

const AND = new Intl.ListFormat('en-GB')

const ROW_NAMES: Readonly<Record<string, string>> = Object.assign(
  { sessions: 'session', events: 'event', keys: 'key' },
  ...FEATURE_LIST.map(({ rowNames }) => rowNames),
)

const rowsOf = (counts: Counts): string[] =>
  Object.entries(counts).map(([kind, count]) => plural(count, ROW_NAMES[kind] ?? kind))
