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
import { type WebAlgorithm, webAlgorithmOf } from '../jwt/web-algorithm.ts'

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
  const length = signatureLength(algorithm, members)
  const web = webAlgorithmOf(algorithm, String(members.crv))
  const key = await importCryptoKey(members, web)
  return {
    alg: algorithm,
    kid: parseKid(jwk.kid),
    fingerprint: JSON.stringify(members),
    verify: async (signed, signature) =>
      signature.length === length && crypto.subtle.verify(web, key, signature, signed),
  }
}

async function importCryptoKey(members: PublicJwk, algorithm: WebAlgorithm) {
  try {
    return await crypto.subtle.importKey('jwk', { ...members }, algorithm, false, [
      'verify',
    ])
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

/** In bytes. @throws AuthError `invalid_key` if the algorithm has a secret */
function signatureLength(alg: Algorithm, jwk: PublicJwk): number {
  const details = ALGORITHMS[alg]
  switch (details.kind) {
    case 'hmac':
      throw invalidKey(`${alg} needs a secret, and this is a public key`)
    case 'ec':
      return 2 * details.bytes
    case 'rsa':
      return base64urlMember({ ...jwk }, 'n').length
    case 'okp':
      return jwk.crv === 'Ed448' ? 114 : 64
  }
}
