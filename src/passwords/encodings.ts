import { ARGON2_COST, type Argon2, type Argon2Cost, argon2 } from './argon2.ts'
import { bcrypt, bcryptSha256 } from './bcrypt.ts'
import type { Encoding } from './encoding.ts'
import { pbkdf2 } from './pbkdf2.ts'
import { scrypt } from './scrypt.ts'

export interface Encodings {
  /** The encoding of new hashes. */
  readonly current: Argon2
  /** All encodings that are read, by the name that a hash begins with. */
  readonly byName: ReadonlyMap<string, Encoding>
}

export function encodings(cost: Argon2Cost = ARGON2_COST): Encodings {
  const current = argon2(cost)
  const byName = new Map<string, Encoding>([
    ['argon2', current],
    ['bcrypt', bcrypt],
    ['bcrypt_sha256', bcryptSha256],
    ['pbkdf2_sha1', pbkdf2('sha1')],
    ['pbkdf2_sha256', pbkdf2('sha256')],
    ['scrypt', scrypt],
  ])
  return { current, byName }
}
