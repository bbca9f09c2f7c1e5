import {
  createHmac,
  createPublicKey,
  createSecretKey,
  type KeyObject,
  timingSafeEqual,
  X509Certificate,
} from 'node:crypto'
import { ALGORITHMS, type Algorithm } from './algorithms.ts'
import { headerOf } from './header-of.ts'
import {
  invalidKey,
  type KeyOptions,
  parseKid,
  type SigningKey,
  type VerifyingKey,
} from './key.ts'

/**
 * A secret for HS256, HS384 or HS512.
 *
 * @param secret text, taken as UTF-8, or bytes: at least 32, 48, 64 of them
 * @throws AuthError `invalid_key` where it is too short, well known, repeats itself, or is a public key in some form: whoever
 *   has that could sign (rules K2, K4, K7)
 */
export function importSecret(
  alg: Algorithm,
  secret: string | Uint8Array,
  options: KeyOptions = {},
): SigningKey {
  const details = ALGORITHMS[alg]
  if (details?.kind !== 'hmac')
    throw invalidKey(`${alg} is not signed with a secret: give a private key in PEM`)
  if (typeof secret !== 'string' && !(secret instanceof Uint8Array))
    throw invalidKey('a secret is text or bytes')
  const bytes = Buffer.from(secret)
  const fault = secretFault(bytes, details.bytes, options.allowWeak)
  if (fault !== undefined) throw invalidKey(`the secret ${fault}`)
  return hmacKey(alg, details, createSecretKey(bytes), parseKid(options.kid))
}

function hmacKey(
  alg: Algorithm,
  { hash, bytes }: { readonly hash: string; readonly bytes: number },
  key: KeyObject,
  kid: string | undefined,
): SigningKey {
  const sign = (signed: string | Uint8Array): string =>
    createHmac(hash, key).update(signed).digest('base64url')
  // Texts of the one canonical spelling are compared, octet for octet, in two buffers made once.
  const length = Math.ceil((bytes * 4) / 3)
  const expected = Buffer.alloc(length)
  const presented = Buffer.alloc(length)
  const verifyText = (signed: string | Uint8Array, signature: string): boolean => {
    if (signature.length !== length) return false
    expected.write(sign(signed), 'latin1')
    // Text that is not ASCII does not fit.
    return presented.write(signature) === length && timingSafeEqual(expected, presented)
  }
  const verifying: VerifyingKey = {
    alg,
    kid,
    jwk: undefined,
    verify: (signed, signature) =>
      verifyText(signed, Buffer.from(signature).toString('base64url')),
    verifyText,
  }
  return { alg, kid, header: headerOf(alg, kid), verifying, sign }
}

/** Texts that stand in tutorials and templates, without case. */
const WELL_KNOWN = [
  'secret',
  'changeme',
  'change-me',
  'change_me',
  'password',
  'your-256-bit-secret',
  'your-secret-key',
]
const PLACEHOLDERS = [
  'django-insecure-',
  'insecure-',
  'your-256-bit-secret',
  'your-384-bit-secret',
  'your-512-bit-secret',
]

/** Octets of which a secret must have as many different ones. */
const DIFFERENT = 8

/**
 * What is wrong with a secret, as the end of a sentence; nothing of the secret is in it.
 *
 * @param least bytes that it must have
 */
export function secretFault(
  bytes: Buffer,
  least: number,
  allowWeak = false,
): string | undefined {
  if (bytes.length === 0) return 'is empty'
  if (isPublicKey(bytes))
    return 'is a key in PEM, SSH, JWK or DER form, and those are known to others'
  if (allowWeak) return undefined
  const text = bytes.toString('latin1').toLowerCase()
  if (
    WELL_KNOWN.includes(text.trim()) ||
    PLACEHOLDERS.some((start) => text.startsWith(start))
  ) {
    return 'is a well-known text: make one with "openssl rand -base64 48"'
  }
  if (bytes.length < least)
    return `has ${bytes.length} bytes and needs ${least}: make one with "openssl rand -base64 ${least}"`
  if (new Set(bytes).size < DIFFERENT || repeats(bytes))
    return 'repeats itself: make one with "openssl rand -base64 48"'
  return undefined
}

/** Whether some beginning of at most half the length makes the whole by repetition. */
function repeats(bytes: Buffer): boolean {
  for (let period = 1; period <= bytes.length / 2; period++) {
    if (bytes.subarray(period).equals(bytes.subarray(0, -period))) return true
  }
  return false
}

/** How keys begin: PEM and its relatives, lines of `authorized_keys`, and those without their first word. */
const KEY_TEXT = /-{4,5} ?BEGIN|^\s*(ssh-|ecdsa-sha2-|sk-(ssh|ecdsa))|^\s*AAAA[BCEGI][23]/

function isPublicKey(bytes: Buffer): boolean {
  const text = bytes.toString().replace(/^\ufeff/, '')
  if (KEY_TEXT.test(text) || isJwk(text)) return true
  return [bytes, Buffer.from(text, 'base64'), Buffer.from(text, 'hex')].some(isDer)
}

function isJwk(text: string): boolean {
  if (!/^\s*[{[]/.test(text)) return false
  try {
    const values: unknown[] = [JSON.parse(text)].flat()
    return values.some(
      (value) =>
        typeof value === 'object' &&
        value !== null &&
        ('kty' in value || 'keys' in value),
    )
  } catch {
    return false
  }
}

const DER_SEQUENCE = 0x30

function isDer(bytes: Buffer): boolean {
  if (bytes[0] !== DER_SEQUENCE) return false
  for (const read of [
    () => createPublicKey({ key: bytes, format: 'der', type: 'spki' }),
    () => createPublicKey({ key: bytes, format: 'der', type: 'pkcs1' }),
    () => new X509Certificate(bytes),
  ]) {
    try {
      read()
      return true
    } catch {
      // Not of this form.
    }
  }
  return false
}
