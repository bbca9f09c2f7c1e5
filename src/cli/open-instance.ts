import { existsSync } from 'node:fs'
import type { OpenOptions } from '../command/command.ts'
import { type CommandContext, selfName, shellWord } from '../command/context.ts'
import { CommandError } from '../command/errors.ts'
import { quoted } from '../command/format.ts'
import type { Options } from '../settings/options.ts'
import type { User } from '../users/user.ts'
import type { Watchword } from '../watchword.ts'
import { databaseOf, isFile } from './database.ts'
import type { OpenPresets } from './open-presets.ts'
import type { PresetPlan } from './presets-option.ts'

export type ServerOptions = Omit<Options, 'database' | 'authentication'>

/** Opens an instance, migrated and checked, for a server. */
export const openServer = async (
  database: string,
  options: ServerOptions = {},
  plan: PresetPlan = {},
): Promise<Watchword<User>> =>
  openMigrated({ database, ...(await serverOptions(options, plan)) })

/** The options of a server: with `bearer()`, and the schemes and endpoints of features and presets. */
export async function serverOptions(
  options: ServerOptions,
  plan: PresetPlan = {},
): Promise<Options> {
  const { bearer } = await import('../authentication.ts')
  const { FEATURE_LIST } = await import('../features.ts')
  const added = FEATURE_LIST.flatMap(
    (feature) => feature.server?.(options.tokens?.issuer) ?? [],
  )
  const schemes = added.flatMap(({ schemes = [] }) => schemes)
  const endpoints = added.flatMap(({ endpoints = [] }) => endpoints)
  const presets = await presetsOf(plan)
  return {
    ...options,
    ...(presets.presets.length > 0 && { presets: presets.presets }),
    authentication: [...presets.schemes, bearer(), ...schemes],
    endpoints: {
      ...options.endpoints,
      ...presets.endpoints,
      ...Object.fromEntries(endpoints.map((name) => [name, true])),
    },
  }
}

/** Most servers have no presets, so their module is loaded only if needed. */
async function presetsOf(plan: PresetPlan): Promise<OpenPresets> {
  if (Object.keys(plan).length === 0) return { presets: [], schemes: [], endpoints: {} }
  return (await import('./open-presets.ts')).openPresets(plan)
}

/** Returns the function `open` that commands get: it opens the instance of a database, and closes it after the work. */
export const openWith =
  (context: CommandContext) =>
  async <T>(
    option: string | undefined,
    work: (auth: Watchword<User>) => Promise<T>,
    { withKeys = false, options, create = false }: OpenOptions = {},
  ): Promise<T> => {
    const database = databaseOf(option, context)
    if (!create) requireDatabase(database, context)
    const tokens = await tokensOf(withKeys)
    const auth = await openMigrated({ ...options, database, tokens })
    try {
      return await auth.events.by('command', () => work(auth))
    } finally {
      await auth.close()
    }
  }

async function tokensOf(withKeys: boolean): Promise<NonNullable<Options['tokens']>> {
  // The rotation schedule is an option of the server, which a command does not have.
  if (withKeys) return { rotateKeys: false }
  return unusedKey()
}

/**
 * A key that signs nothing. With it no secret is needed and no keys are made, so that the first start of the server can
 * encrypt them with a secret that is chosen later.
 */
async function unusedKey(): Promise<NonNullable<Options['tokens']>> {
  const { systemRandom } = await import('../base/random.ts')
  const signingKey = Buffer.from(systemRandom(48)).toString('base64url')
  return { algorithm: 'HS256', signingKey }
}

async function openMigrated(options: Options): Promise<Watchword<User>> {
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

function requireDatabase(database: string, { env }: CommandContext): void {
  if (!isFile(database) || existsSync(database)) return
  throw new CommandError(
    `There is no database ${quoted(database)} here. Choose another with --database, or create it: ${selfName(env)} migrate --database ${shellWord(database)}`,
  )
}
