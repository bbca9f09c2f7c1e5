import { AuthError } from '../base/errors.ts'
import { systemRandom } from '../base/random.ts'
import type { User } from '../users/user.ts'
import type { Watchword } from '../watchword.ts'
import { type CommandOutput, command, DATABASE } from './command.ts'
import { type CommandContext, shellWord } from './context.ts'
import { LOG, logOf } from './log.ts'
import { databaseOf, openServer, shownDatabase } from './open-instance.ts'
import { readablePassword } from './passwords.ts'
import {
  ADDRESS,
  addressOf,
  listen,
  sameCommand,
  signInCommand,
  untilStopped,
} from './serving.ts'
import { printable } from './table.ts'
import { version } from './version.ts'

export const dev = command({
  name: 'dev',
  does: 'Starts a server to develop against.',
  args: [],
  about: `Keeps users, sessions and keys in an SQLite file beside you and makes what is missing: the file, the signing keys, a
secret to seal them (in FILE.secret), and, while there are no users, a first one who may do everything. That one's
password is printed once. Where --database names a PostgreSQL, WATCHWORD_SECRET is the secret. Each request is logged on
standard error. Ctrl+C stops it.`,
  examples: [
    'watchword dev',
    'watchword dev --user vitor --port 9000',
    'watchword dev --database /tmp/try.db',
  ],
  options: {
    user: {
      type: 'string',
      value: 'NAME',
      says: 'the name of the first user; else admin',
    },
    ...ADDRESS,
    ...LOG,
    ...DATABASE,
  },
  async run({ values, deps, say }) {
    const address = addressOf(values, deps)
    const database = databaseOf(values.database, deps)
    const log = logOf(values, deps, 'text')
    const auth = await openServer(database, { log })
    try {
      const running = await listen({ auth, log, ...address }, deps)
      const first = await firstUser(values.user ?? 'admin', auth)
      say(welcome({ url: running.url, database, ...first }, deps))
      await untilStopped(running, auth, deps)
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
      await auth.users.create({
        username: wanted,
        password,
        staff: true,
        superuser: true,
      })
      return { username: wanted, password }
    } catch (error) {
      // Another process that started with this one was faster.
      if (!(error instanceof AuthError) || (await auth.users.count()) === 0) throw error
    }
  }
  const known =
    (await auth.users.find(wanted)) ?? (await auth.users.list({ limit: 1 }))[0]
  return { username: known?.username ?? wanted }
}

function welcome(
  it: First & { readonly url: string; readonly database: string },
  deps: CommandContext,
): CommandOutput {
  const { url, database, username, password } = it
  const heading = `watchword ${version} on ${url}   (${shownDatabase(database)})`
  const user = printable(username)
  const lines =
    password === undefined
      ? [
          heading,
          '',
          `next        ${signInCommand(url, user, '…')}`,
          `no password ${sameCommand(`user passwd ${shellWord(user)}`, database, deps)}`,
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
    json: {
      url,
      database: shownDatabase(database),
      username,
      ...(password === undefined ? {} : { password }),
    },
  }
}
