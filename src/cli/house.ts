import { existsSync } from 'node:fs'
import type { Options } from '../options.ts'
import type { User } from '../users/user.ts'
import type { Watchword } from '../watchword.ts'
import { found } from './command.ts'
import { Failure } from './failure.ts'
import { printable } from './table.ts'
import { selfName, shellWord, type World } from './world.ts'

export const databaseOf = (option: string | undefined, { env }: World): string =>
  option ?? (env.WATCHWORD_DATABASE || 'watchword.db')

const isFile = (database: string): boolean =>
  !/^(sqlite:|postgres(ql)?:|[a-z]+:\/\/)/i.test(database) && database !== ':memory:'

/**
 * A database as it is shown: without the password that its address may hold, be it written as none can be. Also behind a "?" there
 * may be one.
 */
export const shownDatabase = (database: string): string =>
  printable(
    /^[a-z][a-z\d+.-]*:\/\//i.test(database)
      ? database.replace(/(\/\/[^/?#@:]*):.*@/s, '$1:…@').replace(/\?.*$/s, '?…')
      : database,
  )

/**
 * Opens the database, made where there is none, with its signing keys. All has been checked when this returns. Keys are rotated where
 * somebody says so: on what terms the servers do it is not known here.
 */
export const openHouse = (database: string): Promise<Watchword<User>> =>
  open({ database, tokens: { rotateKeys: false } })

/** The same for a server: it knows who comes with a JWT, and who with a token of `watchword token create`. */
export async function openServer(
  database: string,
  options: Pick<Options, 'proxies' | 'redis' | 'counts' | 'hashesAtOnce' | 'log' | 'tokens' | 'endpoints'> = {},
): Promise<Watchword<User>> {
  const { apiToken, bearer } = await import('../authentication/index.ts')
  return open({ database, ...options, authentication: [bearer(), apiToken()] })
}

/**
 * The same for what needs no signing key. It is given one that nobody uses: so it asks for no secret and makes no keys,
 * and the first start can seal them with a secret that comes later.
 */
export async function openKeyless(database: string): Promise<Watchword<User>> {
  const { systemRandom } = await import('../base/random.ts')
  const signingKey = Buffer.from(systemRandom(48)).toString('base64url')
  return open({ database, tokens: { algorithm: 'HS256', signingKey } })
}

async function open(options: Options): Promise<Watchword<User>> {
  const { watchword } = await import('../watchword.ts')
  const auth = watchword(options)
  try {
    await auth.migrate()
  } catch (error) {
    await auth.close().catch(() => undefined)
    throw error
  }
  return auth
}

/**
 * Opens a database that is there, does something with it and closes it.
 *
 * @throws Failure where there is none
 */
export async function inHouse<T>(
  option: string | undefined,
  world: World,
  work: (auth: Watchword<User>) => Promise<T>,
  opener = openKeyless,
): Promise<T> {
  const database = databaseOf(option, world)
  if (isFile(database) && !existsSync(database)) {
    throw new Failure(
      `There is no database ${database} here. Name it with --database, or make it: ${selfName(world.env)} migrate --database ${shellWord(database)}`,
    )
  }
  const auth = await opener(database)
  try {
    // The audit log says that it was done here.
    return await auth.events.by('command', () => work(auth))
  } finally {
    await auth.close()
  }
}

/** @throws Failure where there is no user of that name */
export async function userNamed(name: string, auth: Watchword<User>): Promise<User> {
  const user = await auth.users.find(name)
  found(user, `There is no user ${JSON.stringify(name)}.`)
  return user
}
