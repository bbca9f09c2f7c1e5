import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Clock } from '../../src/base/clock.ts'
import { type Algorithm, isAlgorithm } from '../../src/jwt/algorithms.ts'
import {
  importSecret,
  importSigningKey,
  importVerifyingKey,
  KeySet,
  type SigningKey,
  thumbprintOf,
  type VerifyingKey,
  verifier,
  verifySignature,
} from '../../src/jwt/index.ts'
import { bytes, faultOf, type Jwk, outcomeOf, readVectors } from './corpus.ts'

interface Vectors {
  readonly cases: readonly Vector[]
  readonly thumbprints: readonly {
    readonly id: string
    readonly jwk: Jwk
    readonly sha256: string
  }[]
}

interface Vector {
  readonly id: string
  readonly kind: 'compact' | 'json'
  readonly alg?: string
  readonly key?: Jwk | null
  readonly keys?: readonly Jwk[]
  readonly jws?: string
  readonly json?: object
  readonly jsonFlat?: object
  readonly payloadB64u?: string
  readonly header?: object
  readonly claims?: { readonly exp: number }
  readonly deterministic?: boolean
  readonly expect: 'accept' | 'reject'
  readonly errorAnyOf?: readonly string[]
}

const { cases, thumbprints } = readVectors<Vectors>('rfc-jose.json')
const compact = cases.filter(({ kind }) => kind === 'compact')
const accepted = compact.filter(({ expect }) => expect === 'accept')

test('RFC JOSE: all 25 examples and 7 thumbprints are there', () => {
  assert.deepEqual(
    [cases.length, compact.length, accepted.length, thumbprints.length],
    [25, 20, 12, 7],
  )
})

test('RFC JOSE: compact examples have the expected outcome', () => {
  assert.deepEqual(compact.flatMap(complaintsAbout), [])
})

test('RFC JOSE: verifying an example returns its header and payload', () => {
  for (const vector of accepted) {
    const { header, payload } = verifySignature(vector.jws!, keySetFor(vector))
    assert.deepEqual({ ...header }, vector.header, vector.id)
    assert.deepEqual(Buffer.from(payload), bytes(vector.payloadB64u!), vector.id)
  }
})

test('RFC JOSE: an unsecured or encrypted token is rejected with any keys', () => {
  const keyless = compact.filter(({ key }) => key === null)
  assert.deepEqual(
    keyless.map(({ id }) => id),
    ['rfc7515-A.5', 'rfc7519-6.1', 'rfc7519-A.1', 'rfc7519-A.2', 'rfc7520-6-outer'],
  )
  for (const { id, jws, ...verdict } of keyless) {
    for (const keys of [new KeySet([]), ...accepted.map(keySetFor)]) {
      const outcome = outcomeOf(() => verifySignature(jws!, keys))
      assert.equal(faultOf(outcome, verdict), undefined, id)
      assert.notEqual(
        outcomeOf(() => verifier({ keys, clock: at(0) }).verify(jws!)).kind,
        'accepted',
        id,
      )
    }
  }
})

test('RFC JOSE: the JSON serialization is rejected', () => {
  const json = cases.filter(({ kind }) => kind === 'json')
  assert.equal(json.length, 5)
  for (const { id, json: document, jsonFlat, keys, ...verdict } of json) {
    for (const form of [document, jsonFlat]) {
      if (form === undefined) continue
      const set = keySetFor(accepted[0]!)
      const outcome = outcomeOf(() => verifySignature(JSON.stringify(form), set))
      assert.equal(faultOf(outcome, verdict), undefined, `${id}, ${keys?.length} keys`)
    }
  }
})

test('RFC JOSE: claims are valid until the second of their exp', () => {
  const dated = accepted.filter(({ claims }) => claims !== undefined)
  assert.deepEqual(
    dated.map(({ id }) => id),
    ['rfc7515-A.1', 'rfc7515-A.2', 'rfc7515-A.3', 'rfc7519-3.1', 'rfc7520-6-inner'],
  )
  for (const vector of dated) {
    const { exp } = vector.claims!
    const keys = keySetFor(vector)
    assert.deepEqual(
      { ...verifier({ keys, clock: at(exp - 1) }).verify(vector.jws!) },
      vector.claims,
    )
    assert.throws(() => verifier({ keys, clock: at(exp) }).verify(vector.jws!), {
      name: 'AuthError',
      code: 'expired',
    })
  }
})

test('RFC JOSE: signing an example again gives the same bytes if the algorithm is deterministic', () => {
  const again = accepted.filter(({ deterministic }) => deterministic)
  assert.equal(again.length, 7)
  for (const { id, alg, key, jws } of again) {
    const [header, payload, signature] = jws!.split('.')
    const made = signingKeyOf(alg as Algorithm, key!).sign(`${header}.${payload}`)
    assert.equal(made, signature, id)
  }
})

test('RFC JOSE: thumbprints are those of the examples', () => {
  for (const { id, jwk, sha256 } of thumbprints)
    assert.equal(thumbprintOf(jwk), sha256, id)
})

function complaintsAbout(vector: Vector): string[] {
  const fault = faultOf(
    outcomeOf(() => verifySignature(vector.jws!, keySetFor(vector))),
    vector,
  )
  return fault === undefined ? [] : [`${vector.id} ${fault}`]
}

/** An example without a key is verified with a secret for HS256. */
const keySetFor = ({ alg, key }: Vector): KeySet =>
  new KeySet([
    key === null || key === undefined ? aSecret : verifyingKeyOf(alg as Algorithm, key),
  ])

const aSecret = importSecret('HS256', 'a secret of at least thirty-two bytes.').verifying

const verifyingKeyOf = (alg: Algorithm, jwk: Jwk): VerifyingKey =>
  'd' in jwk
    ? importSigningKey(alg, jwk).verifying
    : importVerifyingKey(isAlgorithm(alg) ? alg : undefined, jwk)

const signingKeyOf = (alg: Algorithm, jwk: Jwk): SigningKey =>
  jwk.kty === 'oct' ? importSecret(alg, bytes(String(jwk.k))) : importSigningKey(alg, jwk)

const at =
  (moment: number): Clock =>
  () =>
    moment as ReturnType<Clock>
