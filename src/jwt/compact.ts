import { type Awaitable, isPromise } from '../base/awaitable.ts'
import { AuthError } from '../base/errors.ts'
import type { Algorithm } from './algorithms.ts'
import type { Claims } from './json.ts'

/** The positions of the two dots of a compact serialization (RFC 7515 §7.1). */
export interface Dots {
  readonly first: number
  readonly second: number
}

/** Finds the three segments, of which only the payload may be empty. @throws AuthError `too_large`, `malformed` */
export function splitCompact(token: unknown, maxBytes: number): Dots {
  if (typeof token !== 'string')
    throw new AuthError('malformed', 'the token is not a string')
  if (!(token.length <= maxBytes)) throw new AuthError('too_large')
  const first = token.indexOf('.')
  const second = token.indexOf('.', first + 1)
  const hasThreeSegments =
    first > 0 &&
    second > 0 &&
    second < token.length - 1 &&
    !token.includes('.', second + 1)
  if (!hasThreeSegments)
    throw new AuthError('malformed', 'the token does not have three segments')
  return { first, second }
}

/** The default of `types`: `jwt`, and `at+jwt` (RFC 9068 §2.1). */
export const TYPES: readonly string[] = ['jwt', 'at+jwt']

/** Checks the header's `typ`, if it has one (RFC 8725 §3.11). @throws AuthError `wrong_type` */
export function requireType({ typ }: Claims, types: readonly string[]): void {
  if (typ !== undefined && !isOneOf(types, typ))
    throw new AuthError('wrong_type', 'the typ of the header is not allowed', SIMPLE_JWT)
}

/**
 * Checks that the `typ` of access tokens is on no other kind of token (RFC 8725 §3.12, RFC 9068 §4).
 *
 * @throws AuthError `wrong_type`
 */
export function rejectAccessType({ typ }: Claims): void {
  if (typ !== undefined && isOneOf(ACCESS_TYPES, typ))
    throw new AuthError('wrong_type', 'the typ is that of an access token', SIMPLE_JWT)
}

const ACCESS_TYPES: readonly string[] = ['at+jwt']

/** Simple JWT ignores `typ`; its clients know the detail "wrong type" for the claim `token_type` alone. */
const SIMPLE_JWT = { detail: 'Token is invalid' }

/** Media types are case-insensitive, and `application/` may be omitted (RFC 7515 §4.1.9). */
const isOneOf = (types: readonly string[], typ: unknown): boolean =>
  typeof typ === 'string' &&
  types.includes(typ.toLowerCase().replace(/^application\//, ''))

/** Extensions that must be understood or rejected (RFC 7515 §4.1.11, RFC 7797, RFC 7516 §4.1.3). None is supported. */
export const EXTENSIONS: readonly string[] = ['crit', 'b64', 'zip']

interface Keys<Key> {
  readonly algorithms: ReadonlySet<Algorithm>
  find(kid: string | undefined, alg: Algorithm): Awaitable<Key | undefined>
}

/**
 * Finds the key that a header names. The algorithm is the key's; the token's `alg` must agree (RFC 8725 §3.1).
 *
 * @throws AuthError `unsupported_alg`, `unsupported_header`, `malformed`, `unknown_key`
 */
export function keyFor<Key extends { readonly alg: Algorithm }>(
  header: Claims,
  keys: Keys<Key>,
): Awaitable<Key> {
  const { alg, kid } = header
  if (typeof alg !== 'string' || !(keys.algorithms as ReadonlySet<string>).has(alg))
    throw new AuthError('unsupported_alg')
  if (EXTENSIONS.some((name) => Object.hasOwn(header, name)))
    throw new AuthError('unsupported_header')
  if (kid !== undefined && typeof kid !== 'string')
    throw new AuthError('malformed', 'the kid of the header is not a string')
  const key = keys.find(kid, alg as Algorithm)
  // Waiting for a key that is there already would make every verification asynchronous.
  if (isPromise(key)) return key.then((found) => requireAlgorithm(found, alg))
  return requireAlgorithm(key, alg)
}

function requireAlgorithm<Key extends { readonly alg: Algorithm }>(
  key: Key | undefined,
  alg: string,
): Key {
  if (key === undefined) throw new AuthError('unknown_key')
  if (key.alg !== alg) throw new AuthError('unsupported_alg')
  return key
}
