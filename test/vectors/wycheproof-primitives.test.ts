import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Algorithm } from '../../src/jwt/algorithms.ts'
import { importVerifyingKey, type VerifyingKey } from '../../src/jwt/index.ts'
import { bytes, type Jwk, outcomeOf, readVectors } from './corpus.ts'

interface Vectors {
  readonly keysRefusedAtImport: readonly string[]
  readonly keys: { readonly [name: string]: Jwk }
  readonly cases: readonly Vector[]
}

interface Vector {
  readonly id: string
  readonly alg: Algorithm
  readonly key: string
  readonly msg: string
  readonly sig: string
  readonly valid: boolean
  readonly comment: string
}

/** Number of vectors of each algorithm, so that a lost vector fails the test. EdDSA is Ed25519 and Ed448. */
const COUNTS = {
  HS256: 87,
  HS384: 87,
  HS512: 87,
  RS256: 258,
  RS384: 257,
  RS512: 258,
  PS256: 108,
  PS384: 141,
  PS512: 179,
  ES256: 262,
  ES384: 280,
  ES512: 318,
  EdDSA: 238,
} as const

const { keys, cases, keysRefusedAtImport } = readVectors<Vectors>(
  'wycheproof-primitives.json',
)

test('Wycheproof primitives: all 2,560 vectors are there, 1,115 of them valid', () => {
  assert.equal(cases.length, 2560)
  assert.equal(cases.filter(({ valid }) => valid).length, 1115)
})

for (const [alg, count] of Object.entries(COUNTS)) {
  test(`Wycheproof primitives: ${alg}`, () => {
    const vectors = cases.filter((vector) => vector.alg === alg)
    assert.equal(vectors.length, count)
    const made = new Map<string, VerifyingKey>()
    assert.deepEqual(
      vectors.flatMap((vector) => complaintAbout(vector, made)),
      [],
    )
  })
}

test('Wycheproof primitives: weak keys are rejected at import', () => {
  assert.equal(keysRefusedAtImport.length, 12)
  for (const name of keysRefusedAtImport) {
    for (const alg of new Set(
      cases.filter(({ key }) => key === name).map(({ alg }) => alg),
    )) {
      const outcome = outcomeOf(() => importVerifyingKey(alg, keys[name]!))
      assert.deepEqual(
        outcome,
        { kind: 'refused', code: 'invalid_key' },
        `${name} for ${alg}`,
      )
    }
  }
})

/** Keys that the file lists are made without the checks of the import. */
function complaintAbout(
  { id, alg, key, msg, sig, valid, comment }: Vector,
  made: Map<string, VerifyingKey>,
): string[] {
  try {
    const verifying =
      made.get(key) ??
      importVerifyingKey(alg, keys[key]!, {
        allowWeak: keysRefusedAtImport.includes(key),
      })
    made.set(key, verifying)
    const holds = verifying.verify(bytes(msg), bytes(sig))
    return holds === valid
      ? []
      : [`${id} (${comment}) is ${holds ? 'accepted' : 'refused'}`]
  } catch (error) {
    return [`${id} (${comment}) threw ${error}`]
  }
}
