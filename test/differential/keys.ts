import {
  createPrivateKey,
  createPublicKey,
  createSecretKey,
  generateKeyPairSync,
  type JsonWebKey,
  type KeyObject,
} from 'node:crypto'
import { readFileSync } from 'node:fs'
import { ALGORITHMS, type Algorithm } from '../../src/jwt/algorithms.ts'
import {
  importSecret,
  importVerifyingKey,
  type VerifyingKey,
} from '../../src/jwt/index.ts'
import type { Chance } from './random.ts'

/** A key in the form of each implementation, and an attacker's key of the same kind. */
export interface KeyCase {
  readonly alg: Algorithm
  readonly kid: string
  readonly ours: VerifyingKey
  /** For jose: a secret or a public key. */
  readonly verifying: KeyObject
  /** For fast-jwt: bytes of a secret, or a public key in PEM. */
  readonly text: Buffer | string
  readonly signing: KeyObject
  readonly attacker: KeyObject
}

interface RsaKeys {
  readonly server: JsonWebKey
  readonly evil: JsonWebKey
}
const rsa = (): RsaKeys =>
  JSON.parse(
    readFileSync(new URL('../data/vectors/rsa-test-keys.json', import.meta.url), 'utf8'),
  )

export function keyCases(chance: Chance): KeyCase[] {
  return (Object.keys(ALGORITHMS) as Algorithm[]).map((alg) =>
    ALGORITHMS[alg].kind === 'hmac' ? secretCase(alg, chance) : pairCase(alg),
  )
}

function secretCase(alg: Algorithm, chance: Chance): KeyCase {
  const bytes = chance.bytes(64)
  const kid = `${alg}-1`
  const { verifying: ours } = importSecret(alg, bytes, { kid })
  const signing = createSecretKey(bytes)
  return {
    alg,
    kid,
    ours,
    verifying: signing,
    text: bytes,
    signing,
    attacker: createSecretKey(chance.bytes(64)),
  }
}

function pairCase(alg: Algorithm): KeyCase {
  const kid = `${alg}-1`
  const [signing, attacker] = pairOf(alg)
  const verifying = createPublicKey(signing)
  const text = verifying.export({ format: 'pem', type: 'spki' }) as string
  return {
    alg,
    kid,
    ours: importVerifyingKey(alg, text, { kid }),
    verifying,
    text,
    signing,
    attacker,
  }
}

/** Two private keys. RSA keys are slow to generate, so these are always the same two. */
function pairOf(alg: Algorithm): readonly [KeyObject, KeyObject] {
  const details = ALGORITHMS[alg]
  switch (details.kind) {
    case 'rsa': {
      const { server, evil } = rsa()
      return [
        createPrivateKey({ key: server, format: 'jwk' }),
        createPrivateKey({ key: evil, format: 'jwk' }),
      ]
    }
    case 'ec': {
      const make = () =>
        generateKeyPairSync('ec', { namedCurve: details.curve }).privateKey
      return [make(), make()]
    }
    default:
      return [
        generateKeyPairSync('ed25519').privateKey,
        generateKeyPairSync('ed25519').privateKey,
      ]
  }
}
