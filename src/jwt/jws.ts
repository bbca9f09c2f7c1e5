import { Refusal } from '../base/refusal.ts'
import type { Awaitable } from '../base/request.ts'
import { type Claims, parseObject } from './json.ts'
import type { SigningKey, VerifyingKey } from './key.ts'
import type { KeySet, KeySource } from './key-set.ts'

/** Where the two dots of a compact serialisation are (RFC 7515 §7.1). */
export interface Parts {
  readonly first: number
  readonly second: number
}

/** Three segments of the base64url alphabet, the first and the last not empty; linear in the text. */
const COMPACT = /^[\w-]+\.[\w-]*\.[\w-]+$/

/** @throws Refusal `too_large`, `malformed` */
export function partsOf(token: unknown, maxBytes: number): Parts {
  if (typeof token !== 'string') throw new Refusal('malformed', 'a token is a text')
  if (token.length > maxBytes) throw new Refusal('too_large')
  if (!COMPACT.test(token)) throw new Refusal('malformed', 'not three segments of base64url')
  const first = token.indexOf('.')
  return { first, second: token.indexOf('.', first + 1) }
}

/** The last characters whose spare bits are zero, by the length of the text modulo four (RFC 4648 §3.5). */
const LAST = [undefined, '', 'AQgw', 'AEIMQUYcgkosw048'] as const

/** Of tokens this long or shorter segments are read into one buffer, made once; of others into one of their own. */
const scratch = Buffer.allocUnsafeSlow(8192)

/**
 * The octets of a segment, one character each.
 *
 * @param text of the base64url alphabet, as `COMPACT` has found it
 * @throws Refusal `malformed` where its spelling is not the canonical one
 */
export function readSegment(text: string): string {
  const last = LAST[text.length % 4]
  if (last !== undefined && !last.includes(text.charAt(text.length - 1) || '-')) {
    throw new Refusal('malformed', 'base64url that is not canonical')
  }
  const octets = text.length <= scratch.length ? scratch : Buffer.allocUnsafe(text.length)
  return octets.toString('latin1', 0, octets.write(text, 'base64url'))
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
  return key instanceof Promise ? key.then((found) => ofAlgorithm(found, alg)) : ofAlgorithm(key, alg)
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
  const header = parseObject(readSegment(jws.slice(0, first)))
  const key = keyFor(header, keys) as VerifyingKey
  const payload = Buffer.from(readSegment(jws.slice(first + 1, second)), 'latin1')
  if (!key.verifyText(jws.slice(0, second), jws.slice(second + 1))) throw new Refusal('bad_signature')
  return { header, payload }
}

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

const segmentOf = (text: string): string => Buffer.from(text).toString('base64url')
