import { AuthError } from '../../base/errors.ts'
import { driver } from './driver.ts'

/** Codes of PostgreSQL (https://www.postgresql.org/docs/current/errcodes-appendix.html). */
export const DUPLICATE_TABLE = '42P07'
export const UNDEFINED_TABLE = '42P01'
export const INSUFFICIENT_PRIVILEGE = '42501'
export const INVALID_PASSWORD = '28P01'
export const INVALID_AUTHORIZATION = '28000'
export const UNKNOWN_DATABASE = '3D000'
export const UNKNOWN_SCHEMA = '3F000'

/**
 * Classes of errors that keep the database from working: connection, access, transaction state (a read-only server), rollback,
 * resources, limits, locks and shutdown, system, internal; and tables that are missing or not granted.
 */
const OUT_OF_ORDER = /^(08|28|3D|25|40|53|54|55|57|58|XX|42P01$|42501$)/

/** A deadlock, or a transaction that could not be serialized: nothing was done. */
const ROLLED_BACK = ['40001', '40P01']

/** A prepared statement that the server no longer has, or has to prepare again: nothing was done. */
const UNPREPARED = ['26000', '0A000']

/** The code of an error that the server answered; `undefined` if the connection failed. */
export function codeOf(error: unknown): string | undefined {
  if (!(error instanceof driver.DatabaseError)) return undefined
  return error.code
}

/** Whether the connection cannot be used any more. */
export const isConnectionLost = (error: unknown): boolean =>
  /^(08|25|57P|UNKNOWN$)|^(26000|0A000)$/.test(codeOf(error) ?? 'UNKNOWN')

/**
 * Whether the server has answered with an error, so that nothing was done; otherwise the outcome is unknown.
 *
 * @param error of the driver, or of the store
 */
export function isRejection(error: unknown): boolean {
  const cause = (error as { readonly cause?: unknown }).cause ?? error
  return codeOf(cause) !== undefined && !isConnectionLost(cause)
}

/** Whether nothing was done and the same statement may succeed, if need be on a new connection. */
export const isRetryable = (error: unknown): boolean =>
  [...ROLLED_BACK, ...UNPREPARED].includes(codeOf(error) ?? '')

/** An error as callers of the store see it: `store_unavailable`, `invalid`, or the error itself if it is a bug. */
export function storeErrorFrom(error: unknown): unknown {
  if (error instanceof AuthError) return error
  const code = codeOf(error)
  if (code === undefined || OUT_OF_ORDER.test(code))
    return storeUnavailable(messageOf(error), error)
  // A value that no column can hold.
  if (code.startsWith('22'))
    return new AuthError('invalid', `PostgreSQL: ${(error as Error).message}`, {
      cause: error,
    })
  return error
}

/** If none of several addresses of a host answers, the error has an error for each and no message of its own. */
function messageOf(error: unknown): string {
  if (error instanceof AggregateError) return error.errors.map(messageOf).join(', ')
  return (error as Error).message
}

export const storeUnavailable = (reason: string, cause?: unknown): AuthError =>
  new AuthError('store_unavailable', `PostgreSQL: ${reason}`, { cause, retryAfter: 1 })
