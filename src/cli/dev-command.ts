import { AuthError } from '../base/errors.ts'
import type { Log } from '../base/log.ts'
import { systemRandom } from '../base/random.ts'
import { type CommandOutput, command, DATABASE } from '../command/command.ts'
import { type CommandContext, shellWord } from '../command/context.ts'
import { printable } from '../command/format.ts'
import type { DevelopmentAddress, DevelopmentServer } from '../features/define-feature.ts'
import { internalsOf } from '../instance/internals.ts'
import type { Attributes, User } from '../users/user.ts'
import type { Watchword } from '../watchword.ts'
import { ADDRESS, addressOf } from './address-options.ts'
import { databaseOf, shownDatabase } from './database.ts'
import { fieldsOf } from './fields-option.ts'
import { listen } from './listen.ts'
import { LOG, logSettingsOf } from './log-options.ts'
import { nextCommand, signInCommand } from './next-command.ts'
import { openServer } from './open-instance.ts'
import { openLog } from './open-log.ts'
import { ORIGINS, originsOf } from './origins-option.ts'
import { readablePassword } from './readable-password.ts'
import { attributesIn, SET } from './set-option.ts'
import { stopSignal, untilStopped } from './until-stopped.ts'
import { version } from './version.ts'

export const dev = command({
  name: 'dev',
  summary: 'Starts a server for development.',
  args: [],
  description: `Stores users, sessions and keys in an SQLite file in this folder. Creates what is missing: the file, the signing keys, a secret that encrypts
them (in FILE.secret) and, if there are no users, a first one who may do everything, whose password is printed only once. With a
PostgreSQL database, WATCHWORD_SECRET is the secret.

All pages are on, and their addresses are printed: to sign up, to sign in, the account of a user, the console and the browsable API. Mails and text messages are not sent: they are logged, and GET /dev/mail answers the last fifty.

Each request is logged on standard error. Ctrl+C stops the server.`,
  examples: [
    'watchword dev',
    'watchword dev --user vitor --port 9000',
    'watchword dev --database /tmp/try.db',
    'watchword dev --fields "team:string,born:date?" --set team=blue',
  ],
  options: {
    user: {
      type: 'string',
      value: 'NAME',
      help: 'the name of the first user; default: admin',
    },
    ...ADDRESS,
    ...ORIGINS,
    ...LOG,
    ...SET,
    ...DATABASE,
  },
  async run({ values, context, print }) {
    const address = addressOf(values, context)
    const database = databaseOf(values.database, context)
    const origins = originsOf(values, context)
    const log = openLog(logSettingsOf(values, context, 'text'), context.stderr)
    const { options, endpoints, addresses } = await ofFeatures(log)
    const url = context.env.WATCHWORD_URL || `http://localhost:${address.port}`
    const fields = fieldsOf(values, context)
    const auth = await openServer(database, { ...options, ...fields, log, url })
    try {
      const served = { auth, log, origins, endpoints, pages: addresses, ...address }
      const running = await listen(served, context)
      // Before the welcome, after which a program may send the signal.
      const stopped = stopSignal()
      const attributes = setAttributes(attributesIn(values, context))
      const user = await firstUser({ username: values.user ?? 'admin', attributes }, auth)
      const pages = pagesAt(running.url, context)
      const notes = await internalsOf(auth).startNotes(pages)
      const started = { url: running.url, pages, addresses, database, notes, ...user }
      print(welcome(started, context))
      await untilStopped(running, auth, { stderr: context.stderr, log }, stopped)
    } finally {
      await auth.close()
    }
    return undefined
  },
})

/** What features add to this server. */
async function ofFeatures(log: Log): Promise<Required<DevelopmentServer>> {
  const { FEATURE_LIST } = await import('../features.ts')
  const added = await Promise.all(
    FEATURE_LIST.map((feature) => feature.development?.(log) ?? NOTHING),
  )
  return {
    options: Object.assign({}, ...added.map(({ options }) => options)),
    endpoints: added.flatMap(({ endpoints = [] }) => endpoints),
    addresses: added.flatMap(({ addresses = [] }) => addresses),
  }
}

const NOTHING: DevelopmentServer = { options: {} }

/** Browsers take `localhost` for passkeys and secure cookies, but no IP address. */
const pagesAt = (url: string, { env }: CommandContext): string =>
  env.WATCHWORD_URL || `http://localhost:${new URL(url).port}`

interface FirstUser {
  readonly username: string
  /** Set only if the user was created just now. */
  readonly password?: string
}

/** The attributes of `--set`, without those that `NAME=` removes. */
const setAttributes = (named: Readonly<Record<string, unknown>> = {}): Attributes =>
  Object.fromEntries(Object.entries(named).filter(([, value]) => value !== null))

async function firstUser(
  { username, attributes }: Pick<User, 'username' | 'attributes'>,
  auth: Watchword<User>,
): Promise<FirstUser> {
  if ((await auth.users.count()) === 0) {
    const password = readablePassword(systemRandom)
    const rights = { staff: true, superuser: true }
    try {
      await auth.users.create({ username, password, attributes, ...rights })
      return { username, password }
    } catch (error) {
      // Another process that started at the same time may have created its first user.
      if (!(error instanceof AuthError) || (await auth.users.count()) === 0) throw error
    }
  }
  const user =
    (await auth.users.find(username)) ?? (await auth.users.list({ limit: 1 }))[0]
  return { username: user?.username ?? username }
}

interface StartedServer extends FirstUser {
  readonly url: string
  /** The origin of the pages. */
  readonly pages: string
  readonly addresses: readonly DevelopmentAddress[]
  readonly database: string
  readonly notes: readonly string[]
}

function welcome(started: StartedServer, context: CommandContext): CommandOutput {
  const { url, database, username, password, notes } = started
  const addresses = addressesOf(started)
  const heading = `watchword ${version} on ${url}   (${shownDatabase(database)})`
  const width = password === undefined ? 16 : 12
  const opened = Object.entries(addresses).map(
    ([name, address]) => `${name.padEnd(width)}${address}`,
  )
  const steps = [...nextSteps(started, context), ...notes]
  const lines = [heading, '', ...steps, '', ...opened]
  return {
    text: ['', ...lines.map((line) => `  ${line}`.trimEnd()), ''].join('\n'),
    json: {
      url,
      database: shownDatabase(database),
      username,
      ...(password !== undefined && { password }),
      addresses,
    },
  }
}

/** By name. */
const addressesOf = ({ pages, addresses }: StartedServer): Record<string, string> =>
  Object.fromEntries(addresses.map(({ name, path }) => [name, `${pages}${path}`]))

function nextSteps(
  { url, database, username, password }: StartedServer,
  context: CommandContext,
): readonly string[] {
  const user = printable(username)
  if (password === undefined) {
    return [
      `sign in         ${signInCommand(url, user, 'PASSWORD')}`,
      `reset password  ${nextCommand(`user passwd ${shellWord(user)}`, database, context)}`,
    ]
  }
  return [
    `first user  ${user}`,
    `password    ${password}   (shown only once)`,
    '',
    `sign in     ${signInCommand(url, user, password)}`,
  ]
}
