import { AuthError } from '../../base/errors.ts'

/** What SQLite says (primary result codes, https://sqlite.org/rescode.html). */
const BUSY = 5
const LOCKED = 6
const CONSTRAINT = 19
const NOT_A_DATABASE = 26
/** PERM, ABORT, NOMEM, READONLY, INTERRUPT, IOERR, CORRUPT, FULL, CANTOPEN, PROTOCOL, NOLFS, AUTH, NOTADB */
const OUT_OF_ORDER: readonly number[] = [
  3,
  4,
  7,
  8,
  9,
  10,
  11,
  13,
  14,
  15,
  22,
  23,
  NOT_A_DATABASE,
]

function codeOf(error: unknown): number | undefined {
  if (!(error instanceof Error) || !('errcode' in error)) return undefined
  // An extended code has the primary one in its lowest octet.
  return typeof error.errcode === 'number' ? error.errcode & 0xff : undefined
}

/** Another connection holds the lock: a retry may succeed. */
export const isBusy = (error: unknown): boolean =>
  [BUSY, LOCKED].includes(codeOf(error) ?? 0)

export const isNotADatabase = (error: unknown): boolean =>
  codeOf(error) === NOT_A_DATABASE

/** The statement asked for what the schema forbids; its transaction goes on. */
export const isConstraint = (error: unknown): boolean => codeOf(error) === CONSTRAINT

/** The database cannot do its work: locked for too long, disk full, read-only, damaged, gone. */
export const isUnavailable = (error: unknown): boolean =>
  isBusy(error) || OUT_OF_ORDER.includes(codeOf(error) ?? 0)

/** An error as callers of the store see it: `store_unavailable`, or a fault of ours as it is. */
export function storeErrorFrom(error: unknown): unknown {
  if (!isUnavailable(error)) return error
  return new AuthError('store_unavailable', `SQLite: ${(error as Error).message}`, {
    cause: error,
    retryAfter: 1,
  })
}
