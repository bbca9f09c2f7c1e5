import type { Awaitable } from '../base/awaitable.ts'
import { elapsedSeconds, type Seconds, seconds } from '../base/clock.ts'
import { AuthError } from '../base/errors.ts'
import { fetchJson, freshnessOf, reportError } from '../base/fetch-json.ts'
import type { Algorithm } from './algorithms.ts'
import { invalidKey } from './key.ts'

export interface RemoteKeysOptions {
  /** Seconds for which a copy of the key set is fresh, unless its `Cache-Control` says less. Default 300. */
  readonly maxAge?: number | undefined
  /** Seconds for which a copy is used if no fresh one can be read, at most a day. Default 3600. */
  readonly maxStale?: number | undefined
  /** Least number of seconds between two requests, however many tokens name unknown keys. Default 60. */
  readonly coolDown?: number | undefined
  /** Seconds after which a request is given up. Default 5. */
  readonly timeout?: number | undefined
  /** Default: the runtime's. */
  readonly fetch?: typeof fetch | undefined
  /** The monotonic clock, in seconds, for tests. Default: the runtime's. */
  readonly elapsed?: (() => number) | undefined
  /** Called with the error of a failed request. The last good copy stays in use, until it is older than `maxStale`. */
  readonly onError?: ((error: unknown) => void) | undefined
}

/** Whether an issuer's keys can be used. */
export type KeysState = 'fresh' | 'stale' | 'missing'

interface KeyWithId {
  readonly kid: string | undefined
  readonly alg: Algorithm
}

/** Turns the entries of a key set into keys. It leaves out what it cannot use, and returns an empty array if that is all. */
export type ImportKeys<Key> = (entries: readonly unknown[]) => Awaitable<readonly Key[]>

/** Least number of seconds between two requests until the first success: without any keys, every token fails. */
const FIRST_COOL_DOWN = 1

/** For as long an issuer announces a withdrawn key: no copy of the key set may be older. */
export const LONGEST_STALE = 86_400

const ACCEPT = 'application/jwk-set+json, application/json'

/**
 * The keys that an issuer publishes at a URL (RFC 7517 §5).
 *
 * They are fetched when the first token comes, when the copy is no longer fresh, and when a token names an unknown key. There is one
 * request at a time, and at most one per cool-down. The last good copy stays in use through an outage of `maxStale`.
 */
export class RemoteKeys<Key extends KeyWithId> {
  readonly #url: string
  readonly #importKeys: ImportKeys<Key>
  readonly #fingerprintOf: (key: Key) => string
  readonly #maxAge: number
  readonly #maxStale: number
  readonly #coolDown: number
  readonly #timeout: Seconds
  readonly #fetch: typeof fetch | undefined
  readonly #elapsed: () => number
  readonly #onError: (error: unknown) => void

  #keys: readonly Key[] = []
  #withdrawn: ReadonlySet<string> = new Set()
  #freshFor = 0
  #version = 0
  #loadedAt = Number.NEGATIVE_INFINITY
  #requestedAt = Number.NEGATIVE_INFINITY
  #request: Promise<void> | undefined
  #lastFailed = false

  /** @param fingerprintOf returns the same string for equal keys of any `kid` and algorithm */
  constructor(
    url: string,
    importKeys: ImportKeys<Key>,
    fingerprintOf: (key: Key) => string,
    options: RemoteKeysOptions,
  ) {
    this.#url = url
    this.#importKeys = importKeys
    this.#fingerprintOf = fingerprintOf
    this.#maxAge = options.maxAge ?? 300
    this.#maxStale = Math.min(options.maxStale ?? 3600, LONGEST_STALE)
    this.#coolDown = options.coolDown ?? 60
    this.#timeout = seconds(options.timeout ?? 5)
    this.#fetch = options.fetch
    this.#elapsed = options.elapsed ?? elapsedSeconds
    this.#onError = options.onError ?? (() => {})
  }

  /** Changes with the keys. `NaN`, which equals nothing, while the copy is not fresh. */
  get version(): number {
    return this.#isFresh() ? this.#version : Number.NaN
  }

  /** Whether there is a copy of the key set that may still be used. */
  get isAvailable(): boolean {
    return this.#age() < Math.max(this.#maxStale, this.#freshFor)
  }

  /** Reads the key set if it is time, and never rejects. @returns `stale` if an older copy is used, since the last read failed */
  async state(): Promise<KeysState> {
    if (!this.#isFresh() && this.#mayRequest()) {
      this.#request ??= this.#load()
      await this.#request
    }
    if (!this.isAvailable) return 'missing'
    return this.#lastFailed ? 'stale' : 'fresh'
  }

  /**
   * Replaces the set of keys that the issuer withdrew: they verify nothing, in any copy of the key set.
   *
   * @returns whether a key of the copy was among them
   */
  withdraw(kids: readonly string[]): boolean {
    this.#withdrawn = new Set(kids)
    const keys = this.#notWithdrawn(this.#keys)
    if (keys.length === this.#keys.length) return false
    this.#keys = keys
    this.#version++
    return true
  }

  /**
   * @returns `undefined` if the issuer has no such key
   * @throws AuthError `keys_unavailable` if that cannot be known: no key set could be read, or the last one is too old
   */
  find(kid: string | undefined, alg: Algorithm): Awaitable<Key | undefined> {
    const key = this.#cached(kid, alg)
    if (key !== undefined && this.#isFresh()) return key
    if (!this.#mayRequest()) return this.#answer(kid, alg)
    this.#request ??= this.#load()
    // During an outage a known key is used at once.
    if (key !== undefined && this.#lastFailed && this.isAvailable) return key
    return this.#request.then(() => this.#answer(kid, alg))
  }

  /** @throws AuthError `keys_unavailable` */
  #answer(kid: string | undefined, alg: Algorithm): Key | undefined {
    const key = this.#cached(kid, alg)
    // While the issuer cannot be reached, a key that is unknown here may be its newest one.
    if (this.isAvailable && (key !== undefined || !this.#lastFailed)) return key
    throw new AuthError('keys_unavailable', undefined, { retryAfter: FIRST_COOL_DOWN })
  }

  #notWithdrawn(keys: readonly Key[]): readonly Key[] {
    return keys.filter(({ kid }) => kid === undefined || !this.#withdrawn.has(kid))
  }

  /** The key with the `kid` and `alg` of a token. If the token or the key has no `kid`, the only key of the set. */
  #cached(kid: string | undefined, alg: Algorithm): Key | undefined {
    const named = this.#keys.filter((key) => kid !== undefined && key.kid === kid)
    const match = named.find((key) => key.alg === alg)
    if (match !== undefined) return match
    const only = this.#isSingle() ? this.#keys.find((key) => key.alg === alg) : undefined
    if (kid === undefined || only?.kid === undefined) return only ?? named[0]
    // A key of another algorithm gives the token its true error.
    return named[0]
  }

  /** Whether all entries are one key, perhaps for several algorithms. With several keys a token must name its own (rule J6). */
  #isSingle(): boolean {
    return new Set(this.#keys.map(this.#fingerprintOf)).size === 1
  }

  #isFresh(): boolean {
    return this.#age() < this.#freshFor
  }

  #age(): number {
    return this.#elapsed() - this.#loadedAt
  }

  #mayRequest(): boolean {
    if (this.#request !== undefined) return true
    const first = Math.min(this.#coolDown, FIRST_COOL_DOWN)
    const coolDown = this.#version > 0 ? this.#coolDown : first
    return this.#elapsed() - this.#requestedAt >= coolDown
  }

  async #load(): Promise<void> {
    this.#requestedAt = this.#elapsed()
    try {
      await this.#replaceKeys()
      this.#lastFailed = false
    } catch (error) {
      this.#lastFailed = true
      reportError(this.#onError, error)
    } finally {
      this.#request = undefined
    }
  }

  async #replaceKeys(): Promise<void> {
    const { document, headers } = await fetchJson(this.#url, {
      what: 'the key set',
      accept: ACCEPT,
      timeout: this.#timeout,
      fetch: this.#fetch ?? fetch,
    })
    const keys = await this.#importKeys(entriesOf(document))
    this.#keys = this.#notWithdrawn(unambiguous(keys, this.#fingerprintOf))
    this.#version++
    this.#loadedAt = this.#requestedAt
    this.#freshFor = Math.min(this.#maxAge, freshnessOf(headers) ?? this.#maxAge)
    // An issuer may withdraw all keys, so the empty set counts; it may also be a mistake, so it is reported.
    if (this.#keys.length === 0)
      reportError(this.#onError, new Error('the key set has no usable key'))
  }
}

/** @throws AuthError `invalid_key` if the document is not a key set (RFC 7517 §5) */
export function entriesOf(document: unknown): readonly unknown[] {
  const { keys } = (document ?? {}) as { readonly keys?: unknown }
  if (Array.isArray(keys)) return keys
  throw invalidKey('a key set must be a JSON object with an array "keys"')
}

/**
 * Removes what is ambiguous in a key set: keys that share a `kid` and an algorithm, and the second of two equal keys. One key may
 * be there for several algorithms of a family, but not for both paddings of RSA (rule K5).
 *
 * @param fingerprintOf returns the same string for equal keys of any `kid`
 */
export function unambiguous<Key extends KeyWithId>(
  keys: readonly Key[],
  fingerprintOf: (key: Key) => string,
): readonly Key[] {
  const hasOwnName = ({ kid, alg }: Key): boolean =>
    kid === undefined ||
    keys.filter((other) => other.kid === kid && other.alg === alg).length === 1
  const named = keys.filter(hasOwnName)
  const fingerprints = named.map(fingerprintOf)
  return named.filter((key, i) => {
    const earlier = named
      .slice(0, i)
      .filter((_, j) => fingerprints[j] === fingerprints[i])
    return earlier.every(
      ({ alg }) => alg !== key.alg && familyOf(alg) === familyOf(key.alg),
    )
  })
}

/** `RS`, `PS`, `ES` or `Ed`. */
const familyOf = (alg: Algorithm): string => alg.slice(0, 2)
