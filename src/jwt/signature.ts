import {
  constants,
  type KeyObject,
  sign as signOnce,
  verify as verifyOnce,
} from 'node:crypto'
import { ALGORITHMS, type Algorithm } from './algorithms.ts'
import { derFromRaw, rawFromDer } from './ecdsa.ts'

/** How an asymmetric key signs and checks: bytes in, bytes out, synchronous. Keys go to node bare: it is faster so. */
export interface Scheme {
  sign(signed: Uint8Array, key: KeyObject): Buffer
  /** Octets of a signature. */
  length(key: KeyObject): number
  /** @param signature of the right length */
  verify(signed: Uint8Array, signature: Uint8Array, key: KeyObject): boolean
}

export function schemeOf(alg: Exclude<Algorithm, `HS${string}`>): Scheme {
  const details = ALGORITHMS[alg]
  switch (details.kind) {
    case 'ec':
      return ecdsa(details.hash, details.bytes)
    case 'rsa':
      return details.salt === undefined
        ? bare(details.hash, modulusOctets)
        : pss(details.hash, details.salt)
    case 'okp':
      return bare(null, ({ asymmetricKeyType }) =>
        asymmetricKeyType === 'ed448' ? 114 : 64,
      )
  }
}

const bare = (hash: string | null, length: (key: KeyObject) => number): Scheme => ({
  sign: (signed, key) => signOnce(hash, signed, key),
  length,
  verify: (signed, signature, key) => verifyOnce(hash, signed, key, signature),
})

/** @param bytes of one coordinate */
const ecdsa = (hash: string, bytes: number): Scheme => ({
  sign: (signed, key) => rawFromDer(signOnce(hash, signed, key), bytes),
  length: () => 2 * bytes,
  verify(signed, signature, key) {
    const der = derFromRaw(signature, bytes)
    return der !== undefined && verifyOnce(hash, signed, key, der)
  },
})

/** The salt is as long as the hash, on both sides: node's own default takes any (RFC 7518 §3.5). */
const pss = (hash: string, saltLength: number): Scheme => {
  const options = { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength }
  return {
    sign: (signed, key) => signOnce(hash, signed, { key, ...options }),
    length: modulusOctets,
    verify: (signed, signature, key) =>
      verifyOnce(hash, signed, { key, ...options }, signature),
  }
}

const modulusOctets = ({ asymmetricKeyDetails }: KeyObject): number =>
  Math.ceil(asymmetricKeyDetails!.modulusLength! / 8)

/** @returns checks signatures, bytes or text, with a public key. Nothing that is not exactly of its length is looked at. */
export function verifierWith(scheme: Scheme, key: KeyObject) {
  const length = scheme.length(key)
  const verify = (signed: string | Uint8Array, signature: Uint8Array): boolean =>
    signature.length === length && scheme.verify(bytesOf(signed), signature, key)
  return {
    verify,
    verifyText(signed: string, signature: string): boolean {
      const bytes = canonicalOctetsOf(signature)
      return bytes !== undefined && verify(signed, bytes)
    },
  }
}

/** As `decodeBase64url`, in half its time: Node's decoder skips what it does not know, so the text is made again and compared. */
function canonicalOctetsOf(text: string): Buffer | undefined {
  const bytes = Buffer.from(text, 'base64url')
  return bytes.toString('base64url') === text ? bytes : undefined
}

export const bytesOf = (signed: string | Uint8Array): Uint8Array =>
  typeof signed === 'string' ? Buffer.from(signed) : signed
