import { AuthError } from '../base/errors.ts'
import { CommandError } from './errors.ts'
import { printable } from './table.ts'

/** By the code of a system error, what a person does about it. */
const SYSTEM: Readonly<Record<string, string>> = {
  EACCES:
    'may not be read or written: change its permissions, or choose another place with --database.',
  EROFS: 'is in a place that is read-only: choose another with --database.',
  ENOSPC: 'is on a disk that is full: make room.',
}

/** By SQLite's primary result code (https://sqlite.org/rescode.html), the same. */
const SQLITE: Readonly<Record<number, string>> = {
  5: 'Another program keeps the database locked: end it, or try again.',
  6: 'Another program keeps the database locked: end it, or try again.',
  8: 'The database cannot be written: change its permissions, or name another with --database.',
  10: 'The disk does not read or write as it should: look at it, then put a copy of the database back.',
  11: 'The database is damaged: put a copy of it back, or name another with --database.',
  13: 'The disk is full: make room.',
  14: 'The database cannot be opened: change the permissions of its folder, or name another with --database.',
}

/** Any error as one sentence for a person. The stack is shown with WATCHWORD_DEBUG alone. */
export function messageOf(error: unknown): string {
  if (error instanceof CommandError) return error.message
  if (error instanceof AuthError) return authErrorMessage(error)
  const { code, message, path } = error as NodeJS.ErrnoException
  const known = SYSTEM[code ?? '']
  if (known !== undefined && path !== undefined) return `${printable(path)} ${known}`
  if (code === 'ERR_MODULE_NOT_FOUND') {
    return 'A package that watchword needs is not installed: type "npm ci" in the repository, or "npm install watchword" where you use it.'
  }
  const what = printable(String(message ?? error).split('\n')[0] ?? '').replace(
    /[.\s]*$/,
    '',
  )
  return `Something went wrong that should not: ${what}. Type it again with WATCHWORD_DEBUG=1 to see where.`
}

function authErrorMessage({ code, body, message, cause }: AuthError): string {
  if (body !== undefined) return faultsOf(body).join(' ')
  if (code !== 'store_unavailable') return message
  const known =
    SQLITE[Number((cause as { errcode?: unknown } | undefined)?.errcode) & 0xff]
  return (
    known ??
    `The database cannot be used (${printable(message)}): try again, or name another with --database.`
  )
}

/** `{ password: ["Too short."] }` as `password: Too short.` */
const faultsOf = (body: object): string[] =>
  Object.entries(body).map(([field, faults]) => `${field}: ${[faults].flat().join(' ')}`)
