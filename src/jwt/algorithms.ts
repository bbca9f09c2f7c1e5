/** The signature algorithms of JSON Web Signature that this library speaks (RFC 7518 §3.1, RFC 8037 §3.1). */
export const ALGORITHMS = {
  HS256: { kind: 'hmac', hash: 'sha256', bytes: 32 },
  HS384: { kind: 'hmac', hash: 'sha384', bytes: 48 },
  HS512: { kind: 'hmac', hash: 'sha512', bytes: 64 },
  RS256: { kind: 'rsa', hash: 'sha256', salt: undefined },
  RS384: { kind: 'rsa', hash: 'sha384', salt: undefined },
  RS512: { kind: 'rsa', hash: 'sha512', salt: undefined },
  PS256: { kind: 'rsa', hash: 'sha256', salt: 32 },
  PS384: { kind: 'rsa', hash: 'sha384', salt: 48 },
  PS512: { kind: 'rsa', hash: 'sha512', salt: 64 },
  ES256: { kind: 'ec', hash: 'sha256', curve: 'P-256', bytes: 32 },
  ES384: { kind: 'ec', hash: 'sha384', curve: 'P-384', bytes: 48 },
  ES512: { kind: 'ec', hash: 'sha512', curve: 'P-521', bytes: 66 },
  EdDSA: { kind: 'okp' },
} as const satisfies Record<string, Details>

/**
 * `octets`: of the hash (hmac), which a secret must have at least; of a coordinate (ec). `salt`: with PSS, its octets, as
 * many as the hash has (RFC 7518 §3.5); without, the padding is PKCS #1 v1.5.
 */
type Details =
  | { readonly kind: 'hmac'; readonly hash: string; readonly bytes: number }
  | { readonly kind: 'rsa'; readonly hash: string; readonly salt: number | undefined }
  | {
      readonly kind: 'ec'
      readonly hash: string
      readonly curve: string
      readonly bytes: number
    }
  | { readonly kind: 'okp' }

export type Algorithm = keyof typeof ALGORITHMS

export const isAlgorithm = (name: unknown): name is Algorithm =>
  typeof name === 'string' && Object.hasOwn(ALGORITHMS, name)
