import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
} from 'node:crypto'
import type { AuthError } from '../base/errors.ts'
import { argumentOf, refuseUnknownOptions } from '../base/known-options.ts'
import {
  ALGORITHMS,
  type Algorithm,
  type AsymmetricAlgorithm,
  isAsymmetric,
} from './algorithms.ts'
import { base64urlLength } from './base64url.ts'
import { headerOf } from './header-of.ts'
import { algorithmOf, base64urlMember, type Jwk, parseJwk } from './jwk.ts'
import {
  invalidKey,
  KEY_OPTIONS,
  type KeyOptions,
  type PublicJwk,
  parseKid,
  type SigningKey,
} from './key.ts'
import { isKeyObject, pemKind, unquotedPem } from './pem.ts'
import {
  importKeyObject,
  publicKey,
  publicMembersOf,
  thumbprintOf,
} from './public-key.ts'
import { importSecret } from './secret.ts'
import { bytesOf, schemeOf } from './signature.ts'

/**
 * Imports a key that signs.
 *
 * @param key PEM (`PRIVATE KEY`, `RSA PRIVATE KEY`, `EC PRIVATE KEY`, `ENCRYPTED PRIVATE KEY` with its `passphrase`), a private
 *   `KeyObject`, or a private JWK (RFC 7517), or a secret as a JWK (`oct`)
 * @throws AuthError `invalid_key` if the key is public, encrypted without its passphrase, of another kind than the algorithm's (rule K5), weak
 *   (rule K6), or its public part does not belong to its private part; `invalid_config` if an option is unknown
 */
export function importSigningKey(
  alg: Algorithm,
  key: string | KeyObject | Jwk,
  options: SigningKeyOptions = {},
): SigningKey {
  const known = { ...KEY_OPTIONS, passphrase: true } as const
  refuseUnknownOptions(options, known, argumentOf('importSigningKey'))
  if (isKeyObject(key) || typeof key === 'string')
    return privateKey(requireAsymmetric(alg), privateKeyFrom(key, options), options)
  const jwk = parseJwk(key, 'sign')
  algorithmOf(alg, jwk)
  const { passphrase: _, ...others } = options
  const withKid = { ...others, kid: options.kid ?? parseKid(jwk.kid) }
  if (jwk.kty === 'oct') return importSecret(alg, base64urlMember(jwk, 'k'), withKid)
  const imported = privateKey(requireAsymmetric(alg), keyFromJwk(jwk), withKid)
  requireSamePublicPart(jwk, imported.verifying.jwk)
  return imported
}

/** @param key PEM, or a private `KeyObject` @throws AuthError `invalid_key` */
export function privateKeyFrom(
  key: string | KeyObject,
  { passphrase }: Pick<SigningKeyOptions, 'passphrase'> = {},
): KeyObject {
  if (isKeyObject(key)) return requirePrivateObject(key)
  return keyFromPem(unquotedPem(key), passphrase)
}

/** The private number of a key pair, the same however the key was encoded: `d` of its JWK (RFC 7518 §6.2.2.1, §6.3.2.1). */
export const privateNumber = (key: KeyObject): Uint8Array =>
  base64urlMember(key.export({ format: 'jwk' }) as Jwk, 'd')

export interface SigningKeyOptions extends KeyOptions {
  /** Of an encrypted PEM. */
  readonly passphrase?: string | undefined
}

function requirePrivateObject(key: KeyObject): KeyObject {
  if (key.type === 'private') return key
  throw invalidKey(
    `this is a ${key.type} key, and a private key is needed to sign with this algorithm`,
  )
}

function requireAsymmetric(alg: Algorithm): AsymmetricAlgorithm {
  if (isAsymmetric(alg)) return alg
  if (ALGORITHMS[alg]?.kind === 'hmac')
    throw invalidKey(`${alg} needs a secret, and this is a private key`)
  throw invalidKey(`the algorithm must be one of ${Object.keys(ALGORITHMS).join(', ')}`)
}

/** The public members of a private JWK, which Node ignores: it derives them. */
const PUBLIC_MEMBERS = ['n', 'e', 'x', 'y'] as const

function requireSamePublicPart(jwk: Jwk, derived: PublicJwk | undefined): void {
  if (PUBLIC_MEMBERS.some((member) => jwk[member] !== derived?.[member]))
    throw mismatchedParts()
}

const mismatchedParts = (): AuthError =>
  invalidKey('the public part of the key does not belong to its private part')

/** One key and white space around it. "openssl ecparam -genkey" writes the curve in front of the key. */
const PEM =
  /^\s*(-----BEGIN EC PARAMETERS-----[^-]*-----END EC PARAMETERS-----\s*)?-----BEGIN ((RSA|EC) )?PRIVATE KEY-----[^-]*-----END ((RSA|EC) )?PRIVATE KEY-----\s*$/

function keyFromPem(pem: string, passphrase: string | undefined): KeyObject {
  const kind = pemKind(pem)
  if (kind === 'encrypted') return decryptedKey(pem, passphrase)
  if (kind === 'certificate' || kind === 'public')
    throw invalidKey(
      `this is a ${kind === 'public' ? 'public key' : 'certificate, which has a public key'}: give the private key, which begins with -----BEGIN PRIVATE KEY-----`,
    )
  if (!PEM.test(pem))
    throw invalidKey(
      'the key must be a single private key in PEM, which begins with -----BEGIN PRIVATE KEY-----',
    )
  return importKeyObject(() => createPrivateKey(pem.trim()))
}

/** One encrypted key (RFC 5958, or with the headers of RFC 1421) and white space around it. */
const ENCRYPTED_PEM =
  /^\s*-----BEGIN (ENCRYPTED|RSA|EC) PRIVATE KEY-----(?:(?!-----)[\s\S])*-----END \1 PRIVATE KEY-----\s*$/

function decryptedKey(pem: string, passphrase: string | undefined): KeyObject {
  if (passphrase === undefined)
    throw invalidKey(
      'the private key is encrypted: give its passphrase, or decrypt it with "openssl pkey -in FILE"',
    )
  if (!ENCRYPTED_PEM.test(pem))
    throw invalidKey('this is not one encrypted private key in PEM')
  try {
    return createPrivateKey({ key: pem.trim(), passphrase })
  } catch (cause) {
    throw invalidKey(
      'the private key cannot be decrypted: its passphrase is wrong, or it is damaged',
      cause,
    )
  }
}

function keyFromJwk(jwk: Jwk): KeyObject {
  base64urlMember(jwk, 'd')
  return importKeyObject(() => createPrivateKey({ key: jwk, format: 'jwk' }))
}

function privateKey(
  alg: AsymmetricAlgorithm,
  key: KeyObject,
  options: KeyOptions,
): SigningKey {
  const verifying = publicKey(alg, createPublicKey(key), options)
  const scheme = schemeOf(alg)
  const probe = Buffer.from('a probe')
  if (!verifying.verify(probe, scheme.sign(probe, key))) throw mismatchedParts()
  return {
    alg,
    kid: verifying.kid,
    header: headerOf(alg, verifying.kid),
    signatureLength: base64urlLength(scheme.length(key)),
    verifying,
    sign: (signed) => scheme.sign(bytesOf(signed), key).toString('base64url'),
  }
}

/** Length of a new RSA key, in bits. */
const MODULUS_BITS = 2048

/** A new key pair. */
export interface GeneratedKey {
  /** PKCS #8 in PEM. */
  readonly privatePem: string
  readonly publicJwk: PublicJwk
  /** The thumbprint of the public key (RFC 7638). */
  readonly kid: string
}

/**
 * Makes a key pair: RSA with 2048 bits, the curve of an ECDSA algorithm, or Ed25519 for EdDSA.
 *
 * @throws AuthError `invalid_key` for HS256, HS384 and HS512, which have a secret
 */
export function generateKey(alg: Algorithm): GeneratedKey {
  const pair = generatePair(alg)
  const publicJwk: PublicJwk = { ...publicMembersOf(pair.publicKey), alg, use: 'sig' }
  return {
    privatePem: pair.privateKey.export({ format: 'pem', type: 'pkcs8' }) as string,
    publicJwk,
    kid: thumbprintOf(publicJwk),
  }
}

function generatePair(alg: Algorithm): { publicKey: KeyObject; privateKey: KeyObject } {
  const details = ALGORITHMS[alg]
  switch (details.kind) {
    case 'ec':
      return generateKeyPairSync('ec', { namedCurve: details.curve })
    case 'rsa':
      return generateKeyPairSync('rsa', { modulusLength: MODULUS_BITS })
    case 'okp':
      return generateKeyPairSync('ed25519')
    case 'hmac':
      throw invalidKey(
        `${alg} has a secret and no key pair: make one with "openssl rand -base64 48"`,
      )
  }
}
