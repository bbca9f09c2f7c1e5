import { AuthError } from '../base/errors.ts'
import type { Algorithm } from '../jwt/algorithms.ts'
import { decodeBase64url } from '../jwt/base64url.ts'
import { keyFor, requireType, splitCompact } from '../jwt/compact.ts'
import { type Claims, parseObject } from '../jwt/json.ts'
import type { WebKey } from './web-key.ts'

/** Finds the key for a token's header. */
export interface WebKeys {
  /** Changes with the keys. */
  readonly version: number
  readonly algorithms: ReadonlySet<Algorithm>
  find(kid: string | undefined, alg: Algorithm): Promise<WebKey | undefined>
}

/** A token whose signature is valid. */
export interface SignedToken {
  readonly header: Claims
  /** The payload in base64url, not decoded yet. */
  readonly payload: string
  /** The version of the keys when the look-up began. */
  readonly version: number
}

export interface SignedTokenOptions {
  readonly maxBytes: number
  /** Allowed values of `typ`. `undefined`: any. */
  readonly types: readonly string[] | undefined
}

const BEYOND_ASCII = /[\u0080-\uffff]/
const utf8 = new TextEncoder()

/**
 * Verifies the signature of a token, with the one key that it names and the algorithm of that key (RFC 7515 §5.2).
 *
 * @throws AuthError `too_large malformed wrong_type unsupported_alg unsupported_header unknown_key bad_signature`
 */
export async function parseSigned(
  token: string,
  keys: WebKeys,
  { maxBytes, types }: SignedTokenOptions,
): Promise<SignedToken> {
  const { first, second } = splitCompact(token, maxBytes)
  if (BEYOND_ASCII.test(token)) throw new AuthError('malformed', 'the token is not ASCII')
  const header = parseSegment(token.slice(0, first))
  if (types !== undefined) requireType(header, types)
  // Read before the look-up: a key that is withdrawn during it does not belong to the new version.
  const { version } = keys
  const key = await keyFor(header, keys)
  const signature = decodeBase64url(token.slice(second + 1))
  const isValid =
    signature !== undefined &&
    (await key.verify(utf8.encode(token.slice(0, second)), signature))
  if (!isValid) throw new AuthError('bad_signature')
  return { header, payload: token.slice(first + 1, second), version }
}

/** Decodes a segment and parses its JSON object. @throws AuthError `malformed` */
export function parseSegment(segment: string): Claims {
  const bytes = decodeBase64url(segment)
  if (bytes === undefined)
    throw new AuthError('malformed', 'a segment is not canonical base64url')
  return parseObject(bytes)
}
