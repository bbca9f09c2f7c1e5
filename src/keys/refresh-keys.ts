import { hkdfSync, type KeyObject } from 'node:crypto'
import { type Awaitable, andThen } from '../base/awaitable.ts'
import { AuthError } from '../base/errors.ts'
import {
  ALGORITHMS,
  type Algorithm,
  HMAC_ALGORITHMS,
  type HmacAlgorithm,
  isHmac,
} from '../jwt/algorithms.ts'
import { headerOf } from '../jwt/header-of.ts'
import {
  importSecret,
  type KeySource,
  type SigningKey,
  type VerifyingKey,
} from '../jwt/index.ts'
import { privateNumber } from '../jwt/private-key.ts'

/** The `typ` of HMAC-signed refresh tokens. No verifier of access tokens allows it (RFC 8725 §3.11). */
export const REFRESH_TYP = 'rt+jwt'

/** The keys of refresh tokens. */
export interface RefreshKeyRing {
  signing(): SigningKey
  /** Verifies tokens with the type `REFRESH_TYP`. `undefined`: there are none, and the key of the access tokens signs. */
  readonly verifying: KeySource | undefined
}

export interface RefreshKeysDeps {
  /** The key pairs. */
  readonly verifying: KeySource
  /**
   * @returns `undefined` if the secret of a retiring key was removed, so that it verifies no refresh token any more
   * @throws AuthError `wrong_secret` if the private key of this id cannot be decrypted, and another process may have the secret
   */
  privateKey(kid: string | undefined): KeyObject | undefined
}

/**
 * The secrets that sign refresh tokens, which only this instance verifies: one per key pair and algorithm, derived from the private
 * key. A secret is valid as long as its key pair, so that rotating the pair replaces both. It cannot be computed from the instance's
 * secret alone, or from the database alone.
 */
export class RefreshKeys implements KeySource {
  readonly algorithms: ReadonlySet<Algorithm> = HMAC_ALGORITHMS
  readonly #deps: RefreshKeysDeps
  readonly #derived = new Map<string, SigningKey>()
  #version = 0

  constructor(deps: RefreshKeysDeps) {
    this.#deps = deps
  }

  get version(): number {
    return this.#deps.verifying.version
  }

  find(kid: string | undefined, alg?: Algorithm): Awaitable<VerifyingKey | undefined> {
    if (!isHmac(alg)) return undefined
    return andThen(
      this.#deps.verifying.find(kid),
      (pair) => pair && this.#derive(alg, pair.kid)?.verifying,
    )
  }

  /** @throws AuthError `unknown_key`, `wrong_secret` */
  signing(alg: HmacAlgorithm, kid: string | undefined): SigningKey {
    const key = this.#derive(alg, kid)
    if (key === undefined) throw new AuthError('unknown_key')
    return key
  }

  #derive(alg: HmacAlgorithm, kid: string | undefined): SigningKey | undefined {
    this.#clearIfRotated()
    const name = `${alg} ${kid}`
    const cached = this.#derived.get(name)
    if (cached !== undefined) return cached
    const privateKey = this.#deps.privateKey(kid)
    if (privateKey === undefined) return undefined
    const key = refreshKey(privateKey, alg, kid)
    this.#derived.set(name, key)
    return key
  }

  #clearIfRotated(): void {
    if (this.#version === this.version) return
    this.#version = this.version
    this.#derived.clear()
  }
}

/** Derives a secret for one use, one algorithm and one key pair (K11; HKDF, RFC 5869). */
function refreshKey(
  privateKey: KeyObject,
  alg: HmacAlgorithm,
  kid: string | undefined,
): SigningKey {
  const secret = hkdfSync(
    'sha256',
    privateNumber(privateKey),
    '',
    `watchword refresh tokens ${alg} ${kid ?? ''}`,
    ALGORITHMS[alg].bytes,
  )
  const key = importSecret(alg, new Uint8Array(secret), { kid })
  return { ...key, header: headerOf(alg, kid, REFRESH_TYP) }
}
