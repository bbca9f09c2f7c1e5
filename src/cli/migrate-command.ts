import { command, DATABASE } from '../command/command.ts'
import { databaseOf, shownDatabase } from './database.ts'

export const migrate = command({
  name: 'migrate',
  summary: 'Makes the database, or brings its tables to the newest version.',
  args: [],
  description: `The server does this itself when it starts; use this command to do it earlier, such as in a deployment step. Migrations only go
forward. Several processes may run it at once.`,
  examples: [
    'watchword migrate',
    'watchword migrate --database /var/lib/watchword/watchword.db',
  ],
  options: DATABASE,
  async run({ values, context, open }) {
    // Opening a database migrates it.
    await open(values.database, async () => undefined, { create: true })
    const database = shownDatabase(databaseOf(values.database, context))
    return {
      text: `The tables of ${database} are at the newest version.`,
      json: { database, migrated: true },
    }
  },
})
