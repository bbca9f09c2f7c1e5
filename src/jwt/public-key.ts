import { createHash, createPublicKey, type KeyObject, X509Certificate } from 'node:crypto'
import { argumentOf, refuseUnknownOptions } from '../base/known-options.ts'
import { ALGORITHMS, type Algorithm, isAlgorithm, isAsymmetric } from './algorithms.ts'
import {
  algorithmOf,
  base64urlMember,
  type Jwk,
  MEMBERS,
  parseJwk,
  REQUIRED,
  rejectPrivate,
  rejectUnreadable,
  rejectUnsuitable,
  requireKty,
} from './jwk.ts'
import {
  invalidKey,
  KEY_OPTIONS,
  type KeyOptions,
  type PublicJwk,
  parseKid,
  type VerifyingKey,
} from './key.ts'
import { isKeyObject, unquotedPem } from './pem.ts'
import { importSecret } from './secret.ts'
import { schemeOf, verifierWith } from './signature.ts'

/**
 * Imports a key that verifies.
 *
 * @param alg `undefined`: the `alg` of the JWK, else the one of its curve. An RSA key needs it, since two paddings would fit
 * @param key PEM (`PUBLIC KEY`, `RSA PUBLIC KEY`, `CERTIFICATE`), a public `KeyObject`, or a public JWK (RFC 7517), or a secret as a JWK (`oct`)
 * @throws AuthError `invalid_key` if the key is private, of another kind than the algorithm's (rule K5), weak, or not in its
 *   canonical form (rule K6); `invalid_config` if an option is unknown
 */
export function importVerifyingKey(
  alg: Algorithm | undefined,
  key: string | KeyObject | Jwk | PublicJwk,
  options: KeyOptions = {},
): VerifyingKey {
  refuseUnknownOptions(options, KEY_OPTIONS, argumentOf('importVerifyingKey'))
  if (typeof key === 'string' || isKeyObject(key)) {
    if (alg === undefined) throw invalidKey('a key in PEM needs the option "algorithm"')
    const object = isKeyObject(key)
      ? requirePublicObject(key)
      : keyFromPem(unquotedPem(key))
    return publicKey(alg, object, options)
  }
  const jwk = parseJwk(key, 'verify')
  const algorithm = algorithmOf(alg, jwk)
  const withKid = { ...options, kid: options.kid ?? parseKid(jwk.kid) }
  if (jwk.kty === 'oct')
    return importSecret(algorithm, base64urlMember(jwk, 'k'), withKid).verifying
  rejectPrivate(jwk)
  return publicKey(algorithm, keyFromJwk(jwk), withKid)
}

/** @throws AuthError `invalid_key`, as `importVerifyingKey` */
export function publicKey(
  alg: Algorithm,
  key: KeyObject,
  { kid, allowWeak = false }: KeyOptions,
): VerifyingKey {
  if (!isAlgorithm(alg))
    throw invalidKey(`the algorithm must be one of ${Object.keys(ALGORITHMS).join(', ')}`)
  if (!isAsymmetric(alg))
    throw invalidKey(`${alg} needs a secret, and this is a public key`)
  const members = publicMembersOf(key)
  // Node would use a key that is for PSS alone (RFC 4055 §1.2) with PKCS #1 v1.5 too.
  if (ALGORITHMS[alg].kind === 'rsa' && key.asymmetricKeyType !== 'rsa')
    throw invalidKey(`${alg} needs an RSA key`)
  rejectUnsuitable(alg, members, allowWeak)
  const name = parseKid(kid)
  const named = name === undefined ? {} : { kid: name }
  return {
    alg,
    kid: name,
    jwk: { ...members, ...named, alg, use: 'sig' },
    ...verifierWith(schemeOf(alg), key),
  }
}

/** One key and white space around it. Node would also accept a private key, and text in front of the key. */
const PEM =
  /^\s*-----BEGIN (RSA )?PUBLIC KEY-----[\sA-Za-z0-9+/=]+-----END \1?PUBLIC KEY-----\s*$/

/** One certificate, of which nothing but the key counts. */
const CERTIFICATE =
  /^\s*-----BEGIN CERTIFICATE-----[\sA-Za-z0-9+/=]+-----END CERTIFICATE-----\s*$/

function requirePublicObject(key: KeyObject): KeyObject {
  if (key.type === 'public') return key
  throw invalidKey(
    `this is a ${key.type} key, with which anyone could sign: give the public one`,
  )
}

function keyFromPem(pem: string): KeyObject {
  if (CERTIFICATE.test(pem))
    return importKeyObject(() => new X509Certificate(pem.trim()).publicKey)
  if (!PEM.test(pem))
    throw invalidKey(
      'the key must be a single public key in PEM, which begins with -----BEGIN PUBLIC KEY-----',
    )
  return importKeyObject(() => createPublicKey(pem.trim()))
}

function keyFromJwk(jwk: Jwk): KeyObject {
  rejectUnreadable(jwk)
  return importKeyObject(() => createPublicKey({ key: jwk, format: 'jwk' }))
}

/** @throws AuthError `invalid_key` if Node cannot import the key */
export function importKeyObject(create: () => KeyObject): KeyObject {
  try {
    return create()
  } catch (cause) {
    throw invalidKey(
      'the key cannot be read: it is damaged, encrypted, or of an unknown kind',
      cause,
    )
  }
}

/** The members that define a public key, and no others. @throws AuthError `invalid_key` */
export function publicMembersOf(key: KeyObject): PublicJwk {
  const jwk = exportJwk(key)
  const kty = jwk.kty as PublicJwk['kty']
  if (!Object.hasOwn(MEMBERS, kty)) throw unsupportedKey()
  return pick(jwk, MEMBERS[kty]) as unknown as PublicJwk
}

function exportJwk(key: KeyObject): Jwk {
  try {
    return key.export({ format: 'jwk' }) as Jwk
  } catch (cause) {
    throw unsupportedKey(cause)
  }
}

const unsupportedKey = (cause?: unknown) =>
  invalidKey(
    'the key is of an unsupported kind: give an RSA, EC or Ed25519 / Ed448 key',
    cause,
  )

const pick = (jwk: Jwk, members: readonly string[]): Jwk =>
  Object.fromEntries(members.map((member) => [member, jwk[member]]))

/**
 * The SHA-256 thumbprint of a key (RFC 7638 §3), which depends on the key alone and not on its `kid` or `alg`. The thumbprint of
 * a secret must be kept as secret as the secret.
 *
 * @returns 43 characters of base64url
 * @throws AuthError `invalid_key` if a member that defines the key is missing
 */
export function thumbprintOf(value: Jwk | PublicJwk): string {
  const jwk: Jwk = { ...value }
  const members = pick(jwk, REQUIRED[requireKty(jwk)])
  for (const [member, text] of Object.entries(members)) {
    if (typeof text !== 'string')
      throw invalidKey(`the member ${member} of the JWK must be a string`)
  }
  return createHash('sha256').update(JSON.stringify(members)).digest('base64url')
}
