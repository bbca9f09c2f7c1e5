import { createHmac, type KeyObject } from 'node:crypto'
import type { Algorithm } from '../../src/jwt/algorithms.ts'
import type { KeyCase } from './keys.ts'
import type { Chance } from './random.ts'
import { rawSignature } from './signing.ts'

/** The clock of all verifiers of a run. */
export const NOW = 1_893_456_000
export const ISSUER = 'https://auth.example'
export const AUDIENCE = 'https://api.example'

type Members = Record<string, unknown>

/** A token before it is finished: changes apply to its parts before it is signed, and to its text afterwards. */
export interface Draft {
  readonly key: KeyCase
  readonly header: Members
  readonly claims: Members
  /** The JSON text or bytes, if they are changed, in place of the members. */
  headerText?: string | Buffer
  payloadText?: string | Buffer
  /** Encodes the segments of header and payload before they are signed. Default: base64url. */
  spell?: (segment: string) => string
  /** Default: the key's. */
  sign?: (signed: Buffer, key: KeyCase) => Buffer
  /** Applied to the finished token. */
  readonly finish: ((token: string) => string)[]
  /** The names of the changes, in order. */
  readonly trail: string[]
}

export function aDraft(key: KeyCase, chance: Chance): Draft {
  const claims: Members = {
    token_type: 'access',
    exp: NOW + 1 + chance.int(3600),
    iat: NOW - chance.int(3600),
    jti: chance.bytes(16).toString('hex'),
    user_id: String(chance.int(1000)),
    iss: ISSUER,
    aud: AUDIENCE,
  }
  for (let i = chance.int(3); i > 0; i--)
    claims[`x_${chance.text(4)}`] = chance.pick(VALUES)
  return {
    key,
    header: { alg: key.alg, typ: 'JWT', kid: key.kid },
    claims,
    finish: [],
    trail: [],
  }
}

const VALUES = [
  'text',
  'ünïcode 💧 — שלום',
  '',
  0,
  -1.5,
  1e21,
  true,
  false,
  null,
  [],
  [1, 'two', [3]],
  {},
  { deep: { er: 1 } },
]

/** The finished token. */
export function textOf({
  key,
  header,
  claims,
  headerText,
  payloadText,
  spell,
  sign,
  finish,
}: Draft): string {
  const parts = [
    headerText ?? JSON.stringify(header),
    payloadText ?? JSON.stringify(claims),
  ].map(base64url)
  const signed = (spell === undefined ? parts : parts.map(spell)).join('.')
  const signature = (sign ?? properly)(Buffer.from(signed), key)
  return finish.reduce(
    (token, change) => change(token),
    `${signed}.${signature.toString('base64url')}`,
  )
}

const base64url = (text: string | Buffer): string =>
  Buffer.from(text).toString('base64url')

const properly = (signed: Buffer, { alg, signing }: KeyCase): Buffer =>
  rawSignature(alg, signing, signed)

export const signedBy =
  (of: (key: KeyCase) => KeyObject, alg?: Algorithm) =>
  (signed: Buffer, key: KeyCase): Buffer =>
    rawSignature(alg ?? key.alg, of(key), signed)

export const macOf =
  (hash: string, secret: (key: KeyCase) => string | Buffer) =>
  (signed: Buffer, key: KeyCase): Buffer =>
    createHmac(hash, secret(key)).update(signed).digest()
