import type { CommandContext } from '../command/context.ts'
import { printable } from '../command/format.ts'

export const DEFAULT_DATABASE = 'watchword.db'

export const databaseOf = (option: string | undefined, { env }: CommandContext): string =>
  option ?? (env.WATCHWORD_DATABASE || DEFAULT_DATABASE)

export const isFile = (database: string): boolean =>
  !isInMemory(database) && !/^(sqlite:|postgres(ql)?:|[a-z]+:\/\/)/i.test(database)

export const isInMemory = (database: string): boolean => database.endsWith(':memory:')

/** A database as messages show it: without the password of its address, which may be in the query, too. */
export function shownDatabase(database: string): string {
  if (!/^[a-z][a-z\d+.-]*:\/\//i.test(database)) return printable(database)
  const shown = database.replace(/(\/\/[^/?#@:]*):.*@/s, '$1:…@').replace(/\?.*$/s, '?…')
  return printable(shown)
}
