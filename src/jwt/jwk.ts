import { ALGORITHMS, type Algorithm, isAlgorithm } from './algorithms.ts'
import { bigIntOf, decodeBase64url } from './base64url.ts'
import { invalidKey, type PublicJwk, parseKid } from './key.ts'
import { isRoca } from './roca.ts'
import { isOfSmallOrder } from './small-order.ts'

/** A key as JSON (RFC 7517), not yet looked at. */
export type Jwk = Readonly<Record<string, unknown>>

/** The members that make the key, in the order of RFC 7638 §3.2 (OKP: RFC 8037 §2). */
export const MEMBERS = {
  RSA: ['e', 'kty', 'n'],
  EC: ['crv', 'kty', 'x', 'y'],
  OKP: ['crv', 'kty', 'x'],
} as const
export const REQUIRED = { ...MEMBERS, oct: ['k', 'kty'] } as const

const PRIVATE = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k']

/** What of a JWK does not depend on its kind. @throws AuthError `invalid_key` */
export function parseJwk(value: unknown, operation: 'sign' | 'verify'): Jwk {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw invalidKey('a JWK is a JSON object')
  const jwk = value as Jwk
  if (typeof jwk.kty !== 'string' || !Object.hasOwn(REQUIRED, jwk.kty))
    throw invalidKey('the kty of the JWK is not known')
  if (jwk.crv !== undefined && typeof jwk.crv !== 'string')
    throw invalidKey('the crv of the JWK is no text')
  if (jwk.use !== undefined && jwk.use !== 'sig')
    throw invalidKey('the use of the JWK is not "sig"')
  parseKid(jwk.kid)
  const { key_ops: operations } = jwk
  if (operations === undefined) return jwk
  if (
    !Array.isArray(operations) ||
    new Set(operations).size < operations.length ||
    !operations.includes(operation)
  ) {
    throw invalidKey(
      `the key_ops of the JWK do not name "${operation}", or name something twice`,
    )
  }
  return jwk
}

const OF_CURVE: Readonly<Record<string, Algorithm>> = {
  'P-256': 'ES256',
  'P-384': 'ES384',
  'P-521': 'ES512',
  Ed25519: 'EdDSA',
  Ed448: 'EdDSA',
}

export function algorithmOf(alg: Algorithm | undefined, jwk: Jwk): Algorithm {
  if (jwk.alg !== undefined && !isAlgorithm(jwk.alg))
    throw invalidKey('the alg of the JWK is not one we know')
  if (alg !== undefined && jwk.alg !== undefined && alg !== jwk.alg)
    throw invalidKey('the JWK is for another algorithm')
  const own = alg ?? (jwk.alg as Algorithm | undefined) ?? OF_CURVE[String(jwk.crv)]
  if (!isAlgorithm(own))
    throw invalidKey('the JWK has no alg, and more than one would fit')
  return own
}

export const rejectPrivate = (jwk: Jwk): void => {
  if (PRIVATE.some((member) => Object.hasOwn(jwk, member))) {
    throw invalidKey(
      'this is a private key, and a public one is wanted: whoever sees it can sign',
    )
  }
}

/** A member's octets, in canonical base64url. */
export function base64urlMember(jwk: Jwk, member: string): Uint8Array<ArrayBuffer> {
  const text = Object.hasOwn(jwk, member) ? jwk[member] : undefined
  const bytes =
    typeof text === 'string' && text !== '' ? decodeBase64url(text) : undefined
  if (bytes === undefined)
    throw invalidKey(`the member ${member} of the JWK is not there, or not in base64url`)
  return bytes
}

const COORDINATE: Readonly<Record<string, number>> = {
  'P-256': 32,
  'P-384': 48,
  'P-521': 66,
}

/** @throws AuthError `invalid_key` where a member that makes the key is not in its canonical form (K6) */
export function rejectUnreadable(jwk: Jwk): void {
  for (const member of MEMBERS[jwk.kty as PublicJwk['kty']]) {
    if (member !== 'kty' && member !== 'crv') base64urlMember(jwk, member)
  }
  if (jwk.kty === 'EC') for (const member of ['x', 'y']) refuseShort(jwk, member)
}

/** Coordinates have their full length (RFC 7518 §6.2.1.2). */
function refuseShort(jwk: Jwk, member: string): void {
  if (base64urlMember(jwk, member).length !== COORDINATE[String(jwk.crv)]) {
    throw invalidKey(`the member ${member} of the JWK is not as long as its curve asks`)
  }
}

/** Of a modulus: below, it can be factored; above, a check takes seconds. */
const MODULUS_BITS = { least: 2048, most: 8192 }

/** @throws AuthError `invalid_key` where the key is for something else, or too weak (K5, K6) */
export function rejectUnsuitable(
  alg: Algorithm,
  jwk: PublicJwk,
  allowWeak: boolean,
): void {
  const details = ALGORITHMS[alg]
  if (details.kind === 'ec' && (jwk.kty !== 'EC' || jwk.crv !== details.curve)) {
    throw invalidKey(`${alg} needs a key on the curve ${details.curve}`)
  }
  if (details.kind === 'okp') {
    if (jwk.kty !== 'OKP' || (jwk.crv !== 'Ed25519' && jwk.crv !== 'Ed448'))
      throw invalidKey('EdDSA needs an Ed25519 or Ed448 key')
    if (isOfSmallOrder(jwk.crv, base64urlMember({ ...jwk }, 'x')))
      throw invalidKey('anybody can sign for this point')
  }
  if (details.kind === 'rsa') {
    if (jwk.kty !== 'RSA') throw invalidKey(`${alg} needs an RSA key`)
    refuseUnfitRsa(jwk, allowWeak)
  }
}

function refuseUnfitRsa(jwk: PublicJwk, allowWeak: boolean): void {
  const n = bigIntOf(base64urlMember({ ...jwk }, 'n'))
  const e = bigIntOf(base64urlMember({ ...jwk }, 'e'))
  const bits = n.toString(2).length
  if (bits > MODULUS_BITS.most || (bits < MODULUS_BITS.least && !allowWeak)) {
    throw invalidKey(
      `the RSA key has ${bits} bits and needs ${MODULUS_BITS.least} to ${MODULUS_BITS.most}`,
    )
  }
  if (
    n % 2n === 0n ||
    e % 2n === 0n ||
    e >= 2n ** 32n ||
    e < (allowWeak ? 3n : 65_537n)
  ) {
    throw invalidKey('the RSA key has an exponent or a modulus that is not safe')
  }
  if (isRoca(n))
    throw invalidKey('the RSA key was made by hardware whose keys can be factored (ROCA)')
}
