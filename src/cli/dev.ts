import { systemRandom } from '../base/random.ts'
import { Refusal } from '../base/errors.ts'
import type { User } from '../users/user.ts'
import type { Watchword } from '../watchword.ts'
import { type Answer, command, DATABASE } from './command.ts'
import { databaseOf, openServer, shownDatabase } from './open-instance.ts'
import { LOG, logOf } from './log.ts'
import { readablePassword } from './passwords.ts'
import { ADDRESS, addressOf, listen, ourCommand, signInCommand, untilStopped } from './serving.ts'
import { printable } from './table.ts'
import { version } from './version.ts'
import { shellWord, type World } from './context.ts'

export const dev = command({
  name: 'dev',
  does: 'Starts a server to develop against.',
  args: [],
  about: `Keeps users, sessions and keys in an SQLite file beside you and makes what is missing: the file, the signing keys, a
secret to seal them (in FILE.secret), and, while there are no users, a first one who may do everything. That one's
password is printed once. Where --database names a PostgreSQL, WATCHWORD_SECRET is the secret. Each request is logged on
standard error. Ctrl+C stops it.`,
  examples: ['watchword dev', 'watchword dev --user vitor --port 9000', 'watchword dev --database /tmp/try.db'],
  options: {
    user: { type: 'string', value: 'NAME', says: 'the name of the first user; else admin' },
    ...ADDRESS,
    ...LOG,
    ...DATABASE,
  },
  async run({ values, world, say }) {
    const address = addressOf(values, world)
    const database = databaseOf(values.database, world)
    const log = logOf(values, world, 'text')
    const auth = await openServer(database, { log })
    try {
      const running = await listen({ auth, log, ...address }, world)
      const first = await firstUser(values.user ?? 'admin', auth)
      say(welcome({ url: running.url, database, ...first }, world))
      await untilStopped(running, auth, world)
    } finally {
      await auth.close()
    }
    return undefined
  },
})

interface First {
  readonly username: string
  /** Where the user has just been made. */
  readonly password?: string
}

/** Makes the first user while there is none; else tells who there is. */
async function firstUser(wanted: string, auth: Watchword<User>): Promise<First> {
  if ((await auth.users.count()) === 0) {
    const password = readablePassword(systemRandom)
    try {
      await auth.users.create({ username: wanted, password, staff: true, superuser: true })
      return { username: wanted, password }
    } catch (error) {
      // Another process that started with this one was faster.
      if (!(error instanceof Refusal) || (await auth.users.count()) === 0) throw error
    }
  }
  const known = (await auth.users.find(wanted)) ?? (await auth.users.list({ limit: 1 }))[0]
  return { username: known?.username ?? wanted }
}

function welcome(it: First & { readonly url: string; readonly database: string }, world: World): Answer {
  const { url, database, username, password } = it
  const heading = `watchword ${version} on ${url}   (${shownDatabase(database)})`
  const user = printable(username)
  const lines =
    password === undefined
      ? [
          heading,
          '',
          `next        ${signInCommand(url, user, '…')}`,
          `no password ${ourCommand(`user passwd ${shellWord(user)}`, database, world)}`,
        ]
      : [
          heading,
          '',
          `first user  ${user}`,
          `password    ${password}   (shown this once)`,
          '',
          `next        ${signInCommand(url, user, password)}`,
        ]
  return {
    text: ['', ...lines.map((line) => (line === '' ? '' : `  ${line}`)), ''].join('\n'),
    json: { url, database: shownDatabase(database), username, ...(password === undefined ? {} : { password }) },
  }
}
