import assert from 'node:assert/strict'
import { test } from 'node:test'
import { verifySignature } from '../../src/jwt/index.ts'
import {
  faultOf,
  type Jwk,
  type JwkSet,
  keySetOf,
  outcomeOf,
  readVectors,
} from './corpus.ts'

interface Vectors {
  readonly keys: { readonly [name: string]: Jwk | JwkSet }
  readonly cases: readonly Vector[]
}

interface Vector {
  readonly id: string
  readonly group: string
  readonly comment: string
  readonly key: string
  /** An object: the JSON serialization. */
  readonly jws: string | object
  readonly expect: 'accept' | 'reject'
  readonly errorAnyOf?: readonly string[]
}

/** Number of vectors of each group, so that a lost vector fails the test. */
const GROUPS: { readonly [group: string]: number } = {
  hs256: 17,
  es256: 15,
  rs256: 233,
  rs384: 4,
  rs512: 4,
  ps256: 48,
  ps384: 5,
  ps512: 20,
  rfc7520: 5,
  rfc7520WithKeyOps: 3,
  rsa_encryption: 2,
  ec_key_for_encryption: 2,
  base64: 21,
  SpecialCaseEs256: 24,
  jws_mixedSymmetryKeyset: 1,
  jws_keyset: 2,
  jws_duplicate_kid: 1,
  jws_rsa_roca_key: 2,
  keysize_too_small: 1,
  exponentOne: 1,
  HS256: 3,
  HS384: 3,
  HS512: 3,
  wrong_algorithm: 1,
  invalid_algorithm: 1,
  invalid_use: 1,
  invalid_point: 1,
  wrong_curve: 1,
  wrong_kty: 1,
  invalid_aes_gcm_key: 1,
  invalid_aes_kw_key: 1,
  jws_aes: 1,
}

/** Its key is 32 zero bytes, which the import rejects as weak (rule K7); the vectors are about base64. */
const WITH_A_TRIVIAL_KEY = ['base64']

const { keys, cases } = readVectors<Vectors>('wycheproof-jws.json')

test('Wycheproof JWS: all 429 vectors are there, 47 of them to accept', () => {
  assert.equal(cases.length, 429)
  assert.equal(cases.filter(({ expect }) => expect === 'accept').length, 47)
  assert.deepEqual(
    Object.fromEntries([...Map.groupBy(cases, groupOf)].map(sized)),
    GROUPS,
  )
})

for (const group of Object.keys(GROUPS)) {
  test(`Wycheproof JWS: ${group}`, () => {
    const vectors = cases.filter((vector) => vector.group === group)
    assert.equal(vectors.length, GROUPS[group])
    assert.deepEqual(vectors.flatMap(complaintAbout), [])
  })
}

const groupOf = ({ group }: Vector): string => group
const sized = ([group, vectors]: readonly [string, readonly Vector[]]) =>
  [group, vectors.length] as const

/** Imports the published key and verifies the signature. The import may reject the key. */
function complaintAbout({ id, group, comment, key, jws, ...verdict }: Vector): string[] {
  const allowWeak = WITH_A_TRIVIAL_KEY.includes(group)
  const token = typeof jws === 'string' ? jws : JSON.stringify(jws)
  const fault = faultOf(
    outcomeOf(() => verifySignature(token, keySetOf(keys[key]!, { allowWeak }))),
    verdict,
  )
  return fault === undefined ? [] : [`${id} (${comment}) ${fault}`]
}
