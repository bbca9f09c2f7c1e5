import { AuthError } from '../../base/errors.ts'

/** Codes of SQLite (primary result codes, https://sqlite.org/rescode.html). */
const BUSY = 5
const LOCKED = 6
const CONSTRAINT = 19
const NOT_A_DATABASE = 26
/** PERM, ABORT, NOMEM, READONLY, INTERRUPT, IOERR, CORRUPT, FULL, CANTOPEN, PROTOCOL, NOLFS, AUTH, NOTADB */
// biome-ignore format: one line
const OUT_OF_ORDER: readonly number[] = [3, 4, 7, 8, 9, 10, 11, 13, 14, 15, 22, 23, NOT_A_DATABASE]

function codeOf(error: unknown): number | undefined {
  if (!(error instanceof Error) || !('errcode' in error)) return undefined
  // The lowest byte of an extended code is the primary code.
  if (typeof error.errcode !== 'number') return undefined
  return error.errcode & 0xff
}

/** Another connection holds the lock: a retry may succeed. */
export const isBusy = (error: unknown): boolean =>
  [BUSY, LOCKED].includes(codeOf(error) ?? 0)

export const isNotADatabase = (error: unknown): boolean =>
  codeOf(error) === NOT_A_DATABASE

/** The statement violates a constraint; its transaction goes on. */
export const isConstraint = (error: unknown): boolean => codeOf(error) === CONSTRAINT

/** The database cannot work: locked for too long, disk full, read-only, damaged, deleted. */
export const isUnavailable = (error: unknown): boolean =>
  isBusy(error) || OUT_OF_ORDER.includes(codeOf(error) ?? 0)

/** An error as callers of the store see it: `store_unavailable`, or the error itself if it is a bug. */
export function storeErrorFrom(error: unknown): unknown {
  if (!isUnavailable(error)) return error
  return new AuthError('store_unavailable', `SQLite: ${(error as Error).message}`, {
    cause: error,
    retryAfter: 1,
  })
}
