import { isStorable } from '../base/storable.ts'
import { type Encodings, nameOf, parseHash } from './encodings.ts'

/**
 * A password hash of another system: a string in one of the notations that `encodings()` reads, better-auth's `salt:key`, or the
 * object that Keycloak or FusionAuth exports.
 */
export type ImportedPassword = string | KeycloakPassword | FusionAuthPassword

/** A credential of type `password` in an export of Keycloak; both members are JSON. */
export interface KeycloakPassword {
  readonly credentialData: string
  readonly secretData: string
}

/** The members of a user of FusionAuth that are about the password; `salt` and `password` are base64. */
export interface FusionAuthPassword {
  readonly encryptionScheme: string
  readonly factor: number
  readonly salt: string
  readonly password: string
}

export type ImportedHash =
  | { readonly kind: 'hash'; readonly hash: string }
  | { readonly kind: 'fault'; readonly message: string }

/**
 * The hash as it is stored, parsed as at a sign-in: a hash that could never match, or would take too much work, is refused.
 *
 * @throws AuthError `invalid_config` if it needs a package that is not installed
 */
export async function importHash(
  given: unknown,
  encodings: Encodings,
): Promise<ImportedHash> {
  const hash = notationOf(given)
  if (hash === undefined) return { kind: 'fault', message: UNKNOWN }
  if (!isStorable(hash)) return { kind: 'fault', message: UNREADABLE }
  if (!encodings.byName.has(nameOf(hash))) return { kind: 'fault', message: UNKNOWN }
  if ((await parseHash(hash, encodings)) === undefined)
    return { kind: 'fault', message: UNREADABLE }
  return { kind: 'hash', hash }
}

const UNKNOWN =
  'No password can be checked against this hash: its algorithm is unknown. Leave it out, and let the user set a new password.'
const UNREADABLE =
  'No password can be checked against this hash: it is malformed, or its cost is out of bounds. Leave it out, and let the user set a new password.'

/** @returns a string in a notation of `encodings()`, if it is well-formed; `undefined` if it can be none */
function notationOf(given: unknown): string | undefined {
  if (typeof given === 'string') return betterAuthHash(given) ?? given
  if (typeof given !== 'object' || given === null) return undefined
  if ('credentialData' in given && 'secretData' in given) return keycloakHash(given)
  if ('encryptionScheme' in given) return fusionAuthHash(given)
  return undefined
}

/**
 * `salt:key` in hexadecimal: scrypt of the NFKC form, and of the salt's digits as text.
 *
 * @see https://github.com/better-auth/better-auth/blob/main/packages/better-auth/src/crypto/password.ts
 */
function betterAuthHash(text: string): string | undefined {
  const [, salt, key = ''] = /^([\da-f]{32}):([\da-f]{128})$/.exec(text) ?? []
  if (salt === undefined) return undefined
  return `scrypt_nfkc$16384$${salt}$16$1$${Buffer.from(key, 'hex').toString('base64')}`
}

/** @see https://github.com/keycloak/keycloak/tree/main/server-spi-private/src/main/java/org/keycloak/credential/hash */
function keycloakHash(given: {
  readonly credentialData: unknown
  readonly secretData: unknown
}): string | undefined {
  const { algorithm, hashIterations, additionalParameters } = membersOf(
    given.credentialData,
  )
  const { salt, value } = membersOf(given.secretData)
  const end = `${unpadded(salt)}$${unpadded(value)}`
  if (algorithm === 'argon2')
    return `$argon2${argon2Parameters(membersOf(additionalParameters), hashIterations)}$${end}`
  const name = KEYCLOAK_PBKDF2.get(algorithm)
  return name && `$${name}$${textOf(hashIterations)}$${end}`
}

const KEYCLOAK_PBKDF2: ReadonlyMap<unknown, string> = new Map([
  ['pbkdf2', 'pbkdf2'],
  ['pbkdf2-sha256', 'pbkdf2-sha256'],
  ['pbkdf2-sha512', 'pbkdf2-sha512'],
])

/** Each parameter is a list of one string. Version 1.3 is 19 in the PHC string format (RFC 9106 §3.2). */
function argon2Parameters(
  { type = 'id', version = '1.3', memory, parallelism }: Members,
  passes: unknown,
): string {
  const number = textOf(version).replace(/^1\.3$/, '19')
  return `${textOf(type)}$v=${number}$m=${textOf(memory)},t=${textOf(passes)},p=${textOf(parallelism)}`
}

/** @see https://fusionauth.io/docs/reference/password-hashes */
function fusionAuthHash(given: object): string | undefined {
  const { encryptionScheme, factor, salt, password } = given as Members
  if (encryptionScheme === 'bcrypt')
    return `$2a$${textOf(factor).padStart(2, '0')}$${textOf(salt)}${textOf(password)}`
  const name = FUSIONAUTH_PBKDF2.get(encryptionScheme)
  return name && `$${name}$${textOf(factor)}$${unpadded(salt)}$${unpadded(password)}`
}

const FUSIONAUTH_PBKDF2: ReadonlyMap<unknown, string> = new Map([
  ['salted-pbkdf2-hmac-sha256', 'pbkdf2-sha256'],
  ['salted-pbkdf2-hmac-sha256-512', 'pbkdf2-sha256'],
  ['salted-pbkdf2-hmac-sha512-512', 'pbkdf2-sha512'],
])

type Members = Readonly<Record<string, unknown>>

/** The members of an object, or of its JSON; none of anything else. */
function membersOf(value: unknown): Members {
  try {
    const object: unknown = typeof value === 'string' ? JSON.parse(value) : value
    if (typeof object === 'object' && object !== null) return object as Members
    return {}
  } catch {
    return {}
  }
}

const unpadded = (value: unknown): string => textOf(value).replace(/=+$/, '')

/** A string, a number, or a list of one of them; empty for anything else. */
function textOf(value: unknown): string {
  if (Array.isArray(value) && value.length === 1) return textOf(value[0])
  if (typeof value === 'string' || typeof value === 'number') return String(value)
  return ''
}
