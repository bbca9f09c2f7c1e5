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

/** Verifies signatures of one algorithm: the key's, never the one that a token names (RFC 8725 §3.1). */
export interface VerifyingKey {
  readonly alg: Algorithm
  readonly kid: string | undefined
  /** The public key. `undefined`: the key is a secret, which is never published. */
  readonly jwk: PublicJwk | undefined
  /** @param signed a string is encoded as UTF-8 @returns whether the signature is valid */
  verify(signed: string | Uint8Array, signature: Uint8Array): boolean
  /** `verify` for a signature in base64url, of which only the canonical spelling is valid. */
  verifyText(signed: string, signature: string): boolean
}

/** Signs with one algorithm. Made by `importSecret` or `importSigningKey`. */
export interface SigningKey {
  readonly alg: Algorithm
  readonly kid: string | undefined
  /** The encoded header of its tokens: `{"alg","typ":"JWT"}`, and `kid` if the key has one. */
  readonly header: string
  /** Length of its signatures in base64url. */
  readonly signatureLength: number
  /** Verifies what this key signs. */
  readonly verifying: VerifyingKey
  /** @param signed is encoded as UTF-8 @returns the signature in base64url */
  sign(signed: string): string
}

export interface KeyOptions {
  /** The `kid` in the header of tokens, at most 256 characters. Default: the one of the JWK, else none. */
  readonly kid?: string | undefined
  /** Allows short secrets and RSA keys. For tests only. Default false. */
  readonly allowWeak?: boolean
}

/** The names of `KeyOptions`, for `refuseUnknownOptions`. */
export const KEY_OPTIONS = { kid: true, allowWeak: true } as const

/** Longer names would only make headers large (rule J6). */
const LONGEST_KID = 256

export const invalidKey = (message: string, cause?: unknown): AuthError =>
  new AuthError('invalid_key', message, { cause })

/** @throws AuthError `invalid_key` */
export function parseKid(kid: unknown): string | undefined {
  if (kid === undefined) return undefined
  if (typeof kid === 'string' && kid.length <= LONGEST_KID) return kid
  throw invalidKey(`the kid must be a string of at most ${LONGEST_KID} characters`)
}
