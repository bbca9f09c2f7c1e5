import type { Algorithm } from '../jwt/algorithms.ts'

/** The algorithms of proofs, by their names in a header; none has a secret. `Ed25519` is the name of RFC 9864. */
export const PROOF_ALGORITHMS: Readonly<Record<string, Algorithm>> = {
  ES256: 'ES256',
  ES384: 'ES384',
  ES512: 'ES512',
  EdDSA: 'EdDSA',
  Ed25519: 'EdDSA',
  PS256: 'PS256',
  PS384: 'PS384',
  PS512: 'PS512',
  RS256: 'RS256',
  RS384: 'RS384',
  RS512: 'RS512',
}

export const DPOP_ALGORITHMS: readonly string[] = Object.keys(PROOF_ALGORITHMS)

const ALGS = `algs="${DPOP_ALGORITHMS.join(' ')}"`

/** The challenge for a token that is bound to a key (RFC 9449 §7.1). */
export const dpopChallenge = (error: string): string => `DPoP error="${error}", ${ALGS}`

/** The challenge of another scheme, such as `Bearer realm="api", error="insufficient_scope"`, for a token that is bound to a key. */
export const asDpopChallenge = (challenge: string): string =>
  `${challenge.replace(/^\S+/, 'DPoP')}, ${ALGS}`
