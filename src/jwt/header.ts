import type { Awaitable } from '../base/awaitable.ts'
import { type Dots, keyFor, requireType } from './compact.ts'
import { parseSegment } from './jws.ts'
import type { VerifyingKey } from './key.ts'
import type { KeySource } from './key-set.ts'

interface CachedHeader {
  /** The first segment with its dot. */
  readonly segment: string
  readonly key: VerifyingKey
  /** The version of the keys when this key was looked up. */
  readonly version: number
}

/** Reads headers, and caches the last verified one by its encoded form: the tokens of an issuer share one header. */
export class HeaderReader {
  readonly #keys: KeySource
  readonly #types: readonly string[]
  #cached: CachedHeader | undefined

  /** @param types allowed values of `typ`, in lower case and without `application/` */
  constructor(keys: KeySource, types: readonly string[]) {
    this.#keys = keys
    this.#types = types
  }

  /** @param version of the keys now @returns the key of a token whose header is cached */
  cachedKey(token: string, version: number): VerifyingKey | undefined {
    const cached = this.#cached
    if (cached?.version !== version || !token.startsWith(cached.segment)) return undefined
    return cached.key
  }

  /** @throws AuthError `malformed`, `wrong_type`, `unsupported_alg`, `unsupported_header`, `unknown_key` */
  read(token: string, { first }: Dots): Awaitable<VerifyingKey> {
    const header = parseSegment(token.slice(0, first))
    requireType(header, this.#types)
    return keyFor(header, this.#keys)
  }

  /** @param version of the keys when the look-up began: they may have been replaced during it */
  cache(token: string, { first }: Dots, key: VerifyingKey, version: number): void {
    this.#cached = { segment: token.slice(0, first + 1), key, version }
  }
}
