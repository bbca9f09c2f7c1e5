import { Refusal } from '../base/refusal.ts'
import { Failure } from './failure.ts'
import { printable } from './table.ts'

/** By the code of a system error, what a person does about it. */
const SYSTEM: Readonly<Record<string, string>> = {
  EACCES: 'This place may not be written to: choose another with --database, or change its owner.',
  EROFS: 'This place is read-only: choose another with --database.',
  ENOENT: 'This folder does not exist: make it, or choose another place with --database.',
  ENOTDIR: 'This path leads through a file: choose another place with --database.',
  EISDIR: 'This is a folder: name a file with --database.',
  ENOSPC: 'The disk is full: make room.',
}

/** Any error as one sentence for a person. The stack is shown with WATCHWORD_DEBUG alone. */
export function sentenceOf(error: unknown): string {
  if (error instanceof Failure) return error.message
  if (error instanceof Refusal) return error.body === undefined ? error.message : faultsOf(error.body).join(' ')
  const { code, message } = error as NodeJS.ErrnoException
  const known = SYSTEM[code ?? '']
  if (known !== undefined) return known
  return `Something went wrong that should not: ${printable(String(message ?? error).split('\n')[0] ?? '')} Type it again with WATCHWORD_DEBUG=1 to see where.`
}

/** `{ password: ["Too short."] }` as `password: Too short.` */
const faultsOf = (body: object): string[] =>
  Object.entries(body).map(([field, faults]) => `${field}: ${[faults].flat().join(' ')}`)
