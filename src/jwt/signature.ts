import {
  constants,
  type KeyObject,
  sign as signOnce,
  verify as verifyOnce,
} from 'node:crypto'
import { ALGORITHMS, type AsymmetricAlgorithm } from './algorithms.ts'
import { derFromRaw, rawFromDer } from './ecdsa.ts'

/** How an asymmetric key signs and verifies. Keys are passed to Node without an options object where possible: that is faster. */
export interface Scheme {
  sign(signed: Uint8Array, key: KeyObject): Buffer
  /** Length of a signature in bytes. */
  length(key: KeyObject): number
  /** @param signature of that length */
  verify(signed: Uint8Array, signature: Uint8Array, key: KeyObject): boolean
}

export function schemeOf(alg: AsymmetricAlgorithm): Scheme {
  const details = ALGORITHMS[alg]
  switch (details.kind) {
    case 'ec':
      return ecdsa(details.hash, details.bytes)
    case 'rsa':
      if (details.salt === undefined) return plain(details.hash, modulusLength)
      return pss(details.hash, details.salt)
    case 'okp':
      return plain(null, edwardsLength)
  }
}

/** @param hash `null`: part of the algorithm */
const plain = (hash: string | null, length: (key: KeyObject) => number): Scheme => ({
  sign: (signed, key) => signOnce(hash, signed, key),
  length,
  verify: (signed, signature, key) => verifyOnce(hash, signed, key, signature),
})

/** @param bytes length of a coordinate */
const ecdsa = (hash: string, bytes: number): Scheme => ({
  sign: (signed, key) => rawFromDer(signOnce(hash, signed, key), bytes),
  length: () => 2 * bytes,
  verify(signed, signature, key) {
    const der = derFromRaw(signature, bytes)
    return der !== undefined && verifyOnce(hash, signed, key, der)
  },
})

/** The salt has the length of the hash (RFC 7518 §3.5); by default Node would accept any. */
function pss(hash: string, saltLength: number): Scheme {
  const options = { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength }
  return {
    sign: (signed, key) => signOnce(hash, signed, { key, ...options }),
    length: modulusLength,
    verify: (signed, signature, key) =>
      verifyOnce(hash, signed, { key, ...options }, signature),
  }
}

/** @param key RSA */
const modulusLength = ({ asymmetricKeyDetails }: KeyObject): number =>
  Math.ceil(Number(asymmetricKeyDetails?.modulusLength) / 8)

/** RFC 8032 §5.1.6, §5.2.6. */
const edwardsLength = ({ asymmetricKeyType }: KeyObject): number =>
  asymmetricKeyType === 'ed448' ? 114 : 64

/** Verifies with a public key. A signature of another length is rejected without a computation. */
export function verifierWith(scheme: Scheme, key: KeyObject) {
  const length = scheme.length(key)
  const verify = (signed: string | Uint8Array, signature: Uint8Array): boolean =>
    signature.length === length && scheme.verify(bytesOf(signed), signature, key)
  return {
    verify,
    verifyText(signed: string, signature: string): boolean {
      const bytes = decodeCanonical(signature)
      return bytes !== undefined && verify(signed, bytes)
    },
  }
}

/** `decodeBase64url` in half the time: Node's decoder is lenient, so its result is encoded again and compared. */
function decodeCanonical(text: string): Buffer | undefined {
  const bytes = Buffer.from(text, 'base64url')
  return bytes.toString('base64url') === text ? bytes : undefined
}

export const bytesOf = (signed: string | Uint8Array): Uint8Array =>
  typeof signed === 'string' ? Buffer.from(signed) : signed
