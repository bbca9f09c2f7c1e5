import { AuthError } from '../base/errors.ts'
import { BASE64URL_LAST } from './base64url.ts'
import { keyFor, type Parts, splitCompact } from './compact.ts'
import { type Claims, parseObject } from './json.ts'
import type { SigningKey, VerifyingKey } from './key.ts'
import type { KeySet } from './key-set.ts'

/** The three segments of a token. @throws AuthError `too_large`, `malformed` */
export function asciiPartsOf(token: unknown, maxBytes: number): Parts {
  const parts = splitCompact(token, maxBytes)
  // Node's decoder would take U+0141 for "A", whose lower octet it is.
  if (Buffer.byteLength(token as string) !== (token as string).length)
    throw new AuthError('malformed', 'not ASCII')
  return parts
}

/** Segments up to this length are read into one buffer, made once: what lies there is good until the next one is read. */
const scratch = Buffer.allocUnsafeSlow(8192)

/**
 * Reads a segment in its one canonical spelling. Node's decoder passes over what is not of an alphabet, and stops at `=`: then
 * there are fewer octets than the length of the text tells. It knows the alphabet of base64 too, whose `+` and `/` are looked for.
 *
 * @param text ASCII
 * @returns what `read` makes of the octets, which lie in front of `length`
 * @throws AuthError `malformed`
 */
export function readSegment<T>(
  text: string,
  read: (bytes: Buffer, length: number) => T,
): T {
  const bytes = text.length <= scratch.length ? scratch : Buffer.allocUnsafe(text.length)
  const length = bytes.write(text, 'base64url')
  const last = BASE64URL_LAST[text.length % 4]
  if (
    length !== (text.length * 3) >> 2 ||
    (last !== undefined && !last.includes(text.charAt(text.length - 1))) ||
    text.includes('+') ||
    text.includes('/')
  ) {
    throw new AuthError('malformed', 'base64url that is not canonical')
  }
  return read(bytes, length)
}

/** The object that a segment spells. @throws AuthError `malformed` */
export const objectIn = (segment: string): Claims => readSegment(segment, objectOf)

const objectOf = (bytes: Buffer, length: number): Claims =>
  parseObject(bytes, length, latin1Of)
const latin1Of = (bytes: Buffer, length: number): string =>
  bytes.toString('latin1', 0, length)

/**
 * A signature's octets, whatever they are, and the header they were signed under (RFC 7515 §5.2).
 *
 * @throws AuthError as `verifier` does, none of them about claims
 */
export function verifySignature(
  jws: string,
  keys: KeySet,
  { maxBytes = 8192 }: { readonly maxBytes?: number } = {},
): { readonly header: Claims; readonly payload: Uint8Array } {
  const { first, second } = asciiPartsOf(jws, maxBytes)
  const header = objectIn(jws.slice(0, first))
  const key = keyFor(header, keys) as VerifyingKey
  const payload = readSegment(jws.slice(first + 1, second), copyOf)
  if (!key.verifyText(jws.slice(0, second), jws.slice(second + 1)))
    throw new AuthError('bad_signature')
  return { header, payload }
}

const copyOf = (bytes: Buffer, length: number): Uint8Array =>
  Uint8Array.from(bytes.subarray(0, length))

/** Signs claims (RFC 7519 §7.1). The header is `{"alg","typ":"JWT"}`, and `kid` where the key has one. */
export const sign = (claims: object, key: SigningKey): string =>
  signText(key.header, segmentOf(JSON.stringify(claims)), key)

/** Signs octets as they are (RFC 7515 §5.1), under a header that names the algorithm, and the key where it has a name. */
export function signBytes(payload: Uint8Array, key: SigningKey): string {
  const { alg, kid } = key
  return signText(
    segmentOf(JSON.stringify({ alg, kid })),
    Buffer.from(payload).toString('base64url'),
    key,
  )
}

function signText(header: string, payload: string, key: SigningKey): string {
  const signed = `${header}.${payload}`
  return `${signed}.${key.sign(signed)}`
}

function segmentOf(text: string): string {
  // A character has three octets at the most.
  if (3 * text.length > scratch.length) return Buffer.from(text).toString('base64url')
  return scratch.toString('base64url', 0, scratch.write(text))
}
