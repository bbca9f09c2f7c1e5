import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { command } from '../command/command.ts'
import { CommandError } from '../command/errors.ts'
import { quoted } from '../command/format.ts'
import { INTERNALS } from '../instance/internals.ts'
import type { User } from '../users/user.ts'
import type { Watchword } from '../watchword.ts'
import { featureOptionsOf, OF_FEATURES } from './feature-options.ts'
import { FIELDS, fieldsOf } from './fields-option.ts'
import { ISSUER, issuerOf } from './issuer-options.ts'
import { type ServerOptions, serverOptions } from './open-instance.ts'
import { PUBLIC_URL, urlOf } from './url-option.ts'

export const openapi = command({
  name: 'openapi',
  summary: 'Prints the OpenAPI document of the endpoints.',
  args: ['[FILE]'],
  description: `Without a file it describes the endpoints of "watchword start" with the same options. With one it describes the instance that this module
exports as "auth", or by default. No database is opened.`,
  examples: [
    'watchword openapi > openapi.json',
    'watchword openapi src/auth.ts > openapi.json',
  ],
  options: { ...ISSUER, ...OF_FEATURES, ...PUBLIC_URL, ...FIELDS },
  async run({ values, args: [file], context }) {
    const auth =
      file === undefined
        ? await serverInstance({
            ...featureOptionsOf(values, context),
            ...issuerOf(values, context),
            ...urlOf(values, context),
            ...fieldsOf(values, context),
          })
        : await instanceIn(file)
    const document = await auth.openapi()
    await auth.close()
    return { text: JSON.stringify(document, null, 2), json: document }
  },
})

/** It is never opened. */
async function serverInstance(options: ServerOptions): Promise<Watchword<User>> {
  const { watchword } = await import('../watchword.ts')
  return watchword({ database: 'sqlite::memory:', ...(await serverOptions(options)) })
}

/** @throws CommandError if the module exports no instance */
async function instanceIn(file: string): Promise<Watchword<User>> {
  const module: { readonly auth?: unknown; readonly default?: unknown } = await import(
    pathToFileURL(resolve(file)).href
  )
  const exported = [module.auth, module.default].find(isInstance)
  if (exported !== undefined) return exported
  throw new CommandError(
    `${quoted(file)} exports no instance: write export const auth = watchword({ … }) in it.`,
  )
}

const isInstance = (value: unknown): value is Watchword<User> =>
  typeof value === 'object' && value !== null && INTERNALS in value
