import type { Readable } from 'node:stream'

type Output = NodeJS.WritableStream & {
  readonly isTTY?: boolean
  readonly columns?: number
  readonly writableNeedDrain?: boolean
}

/** The environment and the streams that a command uses. */
export interface CommandContext {
  readonly env: Readonly<Record<string, string | undefined>>
  readonly stdin: Readable & { readonly isTTY?: boolean }
  readonly stdout: Output
  readonly stderr: Output
}

/** What to type to run this command again: through npm in the repository, through npx in a project that depends on it. */
export function selfName(env: CommandContext['env']): string {
  if (env.npm_package_name === 'watchword') return 'npm run -s watchword --'
  const isProject = env.npm_command === 'exec' || env.npm_package_name !== undefined
  if (isProject) return 'npx watchword'
  return 'watchword'
}

/** Quotes a word for a POSIX shell, if it needs quotes. */
export function shellWord(text: string): string {
  if (/^[\w@%+=:,./-]+$/.test(text)) return text
  return `'${text.replaceAll("'", `'\\''`)}'`
}
