import { AuthError } from '../base/errors.ts'
import { argumentOf, refuseUnknownOptions } from '../base/known-options.ts'
import { base64urlLength, endsCanonically } from './base64url.ts'
import { type Dots, keyFor, splitCompact } from './compact.ts'
import { type Claims, parseObject } from './json.ts'
import type { SigningKey, VerifyingKey } from './key.ts'
import type { KeySet } from './key-set.ts'

/** Finds the segments of a token in ASCII. @throws AuthError `too_large`, `malformed` */
export function splitAscii(token: unknown, maxBytes: number): Dots {
  const dots = splitCompact(token, maxBytes)
  // Node's base64url decoder drops high bytes: it reads U+0141 as "A".
  if (Buffer.byteLength(token as string) !== (token as string).length)
    throw new AuthError('malformed', 'the token is not ASCII')
  return dots
}

/** Segments up to this length are decoded into one buffer, which the next segment overwrites. */
const scratch = Buffer.allocUnsafeSlow(8192)

/**
 * Decodes a segment in its one canonical base64url spelling. Node's decoder is lenient: it skips characters outside of the
 * alphabet and stops at `=`, which makes the result shorter than the text says, and it accepts the `+` and `/` of base64.
 *
 * @param text ASCII
 * @param read receives the bytes, which end at `length` and are valid during the call
 * @throws AuthError `malformed`
 */
export function readSegment<T>(
  text: string,
  read: (bytes: Buffer, length: number) => T,
): T {
  const bytes = text.length <= scratch.length ? scratch : Buffer.allocUnsafe(text.length)
  const length = bytes.write(text, 'base64url')
  const isCanonical =
    length === (text.length * 3) >> 2 &&
    endsCanonically(text) &&
    !text.includes('+') &&
    !text.includes('/')
  if (!isCanonical)
    throw new AuthError('malformed', 'a segment is not canonical base64url')
  return read(bytes, length)
}

/** Decodes a segment and parses its JSON object. @throws AuthError `malformed` */
export const parseSegment = (segment: string): Claims => readSegment(segment, objectOf)

/** The header of a token that is well formed. It says nothing before the signature was verified. */
export const headerClaims = (token: string): Claims =>
  parseSegment(token.slice(0, token.indexOf('.')))

const objectOf = (bytes: Buffer, length: number): Claims =>
  parseObject(bytes, length, latin1Of)
const latin1Of = (bytes: Buffer, length: number): string =>
  bytes.toString('latin1', 0, length)

/**
 * Verifies a signature over any bytes, not only claims (RFC 7515 §5.2). For tokens use `verifier`.
 *
 * @param jws a compact serialization, up to `maxBytes` (default 8192)
 * @returns the header, and a copy of the payload
 * @throws AuthError `too_large malformed unsupported_alg unsupported_header unknown_key bad_signature`
 */
export function verifySignature(
  jws: string,
  keys: KeySet,
  options: { readonly maxBytes?: number } = {},
): { readonly header: Claims; readonly payload: Uint8Array } {
  refuseUnknownOptions(options, { maxBytes: true }, argumentOf('verifySignature'))
  const { maxBytes = 8192 } = options
  const { first, second } = splitAscii(jws, maxBytes)
  const header = parseSegment(jws.slice(0, first))
  const key = keyFor(header, keys) as VerifyingKey
  const payload = readSegment(jws.slice(first + 1, second), copyOf)
  if (!key.verifyText(jws.slice(0, second), jws.slice(second + 1)))
    throw new AuthError('bad_signature')
  return { header, payload }
}

const copyOf = (bytes: Buffer, length: number): Uint8Array =>
  Uint8Array.from(bytes.subarray(0, length))

/**
 * Signs claims as a JSON Web Token (RFC 7519 §7.1), with the header `{"alg","typ":"JWT"}`, and `kid` if the key has one.
 *
 * @param claims are signed as they are: dates in whole seconds since 1970; `verifier` requires `exp`
 * @returns the token
 */
export const sign = (claims: object, key: SigningKey): string =>
  signPayload(key.header, encodeSegment(JSON.stringify(claims)), key)

/** The length of the token that `sign` makes of these claims. */
export function tokenLength(claims: object, key: SigningKey): number {
  const payload = base64urlLength(Buffer.byteLength(JSON.stringify(claims)))
  return key.header.length + payload + key.signatureLength + '..'.length
}

/**
 * Signs any bytes (RFC 7515 §5.1), with the header `{"alg"}`, and `kid` if the key has one.
 *
 * @returns the compact serialization
 */
export function signBytes(payload: Uint8Array, key: SigningKey): string {
  const { alg, kid } = key
  return signPayload(
    encodeSegment(JSON.stringify({ alg, kid })),
    Buffer.from(payload).toString('base64url'),
    key,
  )
}

function signPayload(header: string, payload: string, key: SigningKey): string {
  const signed = `${header}.${payload}`
  return `${signed}.${key.sign(signed)}`
}

const MAX_UTF8_BYTES_PER_UNIT = 3

function encodeSegment(text: string): string {
  if (MAX_UTF8_BYTES_PER_UNIT * text.length > scratch.length)
    return Buffer.from(text).toString('base64url')
  return scratch.toString('base64url', 0, scratch.write(text))
}
