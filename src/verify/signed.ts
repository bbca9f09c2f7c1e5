import { AuthError } from '../base/errors.ts'
import type { Algorithm } from '../jwt/algorithms.ts'
import { decodeBase64url } from '../jwt/base64url.ts'
import { keyFor, requireType, splitCompact } from '../jwt/compact.ts'
import { type Claims, parseObject } from '../jwt/json.ts'
import type { WebKey } from './web-key.ts'

/** Where the keys of tokens are looked for. */
export interface WebKeys {
  /** Changes with the keys. */
  readonly version: number
  readonly algorithms: ReadonlySet<Algorithm>
  find(kid: string | undefined): Promise<WebKey | undefined>
}

/** What was signed, and under which keys that was found. */
export interface Signed {
  /** In base64url, and not looked at yet. */
  readonly payload: string
  readonly version: number
}

const BEYOND_ASCII = /[\u0080-\uffff]/
const utf8 = new TextEncoder()

/**
 * The payload of a token whose signature holds, under the one algorithm of the one key that is meant (RFC 7515 §5.2).
 *
 * @throws AuthError `too_large malformed wrong_type unsupported_alg unsupported_header unknown_key bad_signature`
 */
export async function parseSigned(
  token: unknown,
  keys: WebKeys,
  {
    maxBytes,
    types,
  }: { readonly maxBytes: number; readonly types: readonly string[] | undefined },
): Promise<Signed> {
  const { first, second } = splitCompact(token, maxBytes)
  const text = token as string
  if (BEYOND_ASCII.test(text)) throw new AuthError('malformed', 'not ASCII')
  const header = objectIn(text.slice(0, first))
  if (types !== undefined) requireType(header, types)
  // Read first: a key that is withdrawn while it is looked for must not count as one of those that came after.
  const { version } = keys
  const key = await keyFor(header, keys)
  const signature = decodeBase64url(text.slice(second + 1))
  const holds =
    signature !== undefined &&
    (await key.verify(utf8.encode(text.slice(0, second)), signature))
  if (!holds) throw new AuthError('bad_signature')
  return { payload: text.slice(first + 1, second), version }
}

/** The object that a segment spells. @throws AuthError `malformed` */
export function objectIn(segment: string): Claims {
  const bytes = decodeBase64url(segment)
  if (bytes === undefined)
    throw new AuthError('malformed', 'base64url that is not canonical')
  return parseObject(bytes)
}
