import type { Readable } from 'node:stream'

/** Where a command runs. */
export interface CommandContext {
  readonly env: Readonly<Record<string, string | undefined>>
  readonly stdin: Readable & { readonly isTTY?: boolean }
  readonly stdout: NodeJS.WritableStream & { readonly isTTY?: boolean }
  readonly stderr: NodeJS.WritableStream & { readonly isTTY?: boolean }
}

/**
 * What to type to run this command again: through npm in the repository, through npx where it is a dependency, by its
 * name where it is installed.
 */
export function selfName(env: CommandContext['env']): string {
  if (env.npm_package_name === 'watchword') return 'npm run -s watchword --'
  return env.npm_command === 'exec' || env.npm_package_name !== undefined
    ? 'npx watchword'
    : 'watchword'
}

/** A word as a shell takes it. */
export const shellWord = (text: string): string =>
  /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`
