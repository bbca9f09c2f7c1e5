import { ALGORITHMS, type Algorithm } from '../jwt/algorithms.ts'
import {
  algorithmOf,
  base64urlMember,
  type Jwk,
  MEMBERS,
  parseJwk,
  rejectPrivate,
  rejectUnreadable,
  rejectUnsuitable,
} from '../jwt/jwk.ts'
import { invalidKey, type PublicJwk, parseKid } from '../jwt/key.ts'

/** Verifies signatures of one algorithm with WebCrypto. */
export interface WebKey {
  readonly alg: Algorithm
  readonly kid: string | undefined
  /** Identifies the key material: equal for equal keys of any `kid`. */
  readonly fingerprint: string
  verify(
    signed: Uint8Array<ArrayBuffer>,
    signature: Uint8Array<ArrayBuffer>,
  ): Promise<boolean>
}

interface Params {
  readonly name: string
  readonly namedCurve?: string
  readonly hash?: string
  readonly saltLength?: number
}

/** What WebCrypto needs (Web Cryptography API §20 to §28; EdDSA: WICG Secure Curves). */
interface WebAlgorithm {
  readonly forImport: Params
  readonly forVerify: Params
  /** Length of a signature in bytes. */
  readonly length: number
}

/**
 * Imports a public key of a key set.
 *
 * @param alg `undefined`: the `alg` of the JWK, else the one of its curve
 * @throws AuthError `invalid_key` if the key is a secret or private, of another kind than the algorithm's (rule K5), weak or not in
 *   its canonical form (rule K6), or of a kind that the runtime does not support
 */
export async function importWebKey(entry: unknown, alg?: Algorithm): Promise<WebKey> {
  const jwk = parseJwk(entry, 'verify')
  if (jwk.kty === 'oct')
    throw invalidKey('the key set has a secret, with which anyone could sign')
  rejectPrivate(jwk)
  rejectUnreadable(jwk)
  const algorithm = algorithmOf(alg, jwk)
  const members = publicMembersOf(jwk)
  rejectUnsuitable(algorithm, members, false)
  const { forImport, forVerify, length } = webAlgorithmOf(algorithm, members)
  const key = await importCryptoKey(members, forImport)
  return {
    alg: algorithm,
    kid: parseKid(jwk.kid),
    fingerprint: JSON.stringify(members),
    verify: async (signed, signature) =>
      signature.length === length &&
      crypto.subtle.verify(forVerify, key, signature, signed),
  }
}

async function importCryptoKey(members: PublicJwk, params: Params) {
  try {
    return await crypto.subtle.importKey('jwk', { ...members }, params, false, ['verify'])
  } catch (cause) {
    throw invalidKey(
      'the key cannot be read: it is damaged, or this runtime does not support it',
      cause,
    )
  }
}

/** The members that define the key, in a fixed order. */
function publicMembersOf(jwk: Jwk): PublicJwk {
  const members = MEMBERS[jwk.kty as PublicJwk['kty']]
  return Object.fromEntries(
    members.map((member) => [member, jwk[member]]),
  ) as unknown as PublicJwk
}

function webAlgorithmOf(alg: Algorithm, jwk: PublicJwk): WebAlgorithm {
  const details = ALGORITHMS[alg]
  switch (details.kind) {
    case 'hmac':
      throw invalidKey(`${alg} needs a secret, and this is a public key`)
    case 'ec':
      return ecdsa(details.curve, webHash(details.hash), 2 * details.bytes)
    case 'rsa':
      if (details.salt === undefined) return pkcs1(webHash(details.hash), jwk)
      return pss(webHash(details.hash), details.salt, jwk)
    case 'okp':
      return edwards(String(jwk.crv))
  }
}

const ecdsa = (namedCurve: string, hash: string, length: number): WebAlgorithm => ({
  forImport: { name: 'ECDSA', namedCurve },
  forVerify: { name: 'ECDSA', hash },
  length,
})

const pkcs1 = (hash: string, jwk: PublicJwk): WebAlgorithm => ({
  forImport: { name: 'RSASSA-PKCS1-v1_5', hash },
  forVerify: { name: 'RSASSA-PKCS1-v1_5' },
  length: modulusLength(jwk),
})

const pss = (hash: string, saltLength: number, jwk: PublicJwk): WebAlgorithm => ({
  forImport: { name: 'RSA-PSS', hash },
  forVerify: { name: 'RSA-PSS', saltLength },
  length: modulusLength(jwk),
})

const edwards = (name: string): WebAlgorithm => ({
  forImport: { name },
  forVerify: { name },
  length: name === 'Ed448' ? 114 : 64,
})

/** `sha256` is `SHA-256` in WebCrypto. */
const webHash = (hash: string): string => hash.replace('sha', 'SHA-')

const modulusLength = (jwk: PublicJwk): number => base64urlMember({ ...jwk }, 'n').length
