import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
} from 'node:crypto'
import type { AuthError } from '../base/errors.ts'
import { ALGORITHMS, type Algorithm } from './algorithms.ts'
import { headerOf } from './header-of.ts'
import { algorithmOf, base64urlMember, type Jwk, parseJwk } from './jwk.ts'
import {
  invalidKey,
  type KeyOptions,
  type PublicJwk,
  parseKid,
  type SigningKey,
} from './key.ts'
import { publicKey, read, thumbprintOf } from './public-key.ts'
import { importSecret } from './secret.ts'
import { bytesOf, schemeOf } from './signature.ts'

type Asymmetric = Exclude<Algorithm, `HS${string}`>

/**
 * A key that signs: a private key in PEM (`PRIVATE KEY`, `RSA PRIVATE KEY`, `EC PRIVATE KEY`) or a private JWK.
 *
 * @throws AuthError `invalid_key` where the key is public, encrypted, for something else, too weak (K5, K6), or its two halves do
 *   not belong together
 */
export function importSigningKey(
  alg: Algorithm,
  key: string | Jwk,
  options: KeyOptions = {},
): SigningKey {
  if (typeof key !== 'string' && key?.kty === 'oct') {
    algorithmOf(alg, parseJwk(key, 'sign'))
    return importSecret(alg, base64urlMember(key, 'k'), {
      ...options,
      kid: options.kid ?? parseKid(key.kid),
    })
  }
  if (ALGORITHMS[alg]?.kind === 'hmac')
    throw invalidKey(`${alg} is signed with a secret, and this is a private key`)
  if (typeof key === 'string') return privateKey(alg as Asymmetric, fromPem(key), options)
  const jwk = parseJwk(key, 'sign')
  algorithmOf(alg, jwk)
  const made = privateKey(alg as Asymmetric, fromJwk(jwk), {
    ...options,
    kid: options.kid ?? parseKid(jwk.kid),
  })
  const { jwk: derived } = made.verifying
  if (PUBLIC.some((member) => jwk[member] !== derived?.[member])) throw strangers()
  return made
}

const PUBLIC = ['n', 'e', 'x', 'y'] as const

const strangers = (): AuthError =>
  invalidKey('the two halves of the private key do not belong together')

/** One key and white space around it. "openssl ecparam -genkey" writes the curve before the key. */
const PEM =
  /^\s*(-----BEGIN EC PARAMETERS-----[^-]*-----END EC PARAMETERS-----\s*)?-----BEGIN ((RSA|EC) )?PRIVATE KEY-----[^-]*-----END ((RSA|EC) )?PRIVATE KEY-----\s*$/

function fromPem(pem: string): KeyObject {
  if (!PEM.test(pem))
    throw invalidKey(
      'this is no private key in PEM: it begins with -----BEGIN PRIVATE KEY-----',
    )
  return read(() => createPrivateKey(pem.trim()))
}

function fromJwk(jwk: Jwk): KeyObject {
  base64urlMember(jwk, 'd')
  return read(() => createPrivateKey({ key: jwk, format: 'jwk' }))
}

function privateKey(alg: Asymmetric, key: KeyObject, options: KeyOptions): SigningKey {
  const verifying = publicKey(alg, createPublicKey(key), options)
  const scheme = schemeOf(alg)
  const probe = Buffer.from('a probe')
  if (!verifying.verify(probe, scheme.sign(probe, key))) throw strangers()
  return {
    alg,
    kid: verifying.kid,
    header: headerOf(alg, verifying.kid),
    verifying,
    sign: (signed) => scheme.sign(bytesOf(signed), key).toString('base64url'),
  }
}

/** Bits of an RSA key that is made. */
const MODULUS_BITS = 2048

/** A new key pair for an asymmetric algorithm. */
export function generateKey(alg: Algorithm): {
  readonly privatePem: string
  readonly publicJwk: PublicJwk
  /** The thumbprint of the public part (RFC 7638). */
  readonly kid: string
} {
  const { publicKey: made, privateKey: secret } = keyPairOf(alg)
  const privatePem = secret.export({ format: 'pem', type: 'pkcs8' }) as string
  const { kid: _, ...publicJwk } = publicKey(alg, made, {}).jwk!
  return { privatePem, publicJwk, kid: thumbprintOf(publicJwk) }
}

function keyPairOf(alg: Algorithm): { publicKey: KeyObject; privateKey: KeyObject } {
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
        `${alg} has no key pair: its secret is made with "openssl rand -base64 48"`,
      )
  }
}
