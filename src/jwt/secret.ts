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
import { type KeyOptions, keyRefused, parseKid, type SigningKey, type VerifyingKey } from './key.ts'

/**
 * A secret for HS256, HS384 or HS512.
 *
 * @param secret text, taken as UTF-8, or octets: at least 32, 48, 64 of them
 * @throws Refusal `key_refused` where it is too short, well known, repeats itself, or is a public key in some form: whoever
 *   has that could sign (rules K2, K4, K7)
 */
export function importSecret(alg: Algorithm, secret: string | Uint8Array, options: KeyOptions = {}): SigningKey {
  const details = ALGORITHMS[alg]
  if (details?.kind !== 'hmac') throw keyRefused(`${alg} is not signed with a secret: give a private key in PEM`)
  if (typeof secret !== 'string' && !(secret instanceof Uint8Array)) throw keyRefused('a secret is text or octets')
  const octets = Buffer.from(secret)
  const fault = secretFault(octets, details.octets, options.allowWeak)
  if (fault !== undefined) throw keyRefused(`the secret ${fault}`)
  return hmacKey(alg, details, createSecretKey(octets), parseKid(options.kid))
}

function hmacKey(
  alg: Algorithm,
  { hash, octets }: { readonly hash: string; readonly octets: number },
  key: KeyObject,
  kid: string | undefined,
): SigningKey {
  const sign = (signed: string | Uint8Array): string => createHmac(hash, key).update(signed).digest('base64url')
  // Texts of the one canonical spelling are compared, octet for octet, in two buffers made once.
  const length = Math.ceil((octets * 4) / 3)
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
    verify: (signed, signature) => verifyText(signed, Buffer.from(signature).toString('base64url')),
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
 * @param least octets that it must have
 */
export function secretFault(octets: Buffer, least: number, allowWeak = false): string | undefined {
  if (octets.length === 0) return 'is empty'
  if (isPublicKey(octets)) return 'is a key in PEM, SSH, JWK or DER form, and those are known to others'
  if (allowWeak) return undefined
  const text = octets.toString('latin1').toLowerCase()
  if (WELL_KNOWN.includes(text.trim()) || PLACEHOLDERS.some((start) => text.startsWith(start))) {
    return 'is a well-known text: make one with "openssl rand -base64 48"'
  }
  if (octets.length < least)
    return `has ${octets.length} octets and needs ${least}: make one with "openssl rand -base64 ${least}"`
  if (new Set(octets).size < DIFFERENT || repeats(octets))
    return 'repeats itself: make one with "openssl rand -base64 48"'
  return undefined
}

/** Whether some beginning of at most half the length makes the whole by repetition. */
function repeats(octets: Buffer): boolean {
  for (let period = 1; period <= octets.length / 2; period++) {
    if (octets.subarray(period).equals(octets.subarray(0, -period))) return true
  }
  return false
}

/** How keys begin: PEM and its relatives, lines of `authorized_keys`, and those without their first word. */
const KEY_TEXT = /-{4,5} ?BEGIN|^\s*(ssh-|ecdsa-sha2-|sk-(ssh|ecdsa))|^\s*AAAA[BCEGI][23]/

function isPublicKey(octets: Buffer): boolean {
  const text = octets.toString().replace(/^\ufeff/, '')
  if (KEY_TEXT.test(text) || isJwk(text)) return true
  return [octets, Buffer.from(text, 'base64'), Buffer.from(text, 'hex')].some(isDer)
}

function isJwk(text: string): boolean {
  if (!/^\s*[{[]/.test(text)) return false
  try {
    const values: unknown[] = [JSON.parse(text)].flat()
    return values.some((value) => typeof value === 'object' && value !== null && ('kty' in value || 'keys' in value))
  } catch {
    return false
  }
}

const DER_SEQUENCE = 0x30

function isDer(octets: Buffer): boolean {
  if (octets[0] !== DER_SEQUENCE) return false
  for (const read of [
    () => createPublicKey({ key: octets, format: 'der', type: 'spki' }),
    () => createPublicKey({ key: octets, format: 'der', type: 'pkcs1' }),
    () => new X509Certificate(octets),
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
