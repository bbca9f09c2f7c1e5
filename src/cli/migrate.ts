import { command, DATABASE } from './command.ts'
import { databaseOf, openWithoutKeys, shownDatabase } from './open-instance.ts'

export const migrate = command({
  name: 'migrate',
  does: 'Makes the database, or brings its tables to the newest version.',
  args: [],
  about: `The server does this by itself when it starts. Here for those who want it done before. Forward only; several at once do no
harm.`,
  examples: [
    'watchword migrate',
    'watchword migrate --database /var/lib/watchword/watchword.db',
  ],
  options: DATABASE,
  async run({ values, deps }) {
    const database = databaseOf(values.database, deps)
    const auth = await openWithoutKeys(database)
    await auth.close()
    return {
      text: `${shownDatabase(database)} is at the newest version.`,
      json: { database: shownDatabase(database), migrated: true },
    }
  },
})
