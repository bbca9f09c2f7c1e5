/** The signature algorithms of this library (RFC 7518 §3.1; EdDSA: RFC 8037 §3.1). */
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
} as const satisfies Record<string, AlgorithmDetails>

type AlgorithmDetails = Hmac | Rsa | Ec | Okp

interface Hmac {
  readonly kind: 'hmac'
  readonly hash: string
  /** Length of the hash, which is the least length of a secret (RFC 7518 §3.2). */
  readonly bytes: number
}

interface Rsa {
  readonly kind: 'rsa'
  readonly hash: string
  /** Length of the PSS salt in bytes: that of the hash (RFC 7518 §3.5). `undefined`: PKCS #1 v1.5 padding. */
  readonly salt: number | undefined
}

interface Ec {
  readonly kind: 'ec'
  readonly hash: string
  readonly curve: string
  /** Length of a coordinate (RFC 7518 §6.2.1.2). */
  readonly bytes: number
}

interface Okp {
  readonly kind: 'okp'
}

/** The `alg` of a token or key: `"HS256"`, `"ES256"`, `"EdDSA"` … */
export type Algorithm = keyof typeof ALGORITHMS

export const isAlgorithm = (name: unknown): name is Algorithm =>
  typeof name === 'string' && Object.hasOwn(ALGORITHMS, name)

/** An algorithm with a key pair: who verifies cannot sign. */
export type AsymmetricAlgorithm = Exclude<Algorithm, `HS${string}`>

/** An algorithm with a secret: who verifies can sign. */
export type HmacAlgorithm = Extract<Algorithm, `HS${string}`>

export const HMAC_ALGORITHMS: ReadonlySet<Algorithm> = new Set<HmacAlgorithm>([
  'HS256',
  'HS384',
  'HS512',
])

export const isHmac = (name: Algorithm | undefined): name is HmacAlgorithm =>
  name !== undefined && HMAC_ALGORITHMS.has(name)

export const isAsymmetric = (name: unknown): name is AsymmetricAlgorithm =>
  isAlgorithm(name) && ALGORITHMS[name].kind !== 'hmac'
