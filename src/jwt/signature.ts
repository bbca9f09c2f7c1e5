import { constants, type KeyObject, sign as signOnce, verify as verifyOnce } from 'node:crypto'
import { ALGORITHMS, type Algorithm } from './algorithms.ts'
import { derOf, rawOf } from './ecdsa.ts'

/** How an asymmetric key signs and checks: octets in, octets out, synchronous. Keys go to node bare: it is faster so. */
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
      return ecdsa(details.hash, details.octets)
    case 'rsa':
      return details.salt === undefined ? bare(details.hash, modulusOctets) : pss(details.hash, details.salt)
    case 'okp':
      return bare(null, ({ asymmetricKeyType }) => (asymmetricKeyType === 'ed448' ? 114 : 64))
  }
}

const bare = (hash: string | null, length: (key: KeyObject) => number): Scheme => ({
  sign: (signed, key) => signOnce(hash, signed, key),
  length,
  verify: (signed, signature, key) => verifyOnce(hash, signed, key, signature),
})

/** @param octets of one coordinate */
const ecdsa = (hash: string, octets: number): Scheme => ({
  sign: (signed, key) => rawOf(signOnce(hash, signed, key), octets),
  length: () => 2 * octets,
  verify(signed, signature, key) {
    const der = derOf(signature, octets)
    return der !== undefined && verifyOnce(hash, signed, key, der)
  },
})

/** The salt is as long as the hash, on both sides: node's own default takes any (RFC 7518 §3.5). */
const pss = (hash: string, saltLength: number): Scheme => {
  const options = { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength }
  return {
    sign: (signed, key) => signOnce(hash, signed, { key, ...options }),
    length: modulusOctets,
    verify: (signed, signature, key) => verifyOnce(hash, signed, { key, ...options }, signature),
  }
}

const modulusOctets = ({ asymmetricKeyDetails }: KeyObject): number =>
  Math.ceil(asymmetricKeyDetails!.modulusLength! / 8)

/** @returns checks signatures, octets or text, with a public key. Nothing that is not exactly of its length is looked at. */
export function verifierWith(scheme: Scheme, key: KeyObject) {
  const length = scheme.length(key)
  const verify = (signed: string | Uint8Array, signature: Uint8Array): boolean =>
    signature.length === length && scheme.verify(octetsOf(signed), signature, key)
  return {
    verify,
    verifyText(signed: string, signature: string): boolean {
      const octets = canonicalOctetsOf(signature)
      return octets !== undefined && verify(signed, octets)
    },
  }
}

/** As `decodeBase64url`, in half its time: Node's decoder skips what it does not know, so the text is made again and compared. */
function canonicalOctetsOf(text: string): Buffer | undefined {
  const octets = Buffer.from(text, 'base64url')
  return octets.toString('base64url') === text ? octets : undefined
}

export const octetsOf = (signed: string | Uint8Array): Uint8Array =>
  typeof signed === 'string' ? Buffer.from(signed) : signed
