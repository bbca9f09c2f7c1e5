import { ALGORITHMS, type Algorithm } from './algorithms.ts'

/**
 * An algorithm as WebCrypto names it (Web Cryptography API §20 to §28; EdDSA: WICG Secure Curves). The same object imports a key, signs and
 * verifies: an operation ignores the members of others.
 */
export interface WebAlgorithm {
  readonly name: string
  readonly namedCurve?: string
  readonly hash?: string
  readonly saltLength?: number
}

/** @param curve of an EdDSA key */
export function webAlgorithmOf(alg: Algorithm, curve = 'Ed25519'): WebAlgorithm {
  const details = ALGORITHMS[alg]
  if (details.kind === 'okp') return { name: curve }
  // `sha256` is `SHA-256` in WebCrypto.
  const hash = details.hash.replace('sha', 'SHA-')
  switch (details.kind) {
    case 'hmac':
      return { name: 'HMAC', hash }
    case 'ec':
      return { name: 'ECDSA', namedCurve: details.curve, hash }
    case 'rsa':
      if (details.salt === undefined) return { name: 'RSASSA-PKCS1-v1_5', hash }
      return { name: 'RSA-PSS', hash, saltLength: details.salt }
  }
}
