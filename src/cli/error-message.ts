import { AuthError } from '../base/errors.ts'
import { CommandError } from '../command/errors.ts'
import { printable } from '../command/format.ts'

/** What to do about a system error on a file, by its code. */
const SYSTEM: Readonly<Record<string, string>> = {
  EACCES:
    'cannot be read or written by this user: change its permissions, or choose another place with --database.',
  EROFS: 'is on a read-only file system: choose another place with --database.',
  ENOSPC: 'is on a full disk: free some space.',
}

const LOCKED = 'Another program has locked the database: stop that program, or try again.'

/** What to do about SQLite's errors, by primary result code (https://sqlite.org/rescode.html). */
const SQLITE: Readonly<Record<number, string>> = {
  5: LOCKED,
  6: LOCKED,
  8: 'The database cannot be written: change its permissions, or choose another with --database.',
  10: 'The disk failed to read or write the database: check the disk, then restore the database from a backup.',
  11: 'The database is damaged: restore it from a backup, or choose another with --database.',
  13: 'The disk is full: free some space.',
  14: 'The database cannot be opened: change the permissions of its folder, or choose another with --database.',
}

/** The message that the command prints for an error. Its stack is printed only with WATCHWORD_DEBUG. */
export function messageOf(error: unknown): string {
  if (error instanceof CommandError) return error.message
  if (error instanceof AuthError) return authErrorMessage(error)
  const { code = '', message, path } = error as NodeJS.ErrnoException
  const advice = SYSTEM[code]
  if (advice !== undefined && path !== undefined) return `${printable(path)} ${advice}`
  if (code === 'ERR_MODULE_NOT_FOUND') {
    return 'A package that watchword needs is not installed: type "npm ci" in the repository, or "npm install watchword" in your project.'
  }
  const [line = ''] = String(message ?? error).split('\n')
  return `Unexpected error: ${printable(line).replace(/[.\s]*$/, '')}. This is a bug in watchword; run the command again with WATCHWORD_DEBUG=1 and report it with the stack.`
}

function authErrorMessage({ code, body, message, cause }: AuthError): string {
  if (body !== undefined) return fieldErrors(body).join(' ')
  if (code !== 'store_unavailable') return message
  return (
    sqliteAdvice(cause) ??
    `The database cannot be used (${printable(message)}): try again, or choose another with --database.`
  )
}

function sqliteAdvice(cause: unknown): string | undefined {
  const { errcode } = (cause ?? {}) as { readonly errcode?: unknown }
  return SQLITE[Number(errcode) & 0xff]
}

/** Formats `{ password: ["Too short."] }` as `password: Too short.` */
const fieldErrors = (body: object): string[] =>
  Object.entries(body).map(
    ([field, messages]) => `${field}: ${[messages].flat().join(' ')}`,
  )
