import { Refusal } from '../base/refusal.ts'
import { type Awaitable, isPromise } from '../base/request.ts'
import { type Claims, parseObject } from './json.ts'
import type { SigningKey, VerifyingKey } from './key.ts'
import type { KeySet, KeySource } from './key-set.ts'

/** Where the two dots of a compact serialisation are (RFC 7515 §7.1). */
export interface Parts {
  readonly first: number
  readonly second: number
}

/** Finds the three segments, of which only the payload may be empty. @throws Refusal `too_large`, `malformed` */
export function partsOf(token: unknown, maxBytes: number): Parts {
  if (typeof token !== 'string') throw new Refusal('malformed', 'a token is a text')
  if (!(token.length <= maxBytes)) throw new Refusal('too_large')
  const first = token.indexOf('.')
  const second = token.indexOf('.', first + 1)
  if (first < 1 || second < 0 || second === token.length - 1 || token.includes('.', second + 1)) {
    throw new Refusal('malformed', 'not three segments')
  }
  // Node's decoder would take U+0141 for "A", whose lower octet it is.
  if (Buffer.byteLength(token) !== token.length) throw new Refusal('malformed', 'not ASCII')
  return { first, second }
}

/** The last characters whose spare bits are zero, by the length of the text modulo four (RFC 4648 §3.5). */
const LAST = [undefined, '', 'AQgw', 'AEIMQUYcgkosw048'] as const

/** Segments up to this length are read into one buffer, made once: what lies there is good until the next one is read. */
const scratch = Buffer.allocUnsafeSlow(8192)

/**
 * Reads a segment in its one canonical spelling. Node's decoder passes over what is not of an alphabet, and stops at `=`: then
 * there are fewer octets than the length of the text tells. It knows the alphabet of base64 too, whose `+` and `/` are looked for.
 *
 * @param text ASCII
 * @returns what `read` makes of the octets, which lie in front of `length`
 * @throws Refusal `malformed`
 */
export function readSegment<T>(text: string, read: (octets: Buffer, length: number) => T): T {
  const octets = text.length <= scratch.length ? scratch : Buffer.allocUnsafe(text.length)
  const length = octets.write(text, 'base64url')
  const last = LAST[text.length % 4]
  if (
    length !== (text.length * 3) >> 2 ||
    (last !== undefined && !last.includes(text.charAt(text.length - 1))) ||
    text.includes('+') ||
    text.includes('/')
  ) {
    throw new Refusal('malformed', 'base64url that is not canonical')
  }
  return read(octets, length)
}

/** What changes the meaning of the rest (RFC 7515 §4.1.11, RFC 7797, RFC 7516 §4.1.3). None of it is understood here. */
const EXTENSIONS = ['crit', 'b64', 'zip']

/**
 * The key that a header means. The key says which algorithm; the token may only agree (rule J2).
 *
 * @throws Refusal `unsupported_alg`, `unsupported_header`, `malformed`, `unknown_key`
 */
export function keyFor(header: Claims, keys: KeySource): Awaitable<VerifyingKey> {
  const { alg, kid } = header
  if (typeof alg !== 'string' || !(keys.algorithms as ReadonlySet<string>).has(alg)) {
    throw new Refusal('unsupported_alg')
  }
  if (EXTENSIONS.some((name) => Object.hasOwn(header, name))) throw new Refusal('unsupported_header')
  if (kid !== undefined && typeof kid !== 'string') throw new Refusal('malformed', 'kid is not a text')
  const key = keys.find(kid)
  return isPromise(key) ? key.then((found) => ofAlgorithm(found, alg)) : ofAlgorithm(key, alg)
}

function ofAlgorithm(key: VerifyingKey | undefined, alg: string): VerifyingKey {
  if (key === undefined) throw new Refusal('unknown_key')
  if (key.alg !== alg) throw new Refusal('unsupported_alg')
  return key
}

/**
 * A signature's octets, whatever they are, and the header they were signed under (RFC 7515 §5.2).
 *
 * @throws Refusal as `verifier` does, none of them about claims
 */
export function verifySignature(
  jws: string,
  keys: KeySet,
  { maxBytes = 8192 }: { readonly maxBytes?: number } = {},
): { readonly header: Claims; readonly payload: Uint8Array } {
  const { first, second } = partsOf(jws, maxBytes)
  const header = readSegment(jws.slice(0, first), parseObject)
  const key = keyFor(header, keys) as VerifyingKey
  const payload = readSegment(jws.slice(first + 1, second), copyOf)
  if (!key.verifyText(jws.slice(0, second), jws.slice(second + 1))) throw new Refusal('bad_signature')
  return { header, payload }
}

const copyOf = (octets: Buffer, length: number): Uint8Array => Uint8Array.from(octets.subarray(0, length))

/** Signs claims (RFC 7519 §7.1). The header is `{"alg","typ":"JWT"}`, and `kid` where the key has one. */
export const sign = (claims: object, key: SigningKey): string =>
  signText(key.header, segmentOf(JSON.stringify(claims)), key)

/** Signs octets as they are (RFC 7515 §5.1), under a header that names the algorithm, and the key where it has a name. */
export function signOctets(payload: Uint8Array, key: SigningKey): string {
  const { alg, kid } = key
  return signText(segmentOf(JSON.stringify({ alg, kid })), Buffer.from(payload).toString('base64url'), key)
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
