import { AuthError } from '../../base/errors.ts'
import { driver } from './driver.ts'

/** What PostgreSQL says (https://www.postgresql.org/docs/current/errcodes-appendix.html). */
export const DUPLICATE_TABLE = '42P07'
export const UNDEFINED_TABLE = '42P01'
export const INSUFFICIENT_PRIVILEGE = '42501'

/**
 * Classes of what keeps the database from doing its work: connection, access, transaction state (a server that only reads),
 * rollback, resources, limits, locks and shutdown, system, internal; and tables that are gone or closed to us.
 */
const OUT_OF_ORDER = /^(08|28|3D|25|40|53|54|55|57|58|XX|42P01$|42501$)/

/** A deadlock, or a transaction that must be done again: nothing was done. */
const AGAIN = ['40001', '40P01']

/** A statement that this connection has prepared and the server has forgotten, or has to prepare anew: nothing was done. */
const UNPREPARED = ['26000', '0A000']

/** What the server said; else the connection has failed, or never was. */
export const codeOf = (error: unknown): string | undefined =>
  error instanceof driver.DatabaseError ? error.code : undefined

/** Whether the connection is of no more use. */
export const isConnectionLost = (error: unknown): boolean =>
  /^(08|25|57P|UNKNOWN$)|^(26000|0A000)$/.test(codeOf(error) ?? 'UNKNOWN')

/** Whether nothing was done and the same statement may do it, on a new connection if need be. */
export const isRetryable = (error: unknown): boolean =>
  [...AGAIN, ...UNPREPARED].includes(codeOf(error) ?? '')

/** An error as callers of the store see it: `store_unavailable`, `invalid`, or a fault of ours as it is. */
export function storeErrorFrom(error: unknown): unknown {
  if (error instanceof AuthError) return error
  const code = codeOf(error)
  if (code === undefined || OUT_OF_ORDER.test(code))
    return storeUnavailable(wordsOf(error), error)
  // A value that no column of ours can hold.
  if (code.startsWith('22'))
    return new AuthError('invalid', `PostgreSQL: ${(error as Error).message}`, {
      cause: error,
    })
  return error
}

/** A host of several addresses, none of which answers, has an error for each and no words of its own. */
const wordsOf = (error: unknown): string =>
  error instanceof AggregateError
    ? error.errors.map(wordsOf).join(', ')
    : (error as Error).message

export const storeUnavailable = (why: string, cause?: unknown): AuthError =>
  new AuthError('store_unavailable', `PostgreSQL: ${why}`, { cause, retryAfter: 1 })

/** PostgreSQL's texts hold no NUL, and half a surrogate pair would become another character on the way. */
export const isStorable = (value: unknown): boolean =>
  typeof value !== 'string' || (!value.includes('\0') && value.isWellFormed())
