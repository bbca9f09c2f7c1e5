import type { Awaitable } from '../base/awaitable.ts'
import { keyFor, type Parts, requireType } from './compact.ts'
import { objectIn } from './jws.ts'
import type { VerifyingKey } from './key.ts'
import type { KeySource } from './key-set.ts'

interface Known {
  /** The first segment and its dot. */
  readonly text: string
  readonly key: VerifyingKey
  readonly version: number
}

/** Reads headers. Those of one issuer are all alike, so the last one whose signature held is known again by its text. */
export class HeaderReader {
  readonly #keys: KeySource
  readonly #types: readonly string[]
  #known: Known = { text: '', key: undefined as never, version: Number.NaN }

  /** @param types what `typ` may be, where there is one, in lower case and without `application/` */
  constructor(keys: KeySource, types: readonly string[]) {
    this.#keys = keys
    this.#types = types
  }

  /** The key of a header that was read before, under the keys of today. */
  known(token: string, today: number): VerifyingKey | undefined {
    const { text, key, version } = this.#known
    return version === today && token.startsWith(text) ? key : undefined
  }

  /** @throws AuthError `malformed`, `wrong_type`, `unsupported_alg`, `unsupported_header`, `unknown_key` */
  read(token: string, { first }: Parts): Awaitable<VerifyingKey> {
    const header = objectIn(token.slice(0, first))
    requireType(header, this.#types)
    return keyFor(header, this.#keys)
  }

  /** @param version of the keys when the key was looked for: they may have changed while it was waited for */
  held(token: string, { first }: Parts, key: VerifyingKey, version: number): void {
    this.#known = { text: token.slice(0, first + 1), key, version }
  }
}
