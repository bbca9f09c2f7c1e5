/** The signature algorithms of JSON Web Signature that this library speaks (RFC 7518 §3.1, RFC 8037 §3.1). */
export const ALGORITHMS = {
  HS256: { kind: 'hmac', hash: 'sha256' },
} as const
export type Algorithm =
  | 'HS256' | 'HS384' | 'HS512' | 'RS256' | 'RS384' | 'RS512' | 'PS256' | 'PS384' | 'PS512' | 'ES256' | 'ES384' | 'ES512' | 'EdDSA'
