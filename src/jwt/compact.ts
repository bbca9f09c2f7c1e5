import { type Awaitable, isPromise } from '../base/awaitable.ts'
import { AuthError } from '../base/errors.ts'
import type { Algorithm } from './algorithms.ts'
import type { Claims } from './json.ts'

/** Where the two dots of a compact serialisation are (RFC 7515 §7.1). */
export interface Parts {
  readonly first: number
  readonly second: number
}

/** Finds the three segments, of which only the payload may be empty. @throws AuthError `too_large`, `malformed` */
export function splitCompact(token: unknown, maxBytes: number): Parts {
  if (typeof token !== 'string') throw new AuthError('malformed', 'a token is a text')
  if (!(token.length <= maxBytes)) throw new AuthError('too_large')
  const first = token.indexOf('.')
  const second = token.indexOf('.', first + 1)
  if (
    first < 1 ||
    second < 0 ||
    second === token.length - 1 ||
    token.includes('.', second + 1)
  ) {
    throw new AuthError('malformed', 'not three segments')
  }
  return { first, second }
}

/** What `typ` may be, where nothing else is said: `jwt`, and `at+jwt` (RFC 9068 §2.1). */
export const TYPES: readonly string[] = ['jwt', 'at+jwt']

/** @throws AuthError `wrong_type` where a header says that its token is something else */
export function requireType({ typ }: Claims, types: readonly string[]): void {
  if (typ !== undefined && !isOneOf(types, typ))
    throw new AuthError('wrong_type', 'typ', ON_THE_WIRE)
}

/** Simple JWT looks at no `typ`, and its clients know "wrong type" of the claim alone. */
const ON_THE_WIRE = { detail: 'Token is invalid' }

/** Media types compare without case, and `application/` may be left out (RFC 7515 §4.1.9). */
const isOneOf = (types: readonly string[], typ: unknown): boolean =>
  typeof typ === 'string' &&
  types.includes(typ.toLowerCase().replace(/^application\//, ''))

/** What changes the meaning of the rest (RFC 7515 §4.1.11, RFC 7797, RFC 7516 §4.1.3). None of it is understood here. */
const EXTENSIONS = ['crit', 'b64', 'zip']

/** Where the keys of tokens are looked for. */
interface Keys<Key> {
  readonly algorithms: ReadonlySet<Algorithm>
  find(kid: string | undefined): Awaitable<Key | undefined>
}

/**
 * The key that a header means. The key says which algorithm; the token may only agree (rule J2).
 *
 * @throws AuthError `unsupported_alg`, `unsupported_header`, `malformed`, `unknown_key`
 */
export function keyFor<Key extends { readonly alg: Algorithm }>(
  header: Claims,
  keys: Keys<Key>,
): Awaitable<Key> {
  const { alg, kid } = header
  if (typeof alg !== 'string' || !(keys.algorithms as ReadonlySet<string>).has(alg)) {
    throw new AuthError('unsupported_alg')
  }
  if (EXTENSIONS.some((name) => Object.hasOwn(header, name)))
    throw new AuthError('unsupported_header')
  if (kid !== undefined && typeof kid !== 'string')
    throw new AuthError('malformed', 'kid is not a text')
  const key = keys.find(kid)
  return isPromise(key)
    ? key.then((found) => ofAlgorithm(found, alg))
    : ofAlgorithm(key, alg)
}

function ofAlgorithm<Key extends { readonly alg: Algorithm }>(
  key: Key | undefined,
  alg: string,
): Key {
  if (key === undefined) throw new AuthError('unknown_key')
  if (key.alg !== alg) throw new AuthError('unsupported_alg')
  return key
}
