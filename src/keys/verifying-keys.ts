import type { Awaitable } from '../base/awaitable.ts'
import type { Clock } from '../base/clock.ts'
import { AuthError } from '../base/errors.ts'
import {
  type Algorithm,
  KeySet,
  type KeySource,
  type PublicJwk,
  type VerifyingKey,
} from '../jwt/index.ts'
import { verifyingKeyOf } from './key-record.ts'
import type { KeyRecord } from './keys.ts'

const NEVER = Number.POSITIVE_INFINITY

/** The form of the key ids in the store: the SHA-256 of the public part. Other ids are never looked up. */
const THUMBPRINT = /^[\w-]{43}$/

/** Errors of a ring that cannot sign. */
const UNSIGNABLE: ReadonlySet<string> = new Set(['wrong_secret', 'invalid_config'])

/** The public keys of the store, each until its last token has expired. */
export class VerifyingKeys implements KeySource {
  readonly #clock: Clock
  readonly #reload: () => Promise<unknown>
  readonly #keys = new KeySet([])
  #records: readonly KeyRecord[] = []
  #state = ''
  /** When the first of the keys expires. */
  #until = NEVER

  /** @param reload replaces the keys by those of the store */
  constructor(clock: Clock, reload: () => Promise<unknown>) {
    this.#clock = clock
    this.#reload = reload
  }

  replace(records: readonly KeyRecord[]): void {
    const state = records.map(({ id, verifiesUntil }) => `${id} ${verifiesUntil}`).join()
    if (state === this.#state) return
    this.#state = state
    this.#keepUnexpired(records)
  }

  get version(): number {
    return this.#current().version
  }

  get algorithms(): ReadonlySet<Algorithm> {
    return this.#current().algorithms
  }

  /** An unknown key may be one that another process has just made. */
  find(kid: string | undefined): Awaitable<VerifyingKey | undefined> {
    const key = this.#current().find(kid)
    if (key !== undefined || kid === undefined || !THUMBPRINT.test(kid)) return key
    return this.#findInStore(kid)
  }

  published(): { readonly keys: readonly PublicJwk[] } {
    return this.#current().jwks()
  }

  async #findInStore(kid: string): Promise<VerifyingKey | undefined> {
    try {
      await this.#reload()
    } catch (error) {
      // The public keys were read; it is the current private key that cannot be used, and verifying needs none.
      if (!(error instanceof AuthError && UNSIGNABLE.has(error.code))) throw error
    }
    return this.#current().find(kid)
  }

  #current(): KeySet {
    if (this.#until < NEVER && this.#clock() >= this.#until)
      this.#keepUnexpired(this.#records)
    return this.#keys
  }

  #keepUnexpired(records: readonly KeyRecord[]): void {
    const now = this.#clock()
    this.#records = records.filter(({ verifiesUntil = NEVER }) => now < verifiesUntil)
    const ends = this.#records.map(({ verifiesUntil = NEVER }) => verifiesUntil)
    this.#until = Math.min(...ends)
    this.#keys.replace(this.#records.map(verifyingKeyOf))
  }
}
