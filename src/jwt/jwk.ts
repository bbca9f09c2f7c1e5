import { ownMember } from '../base/optional.ts'
import { ALGORITHMS, type Algorithm, isAlgorithm } from './algorithms.ts'
import { bigIntOf, decodeBase64url } from './base64url.ts'
import { invalidKey, type PublicJwk, parseKid } from './key.ts'
import { isRoca } from './roca.ts'
import { isOfSmallOrder } from './small-order.ts'

/** A JSON Web Key (RFC 7517) that has not been checked. */
export type Jwk = Readonly<Record<string, unknown>>

/** The members that define a public key, in the order of RFC 7638 §3.2 (OKP: RFC 8037 §2). */
export const MEMBERS = {
  RSA: ['e', 'kty', 'n'],
  EC: ['crv', 'kty', 'x', 'y'],
  OKP: ['crv', 'kty', 'x'],
} as const
export const REQUIRED = { ...MEMBERS, oct: ['k', 'kty'] } as const

const PRIVATE = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k']

/** Checks what all kinds of keys share. @throws AuthError `invalid_key` */
export function parseJwk(value: unknown, operation: 'sign' | 'verify'): Jwk {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw invalidKey('a JWK must be a JSON object')
  const jwk = value as Jwk
  requireKty(jwk)
  if (jwk.crv !== undefined && typeof jwk.crv !== 'string')
    throw invalidKey('the crv of the JWK must be a string')
  if (jwk.use !== undefined && jwk.use !== 'sig')
    throw invalidKey('the use of the JWK must be "sig"')
  parseKid(jwk.kid)
  requireOperation(jwk.key_ops, operation)
  return jwk
}

/** @throws AuthError `invalid_key` */
export function requireKty({ kty }: Jwk): keyof typeof REQUIRED {
  if (typeof kty === 'string' && Object.hasOwn(REQUIRED, kty))
    return kty as keyof typeof REQUIRED
  throw invalidKey(
    `the kty of the JWK must be one of ${Object.keys(REQUIRED).join(', ')}`,
  )
}

/** RFC 7517 §4.3. */
function requireOperation(operations: unknown, operation: 'sign' | 'verify'): void {
  if (operations === undefined) return
  const isUsable =
    Array.isArray(operations) &&
    operations.includes(operation) &&
    new Set(operations).size === operations.length
  if (!isUsable)
    throw invalidKey(
      `the key_ops of the JWK must include "${operation}", and nothing twice`,
    )
}

const ALGORITHM_OF_CURVE: Readonly<Record<string, Algorithm>> = {
  'P-256': 'ES256',
  'P-384': 'ES384',
  'P-521': 'ES512',
  Ed25519: 'EdDSA',
  Ed448: 'EdDSA',
}

/**
 * The algorithm that a key is for.
 *
 * @param alg `undefined`: the `alg` of the JWK, else the one of its curve
 * @throws AuthError `invalid_key`
 */
export function algorithmOf(alg: Algorithm | undefined, jwk: Jwk): Algorithm {
  if (jwk.alg !== undefined && !isAlgorithm(jwk.alg))
    throw invalidKey(
      `the alg of the JWK must be one of ${Object.keys(ALGORITHMS).join(', ')}`,
    )
  if (alg !== undefined && jwk.alg !== undefined && alg !== jwk.alg)
    throw invalidKey(`the JWK is for another algorithm than ${alg}`)
  const found = alg ?? jwk.alg ?? ALGORITHM_OF_CURVE[String(jwk.crv)]
  if (!isAlgorithm(found))
    throw invalidKey(
      'the JWK has no alg, and more than one would fit: name the algorithm in it',
    )
  return found
}

/** @throws AuthError `invalid_key` if the key has a private member */
export function rejectPrivate(jwk: Jwk): void {
  if (PRIVATE.some((member) => Object.hasOwn(jwk, member)))
    throw invalidKey(
      'this is a private key, with which anyone could sign: give the public one',
    )
}

/** Decodes a member in canonical base64url. @throws AuthError `invalid_key` */
export function base64urlMember(jwk: Jwk, member: string): Uint8Array<ArrayBuffer> {
  const bytes = decodeMember(jwk, member)
  if (bytes === undefined || bytes.length === 0)
    throw invalidKey(`the member ${member} of the JWK must be a base64url string`)
  return bytes
}

function decodeMember(jwk: Jwk, member: string): Uint8Array<ArrayBuffer> | undefined {
  const text = ownMember(jwk, member)
  if (typeof text !== 'string') return undefined
  return decodeBase64url(text)
}

const COORDINATE_BYTES: Readonly<Record<string, number>> = {
  'P-256': 32,
  'P-384': 48,
  'P-521': 66,
}

/** @throws AuthError `invalid_key` if a member that defines the key is not in its canonical form (rule K6) */
export function rejectUnreadable(jwk: Jwk): void {
  for (const member of MEMBERS[jwk.kty as PublicJwk['kty']]) {
    if (member !== 'kty' && member !== 'crv') base64urlMember(jwk, member)
  }
  if (jwk.kty === 'RSA') for (const member of ['n', 'e']) requireMinimal(jwk, member)
  if (jwk.kty !== 'EC') return
  for (const member of ['x', 'y']) requireCoordinate(jwk, member)
}

/** Numbers have no zero byte in front (RFC 7518 §6.3.1.1). */
function requireMinimal(jwk: Jwk, member: string): void {
  if (base64urlMember(jwk, member)[0] === 0)
    throw invalidKey(`the member ${member} of the JWK has a zero byte in front`)
}

/** Coordinates have the full length of the curve (RFC 7518 §6.2.1.2). */
function requireCoordinate(jwk: Jwk, member: string): void {
  const expected = COORDINATE_BYTES[String(jwk.crv)]
  if (base64urlMember(jwk, member).length !== expected)
    throw invalidKey(
      `the member ${member} of the JWK does not have the length of its curve`,
    )
}

/**
 * Rejects keys of another kind than the algorithm's (rule K5), and weak ones (rule K6).
 *
 * @throws AuthError `invalid_key`
 */
export function rejectUnsuitable(
  alg: Algorithm,
  jwk: PublicJwk,
  allowWeak: boolean,
): void {
  const details = ALGORITHMS[alg]
  switch (details.kind) {
    case 'ec':
      if (jwk.kty !== 'EC' || jwk.crv !== details.curve)
        throw invalidKey(`${alg} needs a key on the curve ${details.curve}`)
      return
    case 'okp':
      rejectUnsuitableEdwards(jwk)
      return
    case 'rsa':
      if (jwk.kty !== 'RSA') throw invalidKey(`${alg} needs an RSA key`)
      rejectUnsafeRsa(jwk, allowWeak)
      return
    case 'hmac':
      return
  }
}

function rejectUnsuitableEdwards(jwk: PublicJwk): void {
  const { kty, crv } = jwk
  if (kty !== 'OKP' || (crv !== 'Ed25519' && crv !== 'Ed448'))
    throw invalidKey('EdDSA needs an Ed25519 or Ed448 key')
  if (isOfSmallOrder(crv, base64urlMember({ ...jwk }, 'x')))
    throw invalidKey('the key is a point of small order, for which anyone can sign')
}

/** Bounds for an RSA modulus. A shorter one can be factored; with a longer one a verification takes seconds. */
const MIN_BITS = 2048
const MAX_BITS = 8192

function rejectUnsafeRsa(jwk: PublicJwk, allowWeak: boolean): void {
  const n = bigIntOf(base64urlMember({ ...jwk }, 'n'))
  const e = bigIntOf(base64urlMember({ ...jwk }, 'e'))
  const bits = n.toString(2).length
  if (bits > MAX_BITS || (bits < MIN_BITS && !allowWeak))
    throw invalidKey(`the RSA key has ${bits} bits and needs ${MIN_BITS} to ${MAX_BITS}`)
  if (n % 2n === 0n) throw invalidKey('the modulus of the RSA key is even')
  if (!isSafeExponent(e, allowWeak))
    throw invalidKey(
      'the exponent of the RSA key must be an odd number from 65537 to 2^32',
    )
  if (isRoca(n))
    throw invalidKey(
      'the RSA key was made by faulty hardware and can be factored (ROCA): make a new one',
    )
}

/** FIPS 186-5 §5.1 asks for at least 65537; some runtimes read no exponent of more than 32 bits. */
const isSafeExponent = (e: bigint, allowWeak: boolean): boolean =>
  e % 2n === 1n && e < 2n ** 32n && e >= (allowWeak ? 3n : 65_537n)
