import {
  createHmac,
  createPublicKey,
  createSecretKey,
  type Hmac,
  type KeyObject,
  timingSafeEqual,
  X509Certificate,
} from 'node:crypto'
import { argumentOf, refuseUnknownOptions } from '../base/known-options.ts'
import { ALGORITHMS, type Algorithm } from './algorithms.ts'
import { base64urlLength } from './base64url.ts'
import { headerOf } from './header-of.ts'
import {
  invalidKey,
  KEY_OPTIONS,
  type KeyOptions,
  parseKid,
  type SigningKey,
  type VerifyingKey,
} from './key.ts'
import { isKeyObject } from './pem.ts'

/**
 * Imports a secret for HS256, HS384 or HS512.
 *
 * @param secret bytes, a secret `KeyObject`, or a string that is encoded as UTF-8: at least 32, 48 or 64 bytes (RFC 7518 §3.2)
 * @throws AuthError `invalid_key` if the secret is short, well known or repetitive (rule K2), or is a public key in some
 *   form, with which anyone could sign (rules K4, K7); `invalid_config` if an option is unknown
 */
export function importSecret(
  alg: Algorithm,
  secret: string | Uint8Array | KeyObject,
  options: KeyOptions = {},
): SigningKey {
  refuseUnknownOptions(options, KEY_OPTIONS, argumentOf('importSecret'))
  const details = ALGORITHMS[alg]
  if (details?.kind !== 'hmac')
    throw invalidKey(`${alg} needs a private key in PEM, and this is a secret`)
  const given = isKeyObject(secret) ? secretBytes(secret) : secret
  if (typeof given !== 'string' && !(given instanceof Uint8Array))
    throw invalidKey('the secret must be a string or bytes')
  const bytes = Buffer.from(given)
  const fault = secretFault(bytes, details.bytes, options.allowWeak)
  if (fault !== undefined) throw invalidKey(`the secret ${fault}`)
  return hmacKey(alg, details, createSecretKey(bytes), parseKid(options.kid))
}

function secretBytes(key: KeyObject): Buffer {
  if (key.type === 'secret') return key.export()
  throw invalidKey(`this is a ${key.type} key, and a secret is needed`)
}

function hmacKey(
  alg: Algorithm,
  { hash, bytes }: { readonly hash: string; readonly bytes: number },
  key: KeyObject,
  kid: string | undefined,
): SigningKey {
  const macOf = (signed: string | Uint8Array) => createHmac(hash, key).update(signed)
  const sign = (signed: string | Uint8Array): string => macOf(signed).digest('base64url')
  const length = base64urlLength(bytes)
  const isEqual = comparison(length)
  const isMac = macComparison(bytes)
  const verifyText = (signed: string | Uint8Array, signature: string): boolean =>
    signature.length === length && isEqual(sign(signed), signature)
  const verifying: VerifyingKey = {
    alg,
    kid,
    jwk: undefined,
    verify: (signed, signature) =>
      signature.length === bytes && isMac(macOf(signed), signature),
    verifyText,
  }
  return {
    alg,
    kid,
    header: headerOf(alg, kid),
    signatureLength: length,
    verifying,
    sign,
  }
}

/** Compares bytes as `comparison` does: new memory for each MAC would take as long as half of computing it. */
function macComparison(length: number): (expected: Hmac, given: Uint8Array) => boolean {
  const a = Buffer.alloc(length)
  const b = Buffer.alloc(length)
  return (expected, given) => {
    a.write(expected.digest('binary'), 'latin1')
    b.set(given)
    return timingSafeEqual(a, b)
  }
}

/** Compares strings of one length, the expected one ASCII, in constant time and in two buffers that are reused. */
function comparison(length: number): (expected: string, given: string) => boolean {
  const a = Buffer.alloc(length)
  const b = Buffer.alloc(length)
  return (expected, given) => {
    a.write(expected, 'latin1')
    // A character outside of ASCII takes more than one byte, so that fewer characters fit.
    return b.write(given) === length && timingSafeEqual(a, b)
  }
}

/** Secrets of tutorials and templates, in lower case. */
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

/** Least number of different bytes in a secret: random ones of 32 bytes have about 30. */
const LEAST_DIFFERENT = 8

/**
 * Checks a secret (rules K2, K4, K7).
 *
 * @param least required length in bytes
 * @param allowWeak accepts short and guessable secrets, but still no public key. Default false
 * @returns the predicate of an error message ("has 5 bytes and needs 32 …"), without any part of the secret; `undefined` if the
 *   secret is good
 */
export function secretFault(
  bytes: Buffer,
  least: number,
  allowWeak = false,
): string | undefined {
  if (bytes.length === 0) return `is empty; ${advice(least)}`
  if (isPublicKey(bytes))
    return `is a key in PEM, SSH, JWK or DER form, which others may know; ${advice(least)}`
  if (allowWeak) return undefined
  if (isWellKnown(bytes.toString('latin1').toLowerCase()))
    return `is a well-known example; ${advice(least)}`
  if (bytes.length < least)
    return `has ${bytes.length} bytes and needs ${least}; ${advice(least)}`
  if (new Set(bytes).size < LEAST_DIFFERENT || isPeriodic(bytes))
    return `is repetitive; ${advice(least)}`
  return undefined
}

const advice = (least: number): string => `make one with "openssl rand -base64 ${least}"`

const isWellKnown = (text: string): boolean =>
  WELL_KNOWN.includes(text.trim()) || PLACEHOLDERS.some((start) => text.startsWith(start))

/** Whether the bytes repeat a prefix of at most half their length. */
function isPeriodic(bytes: Buffer): boolean {
  for (let period = 1; period <= bytes.length / 2; period++) {
    if (bytes.subarray(period).equals(bytes.subarray(0, -period))) return true
  }
  return false
}

/** How keys begin: in PEM, in SSH2 format, as a line of `authorized_keys`, and as such a line without its first word. */
const KEY_TEXT = /-{4,5} ?BEGIN|^\s*(ssh-|ecdsa-sha2-|sk-(ssh|ecdsa))|^\s*AAAA[BCEGI][23]/

function isPublicKey(bytes: Buffer): boolean {
  // Lossy, since a key with a few invalid bytes beside it is still a key.
  const text = bytes.toString('utf8').replace(/^\ufeff/, '')
  if (KEY_TEXT.test(text) || isJwk(text)) return true
  return [bytes, Buffer.from(text, 'base64'), Buffer.from(text, 'hex')].some(isDer)
}

/** A JWK, an array of them, or a key set. */
function isJwk(text: string): boolean {
  if (!/^\s*[{[]/.test(text)) return false
  try {
    return [JSON.parse(text)].flat().some(hasKeyMember)
  } catch {
    return false
  }
}

const hasKeyMember = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && ('kty' in value || 'keys' in value)

const DER_SEQUENCE = 0x30

const DER_FORMS: readonly ((der: Buffer) => unknown)[] = [
  (der) => createPublicKey({ key: der, format: 'der', type: 'spki' }),
  (der) => createPublicKey({ key: der, format: 'der', type: 'pkcs1' }),
  (der) => new X509Certificate(der),
]

const isDer = (bytes: Buffer): boolean =>
  bytes[0] === DER_SEQUENCE && DER_FORMS.some((parse) => succeeds(() => parse(bytes)))

function succeeds(work: () => unknown): boolean {
  try {
    work()
    return true
  } catch {
    return false
  }
}
