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

/** Reads segments into one buffer: what comes back is good until the next segment is read. */
export class SegmentReader {
  readonly #octets: Buffer

  /** @param size octets of the longest text */
  constructor(size: number) {
    this.#octets = Buffer.allocUnsafeSlow(size)
  }

  /**
   * @param text of the base64url alphabet, as `COMPACT` has found it
   * @throws Refusal `malformed` where its spelling is not the canonical one
   */
  read(text: string): Uint8Array {
    const last = LAST[text.length % 4]
    if (last !== undefined && !last.includes(text.charAt(text.length - 1) || '-')) {
      throw new Refusal('malformed', 'base64url that is not canonical')
    }
    return this.#octets.subarray(0, this.#octets.write(text, 'base64url'))
  }

  readObject(text: string): Claims {
    const octets = this.read(text)
    return parseObject(octets, this.#octets.toString('latin1', 0, octets.length))
  }
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
  const segments = new SegmentReader(jws.length)
  const header = segments.readObject(jws.slice(0, first))
  const key = keyFor(header, keys) as VerifyingKey
  const payload = segments.read(jws.slice(first + 1, second))
  if (!key.verifyText(jws.slice(0, second), jws.slice(second + 1))) throw new Refusal('bad_signature')
  return { header, payload }
}

/** Signs claims (RFC 7519 §7.1). The header is `{"alg","typ":"JWT"}`, and `kid` where the key has one. */
export const sign = (claims: object, key: SigningKey): string => signText(headerOf(key), segmentOf(claims), key)

/** Signs octets as they are (RFC 7515 §5.1), under a header that names the algorithm, and the key where it has a name. */
export function signOctets(payload: Uint8Array, key: SigningKey): string {
  const { alg, kid } = key
  return signText(segmentOf({ alg, kid }), Buffer.from(payload).toString('base64url'), key)
}

function signText(header: string, payload: string, key: SigningKey): string {
  const signed = `${header}.${payload}`
  return `${signed}.${key.sign(signed)}`
}

const headers = new WeakMap<SigningKey, string>()

/** Made once a key. */
function headerOf(key: SigningKey): string {
  const known = headers.get(key)
  if (known !== undefined) return known
  const made = segmentOf({ alg: key.alg, typ: 'JWT', kid: key.kid })
  headers.set(key, made)
  return made
}

const segmentOf = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')
