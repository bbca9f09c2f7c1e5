import { createHash, createPublicKey, type KeyObject } from 'node:crypto'
import { ALGORITHMS, type Algorithm, isAlgorithm } from './algorithms.ts'
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
} from './jwk.ts'
import {
  invalidKey,
  type KeyOptions,
  type PublicJwk,
  parseKid,
  type VerifyingKey,
} from './key.ts'
import { importSecret } from './secret.ts'
import { schemeOf, verifierWith } from './signature.ts'

/**
 * A key that checks signatures: a public key in PEM (`PUBLIC KEY`, `RSA PUBLIC KEY`), or a JWK, public or a secret (`oct`).
 *
 * @param alg `undefined`: the JWK says it, or its curve does; an RSA key without `alg` is refused, for two paddings would fit
 * @throws AuthError `invalid_key` where the key is for something else, too weak, private, or not in its canonical form (K5, K6)
 */
export function importVerifyingKey(
  alg: Algorithm | undefined,
  key: string | Jwk | PublicJwk,
  options: KeyOptions = {},
): VerifyingKey {
  if (typeof key === 'string') {
    if (alg === undefined) throw invalidKey('a key in PEM needs its algorithm')
    return publicKey(alg, publicKeyFromPem(key), options)
  }
  const jwk = parseJwk(key, 'verify')
  const algorithm = algorithmOf(alg, jwk)
  const kid = options.kid ?? parseKid(jwk.kid)
  if (jwk.kty === 'oct')
    return importSecret(algorithm, base64urlMember(jwk, 'k'), { ...options, kid })
      .verifying
  rejectPrivate(jwk)
  return publicKey(algorithm, publicKeyFromJwk(jwk), { ...options, kid })
}

export function publicKey(
  alg: Algorithm,
  key: KeyObject,
  { kid, allowWeak = false }: KeyOptions,
): VerifyingKey {
  if (!isAlgorithm(alg)) throw invalidKey('the algorithm is not one we know')
  const { kind } = ALGORITHMS[alg]
  if (kind === 'hmac')
    throw invalidKey(`${alg} is checked with a secret, and this is a public key`)
  const jwk = membersOf(key)
  // A key for PSS alone is an RSA key too, and node would take it for PKCS #1.
  if (kind === 'rsa' && key.asymmetricKeyType !== 'rsa')
    throw invalidKey(`${alg} needs an RSA key`)
  rejectUnsuitable(alg, jwk, allowWeak)
  const name = parseKid(kid)
  const { verify, verifyText } = verifierWith(
    schemeOf(alg as Exclude<Algorithm, `HS${string}`>),
    key,
  )
  const published: PublicJwk = {
    ...jwk,
    ...(name === undefined ? {} : { kid: name }),
    alg,
    use: 'sig',
  }
  return { alg, kid: name, jwk: published, verify, verifyText }
}

/** One PEM block and white space around it; node would take a private key too, and text before the block. */
function publicKeyFromPem(pem: string): KeyObject {
  if (
    !/^\s*-----BEGIN (RSA )?PUBLIC KEY-----[\sA-Za-z0-9+/=]+-----END \1?PUBLIC KEY-----\s*$/.test(
      pem,
    )
  ) {
    throw invalidKey(
      'this is no public key in PEM: it begins with -----BEGIN PUBLIC KEY-----',
    )
  }
  return read(() => createPublicKey(pem.trim()))
}

const publicKeyFromJwk = (jwk: Jwk): KeyObject => {
  rejectUnreadable(jwk)
  return read(() => createPublicKey({ key: jwk, format: 'jwk' }))
}

export function read(reading: () => KeyObject): KeyObject {
  try {
    return reading()
  } catch (cause) {
    throw invalidKey(
      'the key cannot be read: it is damaged, encrypted, or of a kind that is not known',
      cause,
    )
  }
}

/** The public members alone. */
function membersOf(key: KeyObject): PublicJwk {
  const whole = usable(() => key.export({ format: 'jwk' })) as Jwk
  const kty = whole.kty as PublicJwk['kty']
  if (!Object.hasOwn(MEMBERS, kty)) throw invalidKey('the kind of the key is not known')
  return Object.fromEntries(
    [...MEMBERS[kty]].map((member) => [member, whole[member]]),
  ) as unknown as PublicJwk
}

function usable<T>(reading: () => T): T {
  try {
    return reading()
  } catch (cause) {
    throw invalidKey('the key is of a kind that cannot be used', cause)
  }
}

/**
 * The SHA-256 thumbprint of a key in base64url (RFC 7638 §3). A secret's is as secret as itself.
 *
 * @throws AuthError `invalid_key` where a member that makes the key is missing
 */
export function thumbprintOf(value: Jwk | PublicJwk): string {
  const jwk: Jwk = { ...value }
  if (typeof jwk.kty !== 'string' || !Object.hasOwn(REQUIRED, jwk.kty))
    throw invalidKey('the kty of the JWK is not known')
  const members = REQUIRED[jwk.kty as keyof typeof REQUIRED].map((member) => [
    member,
    jwk[member],
  ])
  if (members.some(([, member]) => typeof member !== 'string'))
    throw invalidKey('a member of the JWK is missing')
  return createHash('sha256')
    .update(JSON.stringify(Object.fromEntries(members)))
    .digest('base64url')
}
