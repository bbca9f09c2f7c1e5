import { AuthError } from '../base/errors.ts'
import type { Algorithm } from './algorithms.ts'

/** The public members of a key, as a key set publishes them (RFC 7517 §4). */
export interface PublicJwk {
  readonly kty: 'RSA' | 'EC' | 'OKP'
  readonly n?: string
  readonly e?: string
  readonly crv?: string
  readonly x?: string
  readonly y?: string
  readonly kid?: string
  readonly alg?: Algorithm
  readonly use?: 'sig'
}

/** Checks signatures of one algorithm. A token chooses nothing: the algorithm is the key's (RFC 8725 §3.1). */
export interface VerifyingKey {
  readonly alg: Algorithm
  readonly kid: string | undefined
  /** `undefined`: the key is a secret, and there is nothing to publish. */
  readonly jwk: PublicJwk | undefined
  /** @param signed text is signed as UTF-8 */
  verify(signed: string | Uint8Array, signature: Uint8Array): boolean
  /** The same for a signature in base64url. A spelling that is not canonical is no signature. */
  verifyText(signed: string, signature: string): boolean
}

/** Makes signatures of one algorithm. */
export interface SigningKey {
  readonly alg: Algorithm
  readonly kid: string | undefined
  /** What its tokens begin with: `{"alg","typ":"JWT"}`, and `kid` where it has one. */
  readonly header: string
  /** Checks what this key signs. */
  readonly verifying: VerifyingKey
  /** @returns the signature in base64url */
  sign(signed: string): string
}

export interface KeyOptions {
  /** What tokens name the key by. */
  readonly kid?: string | undefined
  /** For tests: secrets and RSA keys may be shorter than they should be. */
  readonly allowWeak?: boolean
}

/** Rule J6. */
const KID_LENGTH = 256

export const invalidKey = (because: string, cause?: unknown): AuthError =>
  new AuthError('invalid_key', because, { cause })

/** @throws AuthError `invalid_key` */
export function parseKid(kid: unknown): string | undefined {
  if (kid === undefined) return undefined
  if (typeof kid === 'string' && kid.length <= KID_LENGTH) return kid
  throw invalidKey(`a kid is a text of at most ${KID_LENGTH} characters`)
}
