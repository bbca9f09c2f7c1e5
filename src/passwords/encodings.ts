import { ARGON2_COST, type Argon2, type Argon2Cost, argon2 } from './argon2.ts'
import { bcrypt, bcryptSha256 } from './bcrypt.ts'
import type { Encoding } from './encoding.ts'
import { pbkdf2, phcPbkdf2 } from './pbkdf2.ts'
import { phcScrypt, scrypt, scryptNfkc } from './scrypt.ts'

export interface Encodings {
  /** The encoding of new hashes. */
  readonly current: Argon2
  /** All encodings that are read, by what a hash has before its first `$`; one at its very beginning is part of the name. */
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
    ['scrypt_nfkc', scryptNfkc],
    ['$2a', behind('$2a$', bcrypt)],
    ['$2b', behind('$2b$', bcrypt)],
    ['$2y', behind('$2y$', bcrypt)],
    ['$argon2d', behind('argon2d$', current)],
    ['$argon2i', behind('argon2i$', current)],
    ['$argon2id', behind('argon2id$', current)],
    ['$pbkdf2', phcPbkdf2('sha1')],
    ['$pbkdf2-sha256', phcPbkdf2('sha256')],
    ['$pbkdf2-sha512', phcPbkdf2('sha512')],
    ['$scrypt', phcScrypt],
  ])
  return { current, byName }
}

/** An encoding that Django writes behind a name of its own, without that name. */
const behind = (start: string, encoding: Encoding): Encoding => ({
  parse: (rest) => encoding.parse(start + rest),
})

/**
 * Parses a stored hash.
 *
 * @returns `undefined` if its algorithm is unknown, it is malformed, or its cost is out of bounds
 * @throws AuthError `invalid_config` if it needs a package that is not installed
 */
export function parseHash(
  hash: string,
  { byName }: Encodings,
): ReturnType<Encoding['parse']> {
  const name = nameOf(hash)
  return byName.get(name)?.parse(hash.slice(name.length + 1))
}

/** What a hash begins with, in front of a `$`; empty if it has none. */
export const nameOf = (hash: string): string =>
  hash.slice(0, Math.max(0, hash.indexOf('$', 1)))
