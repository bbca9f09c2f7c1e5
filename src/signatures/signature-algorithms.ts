import type { Algorithm } from '../jwt/algorithms.ts'

/** The algorithms of RFC 9421 §3.3, the usual ones first, and what JSON Web Algorithms call them. */
export const SIGNATURE_ALGORITHMS = {
  'hmac-sha256': 'HS256',
  ed25519: 'EdDSA',
  'ecdsa-p256-sha256': 'ES256',
  'ecdsa-p384-sha384': 'ES384',
  'rsa-pss-sha512': 'PS512',
  'rsa-v1_5-sha256': 'RS256',
} as const satisfies Readonly<Record<string, Algorithm>>

/** The `alg` of a signature: `"ed25519"`, `"hmac-sha256"` … */
export type SignatureAlgorithm = keyof typeof SIGNATURE_ALGORITHMS

export const isSignatureAlgorithm = (name: unknown): name is SignatureAlgorithm =>
  typeof name === 'string' && Object.hasOwn(SIGNATURE_ALGORITHMS, name)
