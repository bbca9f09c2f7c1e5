import { days, type Seconds } from '../../base/clock.ts'
import { type Duration, secondsOf } from '../../base/duration.ts'
import { AuthError } from '../../base/errors.ts'
import { listOf, ownMember } from '../../base/optional.ts'
import type { Algorithm } from '../../jwt/algorithms.ts'
import { importSecret, importVerifyingKey } from '../../jwt/index.ts'
import type { Jwk } from '../../jwt/jwk.ts'
import { type FieldErrors, rejectFieldErrors } from '../../users/field-errors.ts'
import { isScope } from '../oauth/scope.ts'
import { SIGNING_ALGORITHMS, type SigningAlgorithm } from './signing-key.ts'

/** The properties of a new key. */
export interface NewSigningKey {
  /**
   * The one algorithm that it is used with: of RFC 9421, or `"hawk-sha256"`. Default: that of the public key (`ed25519`,
   * `ecdsa-p256-sha256`, `ecdsa-p384-sha384`); without one, `hmac-sha256`.
   */
  readonly algorithm?: SigningAlgorithm
  /** As a JWK or in PEM. The private key stays with the client. Default: a secret, which is shown once. */
  readonly publicKey?: object | string
  /** A secret that the client has already, of 32 bytes or more. Default: a new one. */
  readonly secret?: string
  /** The id that requests name, such as one that another server gave it. Default: a new one. */
  readonly id?: string
  /** What it is for: 1 to 150 visible characters. */
  readonly label?: string | undefined
  /** What it is limited to; a permission such as `hasScope` requires one. Default: none. */
  readonly scopes?: readonly string[]
  /** Without it the key is valid until it is revoked. */
  readonly expiresIn?: Duration | undefined
}

export interface ParsedSigningKey {
  readonly algorithm: SigningAlgorithm
  readonly publicKey: Jwk | undefined
  readonly secret: string | undefined
  readonly id: string | undefined
  readonly label: string | undefined
  readonly scopes: readonly string[]
  readonly lifetime: Seconds | undefined
}

/** @throws AuthError `invalid`, whose body names the invalid fields */
export function parseNewSigningKey(input: NewSigningKey): ParsedSigningKey {
  const { publicKey, secret, id, label, scopes = [], expiresIn } = input
  const algorithm = input.algorithm ?? algorithmOf(publicKey)
  const material = materialOf(algorithm, publicKey, secret)
  const lifetime = expiresIn === undefined ? undefined : secondsOf(expiresIn)
  rejectFieldErrors({
    ...material.faults,
    id: unless(id === undefined || isKeyId(id), ID),
    label: unless(label === undefined || isLabel(label), LABEL),
    scopes: unless(isScopeList(scopes), SCOPES),
    expiresIn: unless(expiresIn === undefined || isLifetime(lifetime), LIFETIME),
  })
  return {
    algorithm,
    publicKey: material.jwk,
    secret,
    id,
    label,
    scopes: [...new Set(scopes)],
    lifetime,
  }
}

const ID =
  'Must be 1 to 100 visible ASCII characters without quotes, backslashes, commas and semicolons.'
const LABEL = 'Must be 1 to 150 visible characters.'
const SCOPES = 'Must be a list of words without blanks, quotes and backslashes.'
const LIFETIME = 'Must be a length of time, 100 years at most.'

const unless = (isRight: boolean, message: string): readonly string[] =>
  isRight ? [] : [message]

/** What a parameter of `Signature-Input` and an attribute of Hawk can have as it is. */
const isKeyId = (id: unknown): boolean =>
  typeof id === 'string' && /^[!#-+\--:<-[\]-~]{1,100}$/.test(id)

const isLabel = (label: unknown): boolean =>
  typeof label === 'string' &&
  label.trim() !== '' &&
  label.length <= 150 &&
  label.isWellFormed() &&
  !/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u.test(label)

const isScopeList = (scopes: unknown): boolean =>
  Array.isArray(scopes) && scopes.every(isScope) && scopes.length <= 100

const isLifetime = (lifetime: Seconds | undefined): boolean =>
  lifetime !== undefined && lifetime > 0 && lifetime <= days(36_525)

/** By the curve; an RSA key fits two paddings, and has to be named. */
const OF_CURVES: Readonly<Record<string, SigningAlgorithm>> = {
  Ed25519: 'ed25519',
  'P-256': 'ecdsa-p256-sha256',
  'P-384': 'ecdsa-p384-sha384',
}

function algorithmOf(publicKey: object | string | undefined): SigningAlgorithm {
  if (publicKey === undefined) return 'hmac-sha256'
  const { crv } = Object(publicKey) as { readonly crv?: unknown }
  // What has no curve that is known is an error of the field `algorithm`.
  return ownMember(OF_CURVES, String(crv)) ?? ('' as SigningAlgorithm)
}

interface Material {
  readonly faults: FieldErrors
  readonly jwk?: Jwk
}

const ALGORITHM = `Must be one of ${Object.keys(SIGNING_ALGORITHMS).join(', ')}.`

function materialOf(
  name: SigningAlgorithm,
  publicKey: object | string | undefined,
  secret: string | undefined,
): Material {
  if (!Object.hasOwn(SIGNING_ALGORITHMS, name))
    return { faults: { algorithm: [ALGORITHM] } }
  const algorithm = SIGNING_ALGORITHMS[name]
  if (algorithm !== undefined) return publicMaterial(algorithm, publicKey, secret)
  if (publicKey !== undefined)
    return { faults: { publicKey: [`${name} has a secret: use another algorithm.`] } }
  return { faults: { secret: listOf(secretFaultOf(secret)) } }
}

function publicMaterial(
  algorithm: Algorithm,
  publicKey: object | string | undefined,
  secret: string | undefined,
): Material {
  if (secret !== undefined)
    return { faults: { secret: ['The algorithm has a public key: give that.'] } }
  if (publicKey === undefined)
    return { faults: { publicKey: ['The algorithm needs a public key: a JWK or PEM.'] } }
  try {
    return {
      faults: {},
      jwk: membersOf(importVerifyingKey(algorithm, publicKey as string | Jwk).jwk),
    }
  } catch (error) {
    return { faults: { publicKey: [faultOf(error)] } }
  }
}

/** Only what makes the key: its algorithm is that of the row. */
function membersOf(jwk: object = {}): Jwk {
  const members = Object.entries(jwk).filter(([name]) => KEY_MEMBERS.has(name))
  return Object.fromEntries(members) as unknown as Jwk
}

const KEY_MEMBERS = new Set(['kty', 'crv', 'x', 'y', 'n', 'e'])

const LONGEST_SECRET = 1000

function secretFaultOf(secret: string | undefined): string | undefined {
  if (secret === undefined) return undefined
  if (
    typeof secret !== 'string' ||
    secret.length > LONGEST_SECRET ||
    !secret.isWellFormed()
  )
    return `Must be a text of at most ${LONGEST_SECRET} characters.`
  try {
    importSecret('HS256', secret)
    return undefined
  } catch (error) {
    return faultOf(error)
  }
}

/** What is wrong with a key. @throws any other error */
function faultOf(error: unknown): string {
  if (!(error instanceof AuthError) || error.code !== 'invalid_key') throw error
  return `This key cannot be used: ${error.message}.`
}
