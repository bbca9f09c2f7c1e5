/**
 * Errors that `pg` raises itself, without a code. Their messages are all there is to recognise them by; the test beside this
 * file reads them from the installed version.
 */

/** The address asks for TLS, and the server refuses it. */
export const refusesTls = (error: unknown): boolean =>
  messageOf(error) === 'The server does not support SSL connections'

/** The server asks for a password, and the address has none, or an empty one. */
export const asksForPassword = (error: unknown): boolean =>
  /client password must be a (non-empty )?string$/.test(messageOf(error))

const messageOf = (error: unknown): string => (error as Error).message
