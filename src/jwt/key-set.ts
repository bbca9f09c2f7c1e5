import type { Awaitable } from '../base/awaitable.ts'
import type { Algorithm } from './algorithms.ts'
import type { Jwk } from './jwk.ts'
import { invalidKey, type PublicJwk, type VerifyingKey } from './key.ts'
import { importVerifyingKey, thumbprintOf } from './public-key.ts'
import { entriesOf } from './remote-keys.ts'

/** Where a verifier finds keys. */
export interface KeySource {
  /** Changes with the keys; `NaN`, equal to nothing, where they must be looked at again. What was verified under another is forgotten. */
  readonly version: number
  /** What tokens may name as their algorithm. */
  readonly algorithms: ReadonlySet<Algorithm>
  /** The one key for tokens that name this `kid`, or none; no other is tried (rule J6). */
  find(kid: string | undefined): Awaitable<VerifyingKey | undefined>
}

/** Keys that are at hand. Whoever verifies holds the set; its contents may change under it. */
export class KeySet implements KeySource {
  #keys: readonly VerifyingKey[] = []
  #byKid: ReadonlyMap<string | undefined, VerifyingKey> = new Map()
  #version = 0
  #algorithms: ReadonlySet<Algorithm> = new Set()

  /** @throws AuthError `invalid_key`, as `replace` */
  constructor(keys: readonly VerifyingKey[]) {
    this.replace(keys)
  }

  get keys(): readonly VerifyingKey[] {
    return this.#keys
  }

  get version(): number {
    return this.#version
  }

  get algorithms(): ReadonlySet<Algorithm> {
    return this.#algorithms
  }

  /**
   * Takes these keys in place of the present ones. What verified with a key that is gone is not believed any more.
   *
   * @throws AuthError `invalid_key` where several keys have no `kid` or share one, secrets stand beside public keys, or one key
   *   is there for two algorithms (rules J6, K5)
   */
  replace(keys: readonly VerifyingKey[]): void {
    refuseMixture(keys)
    this.#keys = [...keys]
    this.#byKid = new Map(keys.map((key) => [key.kid, key]))
    this.#algorithms = new Set(keys.map(({ alg }) => alg))
    this.#version++
  }

  find(kid: string | undefined): VerifyingKey | undefined {
    const [first] = this.#keys
    if (this.#keys.length === 1 && (kid === undefined || first!.kid === undefined))
      return first
    return kid === undefined ? undefined : this.#byKid.get(kid)
  }

  /** The public keys, for others to verify with (RFC 7517 §5). Secrets and private parts are not among them. */
  jwks(): { readonly keys: readonly PublicJwk[] } {
    return { keys: this.#keys.flatMap(({ jwk }) => (jwk === undefined ? [] : [jwk])) }
  }
}

function refuseMixture(keys: readonly VerifyingKey[]): void {
  if (keys.length < 2) return
  const kids = new Set(keys.map(({ kid }) => kid))
  if (kids.has(undefined) || kids.size < keys.length)
    throw invalidKey('of several keys each needs a kid of its own')
  const published = keys.flatMap(({ jwk }) =>
    jwk === undefined ? [] : [thumbprintOf(jwk)],
  )
  if (published.length > 0 && published.length < keys.length)
    throw invalidKey('secrets and public keys share no set')
  if (new Set(published).size < published.length)
    throw invalidKey('one key is there twice')
}

/**
 * A published key set: public keys, at least one. A secret has no place in it.
 *
 * @throws AuthError `invalid_key`
 */
export function importKeySet(document: unknown): KeySet {
  const keys = entriesOf(document)
  if (keys.length === 0) throw invalidKey('the key set is empty')
  return new KeySet(keys.map(importPublished))
}

function importPublished(jwk: unknown): VerifyingKey {
  const key = importVerifyingKey(undefined, jwk as Jwk)
  if (key.jwk === undefined)
    throw invalidKey('a secret stands in a key set that others can read')
  return key
}
