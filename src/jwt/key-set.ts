import type { Awaitable } from '../base/awaitable.ts'
import type { Algorithm } from './algorithms.ts'
import type { Jwk } from './jwk.ts'
import { invalidKey, type PublicJwk, type VerifyingKey } from './key.ts'
import { importVerifyingKey, thumbprintOf } from './public-key.ts'
import { entriesOf, type KeysState } from './remote-keys.ts'

/** The keys of a verifier: a `KeySet`, or the result of `remoteKeySet`. */
export interface KeySource {
  /**
   * Changes with the keys, and cached results of other versions are dropped. `NaN`, which equals nothing, if the keys must be
   * read again.
   */
  readonly version: number
  /** The algorithms that a token may name. */
  readonly algorithms: ReadonlySet<Algorithm>
  /** The one key for tokens with this `kid` and `alg`; no other key is tried (rule J6). */
  find(kid: string | undefined, alg?: Algorithm): Awaitable<VerifyingKey | undefined>
  /** Of keys that are read from elsewhere. Reads them if it is time, and never rejects. */
  state?(): Promise<KeysState>
}

/** Keys in memory. A verifier sees a replacement at its next token. */
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
   * Replaces all keys. Tokens that a removed key verified are rejected from now on, cached ones included.
   *
   * @throws AuthError `invalid_key` if several keys share a `kid` or have none, secrets are mixed with public keys (rule K5), or
   *   one key occurs twice, for example for two algorithms
   */
  replace(keys: readonly VerifyingKey[]): void {
    rejectMixture(keys)
    this.#keys = [...keys]
    this.#byKid = new Map(keys.map((key) => [key.kid, key]))
    this.#algorithms = new Set(keys.map(({ alg }) => alg))
    this.#version++
  }

  /** A single key also matches a token without `kid`, and a key without `kid` any token. */
  find(kid: string | undefined): VerifyingKey | undefined {
    const [only] = this.#keys
    const isSingle = this.#keys.length === 1
    if (isSingle && (kid === undefined || only?.kid === undefined)) return only
    if (kid === undefined) return undefined
    return this.#byKid.get(kid)
  }

  /** The key set to publish (RFC 7517 §5): public keys, without secrets and private members. */
  jwks(): { readonly keys: readonly PublicJwk[] } {
    return { keys: publicJwksOf(this.#keys) }
  }
}

const publicJwksOf = (keys: readonly VerifyingKey[]): readonly PublicJwk[] =>
  keys.map(({ jwk }) => jwk).filter((jwk) => jwk !== undefined)

function rejectMixture(keys: readonly VerifyingKey[]): void {
  if (keys.length < 2) return
  const kids = new Set(keys.map(({ kid }) => kid))
  if (kids.has(undefined) || kids.size < keys.length)
    throw invalidKey('each of several keys needs a kid of its own')
  const thumbprints = publicJwksOf(keys).map(thumbprintOf)
  if (thumbprints.length > 0 && thumbprints.length < keys.length)
    throw invalidKey('secrets and public keys cannot be in one key set')
  if (new Set(thumbprints).size < thumbprints.length)
    throw invalidKey('the key set has a key twice')
}

/**
 * Imports a published key set (RFC 7517 §5): an object with an array `keys` of public JWKs, at least one.
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
    throw invalidKey('the key set has a secret, with which anyone could sign')
  return key
}
