import { AuthError } from '../base/errors.ts'

/** Octets of UTF-8 that a password may have (P3). */
export const MAX_PASSWORD_BYTES = 4096

/** The octets of a password as they are hashed. @throws AuthError `invalid` where it is too long, or no Unicode text */
export function passwordBytes(password: string): Buffer {
  // An octet encodes at most one code unit: what is longer in these is not even encoded.
  if (
    password.length > MAX_PASSWORD_BYTES ||
    Buffer.byteLength(password) > MAX_PASSWORD_BYTES
  ) {
    throw refused(`Ensure this field has no more than ${MAX_PASSWORD_BYTES} characters.`)
  }
  // A lone surrogate has no UTF-8; all of them would become one and the same character.
  if (!password.isWellFormed()) throw refused('Surrogate characters are not allowed.')
  return Buffer.from(password)
}

const refused = (message: string): AuthError =>
  new AuthError('invalid', message, { body: { password: [message] } })
