import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { commandFor } from '../../command/command.ts'
import { CommandError } from '../../command/errors.ts'
import { quoted } from '../../command/format.ts'

/** What the command uses of an instance. */
export interface Documented {
  openapi(): Promise<object>
  close(): Promise<void>
}

export const openapiCommand = commandFor<Documented>()({
  name: 'openapi',
  summary: 'Prints the OpenAPI document of the endpoints.',
  args: ['[FILE]'],
  description: `Without a file it describes the endpoints of "watchword start" with the same options. With one it describes the instance that this module
exports as "auth", or by default. No database is opened.`,
  examples: [
    'watchword openapi > openapi.json',
    'watchword openapi src/auth.ts > openapi.json',
  ],
  options: {},
  describesServer: true,
  async run({ args: [file], serverInstance }) {
    const auth = file === undefined ? await serverInstance() : await instanceIn(file)
    const document = await auth.openapi()
    await auth.close()
    return { text: JSON.stringify(document, null, 2), json: document }
  },
})

/** @throws CommandError if there is no such file, or if the module exports no instance */
async function instanceIn(file: string): Promise<Documented> {
  const path = resolve(file)
  if (!existsSync(path))
    throw new CommandError(
      `There is no file ${quoted(file)} here: name the module that exports the instance, such as src/auth.ts.`,
    )
  const { href } = pathToFileURL(path)
  // A program's own file: no bundler can know it.
  const module: { readonly auth?: unknown; readonly default?: unknown } = await import(
    /* webpackIgnore: true */ /* turbopackIgnore: true */ /* @vite-ignore */ href
  )
  const exported = [module.auth, module.default].find(isInstance)
  if (exported !== undefined) return exported
  throw new CommandError(
    `${quoted(file)} exports no instance: write export const auth = watchword({ … }) in it.`,
  )
}

const isInstance = (value: unknown): value is Documented =>
  typeof value === 'object' && value !== null && 'openapi' in value
