import { hexId, type Random } from '../base/random.ts'

/** The header of requests and of responses. */
export const REQUEST_ID = 'x-request-id'

/** Short, and without characters that have a meaning in a log, a header or a shell. */
const SANE = /^[\w.:@+=-]{1,64}$/

/**
 * The id of a request in the log: the trusted proxy's, or a new one.
 *
 * @param given the header, if a trusted proxy has set it
 */
export function requestIdOf(given = '', random: Random): string {
  if (SANE.test(given)) return given
  return hexId(random)
}
