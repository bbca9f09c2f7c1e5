import { Refusal } from '../base/errors.ts'

/** Octets of UTF-8 that a password may have (P3). */
export const PASSWORD_LIMIT = 4096

/** The octets of a password as they are hashed. @throws Refusal `invalid` where it is too long, or no Unicode text */
export function octetsOf(password: string): Buffer {
  // An octet encodes at most one code unit: what is longer in these is not even encoded.
  if (password.length > PASSWORD_LIMIT || Buffer.byteLength(password) > PASSWORD_LIMIT) {
    throw refused(`Ensure this field has no more than ${PASSWORD_LIMIT} characters.`)
  }
  // A lone surrogate has no UTF-8; all of them would become one and the same character.
  if (!password.isWellFormed()) throw refused('Surrogate characters are not allowed.')
  return Buffer.from(password)
}

const refused = (message: string): Refusal => new Refusal('invalid', message, { body: { password: [message] } })
