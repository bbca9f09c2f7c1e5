import { createHash, createPublicKey, type KeyObject } from 'node:crypto'
import { ALGORITHMS, type Algorithm, isAlgorithm } from './algorithms.ts'
import { decodeBase64url } from './base64url.ts'
import { type KeyOptions, keyRefused, type PublicJwk, parseKid, type VerifyingKey } from './key.ts'
import { isRoca } from './roca.ts'
import { importSecret } from './secret.ts'
import { schemeOf, verifierWith } from './signature.ts'
import { isOfSmallOrder } from './small-order.ts'

/** A key as JSON (RFC 7517), not yet looked at. */
export type Jwk = Readonly<Record<string, unknown>>

/**
 * A key that checks signatures: a public key in PEM (`PUBLIC KEY`, `RSA PUBLIC KEY`), or a JWK, public or a secret (`oct`).
 *
 * @param alg `undefined`: the JWK says it, or its curve does; an RSA key without `alg` is refused, for two paddings would fit
 * @throws Refusal `key_refused` where the key is for something else, too weak, private, or not in its canonical form (K5, K6)
 */
export function importVerifyingKey(
  alg: Algorithm | undefined,
  key: string | Jwk | PublicJwk,
  options: KeyOptions = {},
): VerifyingKey {
  if (typeof key === 'string') {
    if (alg === undefined) throw keyRefused('a key in PEM needs its algorithm')
    return publicKey(alg, publicKeyFromPem(key), options)
  }
  const jwk = parseJwk(key, 'verify')
  const algorithm = algorithmOf(alg, jwk)
  const kid = options.kid ?? parseKid(jwk.kid)
  if (jwk.kty === 'oct') return importSecret(algorithm, octetsIn(jwk, 'k'), { ...options, kid }).verifying
  refusePrivate(jwk)
  return publicKey(algorithm, publicKeyFromJwk(jwk), { ...options, kid })
}

export function publicKey(alg: Algorithm, key: KeyObject, { kid, allowWeak = false }: KeyOptions): VerifyingKey {
  if (!isAlgorithm(alg)) throw keyRefused('the algorithm is not one we know')
  const { kind } = ALGORITHMS[alg]
  if (kind === 'hmac') throw keyRefused(`${alg} is checked with a secret, and this is a public key`)
  const jwk = membersOf(key)
  refuseUnfit(alg, key, jwk, allowWeak)
  const name = parseKid(kid)
  const { verify, verifyText } = verifierWith(schemeOf(alg as Exclude<Algorithm, `HS${string}`>), key)
  const published: PublicJwk = { ...jwk, ...(name === undefined ? {} : { kid: name }), alg, use: 'sig' }
  return { alg, kid: name, jwk: published, verify, verifyText }
}

/** One PEM block and white space around it; node would take a private key too, and text before the block. */
function publicKeyFromPem(pem: string): KeyObject {
  if (!/^\s*-----BEGIN (RSA )?PUBLIC KEY-----[\sA-Za-z0-9+/=]+-----END \1?PUBLIC KEY-----\s*$/.test(pem)) {
    throw keyRefused('this is no public key in PEM: it begins with -----BEGIN PUBLIC KEY-----')
  }
  return read(() => createPublicKey(pem.trim()))
}

const publicKeyFromJwk = (jwk: Jwk): KeyObject => {
  for (const member of MEMBERS[jwk.kty as PublicJwk['kty']]) if (member !== 'crv') octetsIn(jwk, member)
  if (jwk.kty === 'EC') for (const member of ['x', 'y']) refuseShort(jwk, member)
  return read(() => createPublicKey({ key: jwk, format: 'jwk' }))
}

export function read(reading: () => KeyObject): KeyObject {
  try {
    return reading()
  } catch (cause) {
    throw keyRefused('the key cannot be read: it is damaged, encrypted, or of a kind that is not known', cause)
  }
}

/** The members that make the key, in the order of RFC 7638 §3.2 (OKP: RFC 8037 §2). */
const MEMBERS = { RSA: ['e', 'kty', 'n'], EC: ['crv', 'kty', 'x', 'y'], OKP: ['crv', 'kty', 'x'] } as const
const REQUIRED = { ...MEMBERS, oct: ['k', 'kty'] } as const

const PRIVATE = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k']

/** What of a JWK does not depend on its kind. @throws Refusal `key_refused` */
export function parseJwk(value: unknown, operation: 'sign' | 'verify'): Jwk {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw keyRefused('a JWK is a JSON object')
  const jwk = value as Jwk
  if (typeof jwk.kty !== 'string' || !Object.hasOwn(REQUIRED, jwk.kty))
    throw keyRefused('the kty of the JWK is not known')
  if (jwk.crv !== undefined && typeof jwk.crv !== 'string') throw keyRefused('the crv of the JWK is no text')
  if (jwk.use !== undefined && jwk.use !== 'sig') throw keyRefused('the use of the JWK is not "sig"')
  parseKid(jwk.kid)
  const { key_ops: operations } = jwk
  if (operations === undefined) return jwk
  if (!Array.isArray(operations) || new Set(operations).size < operations.length || !operations.includes(operation)) {
    throw keyRefused(`the key_ops of the JWK do not name "${operation}", or name something twice`)
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
  if (jwk.alg !== undefined && !isAlgorithm(jwk.alg)) throw keyRefused('the alg of the JWK is not one we know')
  if (alg !== undefined && jwk.alg !== undefined && alg !== jwk.alg)
    throw keyRefused('the JWK is for another algorithm')
  const own = alg ?? (jwk.alg as Algorithm | undefined) ?? OF_CURVE[String(jwk.crv)]
  if (!isAlgorithm(own)) throw keyRefused('the JWK has no alg, and more than one would fit')
  return own
}

const refusePrivate = (jwk: Jwk): void => {
  if (PRIVATE.some((member) => Object.hasOwn(jwk, member))) {
    throw keyRefused('this is a private key, and a public one is wanted: whoever sees it can sign')
  }
}

/** A member's octets, in canonical base64url. */
export function octetsIn(jwk: Jwk, member: string): Buffer {
  if (member === 'kty') return Buffer.alloc(0)
  const text = Object.hasOwn(jwk, member) ? jwk[member] : undefined
  const octets = typeof text === 'string' && text !== '' ? decodeBase64url(text) : undefined
  if (octets === undefined) throw keyRefused(`the member ${member} of the JWK is not there, or not in base64url`)
  return octets
}

const COORDINATE: Readonly<Record<string, number>> = { 'P-256': 32, 'P-384': 48, 'P-521': 66 }

/** Coordinates have their full length (RFC 7518 §6.2.1.2). */
function refuseShort(jwk: Jwk, member: string): void {
  if (octetsIn(jwk, member).length !== COORDINATE[String(jwk.crv)]) {
    throw keyRefused(`the member ${member} of the JWK is not as long as its curve asks`)
  }
}

/** The public members alone. */
function membersOf(key: KeyObject): PublicJwk {
  const whole = usable(() => key.export({ format: 'jwk' })) as Jwk
  const kty = whole.kty as PublicJwk['kty']
  if (!Object.hasOwn(MEMBERS, kty)) throw keyRefused('the kind of the key is not known')
  return Object.fromEntries([...MEMBERS[kty]].map((member) => [member, whole[member]])) as unknown as PublicJwk
}

function usable<T>(reading: () => T): T {
  try {
    return reading()
  } catch (cause) {
    throw keyRefused('the key is of a kind that cannot be used', cause)
  }
}

/** Of a modulus: below, it can be factored; above, a check takes seconds. */
const MODULUS_BITS = { least: 2048, most: 8192 }

function refuseUnfit(alg: Algorithm, key: KeyObject, jwk: PublicJwk, allowWeak: boolean): void {
  const details = ALGORITHMS[alg]
  if (details.kind === 'ec' && (jwk.kty !== 'EC' || jwk.crv !== details.curve)) {
    throw keyRefused(`${alg} needs a key on the curve ${details.curve}`)
  }
  if (details.kind === 'okp') {
    if (jwk.kty !== 'OKP' || (jwk.crv !== 'Ed25519' && jwk.crv !== 'Ed448'))
      throw keyRefused('EdDSA needs an Ed25519 or Ed448 key')
    if (isOfSmallOrder(jwk.crv, Buffer.from(jwk.x!, 'base64url'))) throw keyRefused('anybody can sign for this point')
  }
  if (details.kind === 'rsa') {
    if (jwk.kty !== 'RSA' || key.asymmetricKeyType !== 'rsa') throw keyRefused(`${alg} needs an RSA key`)
    refuseUnfitRsa(jwk, allowWeak)
  }
}

function refuseUnfitRsa(jwk: PublicJwk, allowWeak: boolean): void {
  const n = BigInt(`0x${octetsIn({ ...jwk }, 'n').toString('hex')}`)
  const e = BigInt(`0x${octetsIn({ ...jwk }, 'e').toString('hex')}`)
  const bits = n.toString(2).length
  if (bits > MODULUS_BITS.most || (bits < MODULUS_BITS.least && !allowWeak)) {
    throw keyRefused(`the RSA key has ${bits} bits and needs ${MODULUS_BITS.least} to ${MODULUS_BITS.most}`)
  }
  if (n % 2n === 0n || e % 2n === 0n || e >= 2n ** 32n || e < (allowWeak ? 3n : 65_537n)) {
    throw keyRefused('the RSA key has an exponent or a modulus that is not safe')
  }
  if (isRoca(n)) throw keyRefused('the RSA key was made by hardware whose keys can be factored (ROCA)')
}

/**
 * The SHA-256 thumbprint of a key in base64url (RFC 7638 §3). A secret's is as secret as itself.
 *
 * @throws Refusal `key_refused` where a member that makes the key is missing
 */
export function thumbprintOf(value: Jwk | PublicJwk): string {
  const jwk: Jwk = { ...value }
  if (typeof jwk.kty !== 'string' || !Object.hasOwn(REQUIRED, jwk.kty))
    throw keyRefused('the kty of the JWK is not known')
  const members = REQUIRED[jwk.kty as keyof typeof REQUIRED].map((member) => [member, jwk[member]])
  if (members.some(([, member]) => typeof member !== 'string')) throw keyRefused('a member of the JWK is missing')
  return createHash('sha256')
    .update(JSON.stringify(Object.fromEntries(members)))
    .digest('base64url')
}
