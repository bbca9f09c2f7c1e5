import { generateKeyPairSync, type KeyObject } from 'node:crypto'
import type { JsonKey, SignatureAlgorithm } from '../../src/sign/index.ts'

type Generate = (
  type: string,
  options: object,
) => { readonly publicKey: KeyObject; readonly privateKey: KeyObject }

const KINDS = {
  ed25519: ['ed25519', {}],
  'ecdsa-p256-sha256': ['ec', { namedCurve: 'P-256' }],
  'ecdsa-p384-sha384': ['ec', { namedCurve: 'P-384' }],
  'rsa-v1_5-sha256': ['rsa', { modulusLength: 2048 }],
  'rsa-pss-sha512': ['rsa', { modulusLength: 2048 }],
} as const satisfies Partial<Record<SignatureAlgorithm, readonly [string, object]>>

export type AsymmetricSignatureAlgorithm = keyof typeof KINDS

export const ASYMMETRIC = Object.keys(KINDS) as readonly AsymmetricSignatureAlgorithm[]

/** A new key pair for an algorithm. */
export function keyPairFor(algorithm: AsymmetricSignatureAlgorithm) {
  const [type, options] = KINDS[algorithm]
  const pair = (generateKeyPairSync as Generate)(type, options)
  const jwkOf = (key: KeyObject) => key.export({ format: 'jwk' }) as JsonKey
  return { ...pair, publicJwk: jwkOf(pair.publicKey), privateJwk: jwkOf(pair.privateKey) }
}

/** What WebCrypto calls them. */
export const WEB_ALGORITHMS = {
  ed25519: { name: 'Ed25519' },
  'ecdsa-p256-sha256': { name: 'ECDSA', namedCurve: 'P-256' },
  'ecdsa-p384-sha384': { name: 'ECDSA', namedCurve: 'P-384' },
  'rsa-v1_5-sha256': { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' },
  'rsa-pss-sha512': { name: 'RSA-PSS', hash: 'SHA-512' },
} as const
