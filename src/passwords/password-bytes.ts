import { AuthError } from '../base/errors.ts'

/** Longer passwords are rejected before hashing: hashing them would be a cheap way to load the server. */
export const MAX_PASSWORD_BYTES = 4096

/** The UTF-8 of a password. @throws AuthError `invalid` if it is too long, or has a lone surrogate */
export function passwordBytes(password: string): Buffer {
  // Each code unit takes at least one byte: long strings are refused without encoding them.
  if (
    password.length > MAX_PASSWORD_BYTES ||
    Buffer.byteLength(password) > MAX_PASSWORD_BYTES
  ) {
    throw invalidPassword(
      `Ensure this field has no more than ${MAX_PASSWORD_BYTES} characters.`,
    )
  }
  // Lone surrogates have no UTF-8: all would become the same replacement character.
  if (!password.isWellFormed())
    throw invalidPassword('Surrogate characters are not allowed.')
  return Buffer.from(password)
}

const invalidPassword = (message: string): AuthError =>
  new AuthError('invalid', message, { body: { password: [message] } })
