import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Algorithm, isAlgorithm } from '../../src/jwt/algorithms.ts'
import { verifySignature } from '../../src/jwt/index.ts'
import { verifier } from '../../src/verify/index.ts'
import { parseSigned } from '../../src/verify/signed.ts'
import { importWebKey, type WebKey } from '../../src/verify/web-key.ts'
import { type Attack, CORPUS, profileOf, readCorpus, textOf } from '../attacks/corpus.ts'
import { attacksOf } from '../attacks/replay.ts'
import { judgeOf } from '../attacks/token.ts'
import {
  bytes,
  type Jwk,
  type JwkSet,
  keySetOf,
  type Outcome,
  outcomeOf,
  readVectors,
} from '../vectors/corpus.ts'
import { freshKey, KEYS } from './issuer.ts'
import { keysOf } from './web-keys.ts'

const codeOf = (outcome: Outcome): string => {
  if (outcome.kind === 'broken') throw outcome.error
  return outcome.kind === 'accepted' ? 'accepted' : outcome.code
}

async function outcomeOfAsync(judge: () => Promise<unknown>): Promise<Outcome> {
  const settled = await judge().then(
    () => () => undefined,
    (error: unknown) => () => {
      throw error
    },
  )
  return outcomeOf(settled)
}

/* The attack corpus, through the whole verifier. */

const corpus = readCorpus(CORPUS)
const isAsymmetric = (alg: unknown): alg is Algorithm =>
  isAlgorithm(alg) && !alg.startsWith('HS')

/** Attacks with access tokens that are signed with private keys. ID tokens are for clients. */
const applicable = attacksOf(corpus, 'token').filter(({ profile }) => {
  const { algorithms, tokenType, layer } = profileOf(corpus, profile)
  return algorithms.every(isAsymmetric) && tokenType === 'access' && layer === undefined
})

function verifierOf(profile: string) {
  const {
    keys,
    algorithms,
    issuer = '',
    audience = '',
    leeway = 0,
  } = profileOf(corpus, profile)
  // A published key has its alg.
  const published = keys.map((jwk) => ({ ...jwk, alg: jwk.alg ?? algorithms[0] }))
  return verifier({
    issuer,
    audience,
    leeway,
    algorithms: algorithms as 'ES256'[],
    clock: () => corpus.now,
    fetch: async (url) =>
      Response.json({ keys: String(url).endsWith(KEYS) ? published : [] }),
  })
}

/** Two codes are right if a key is found by its kid but is for another algorithm. */
const isSame = (ours: string, theirs: string, { error }: Attack<'token'>): boolean =>
  ours === theirs ||
  (ours !== 'accepted' && theirs !== 'accepted' && error?.includes(ours) === true)

test('attacks: every applicable token has the same outcome as in the server', async () => {
  const verifiers = new Map<string, ReturnType<typeof verifierOf>>()
  const differences: string[] = []
  for (const attack of applicable) {
    const { id, profile, reason } = attack
    const here = verifiers.get(profile) ?? verifierOf(profile)
    verifiers.set(profile, here)
    const token = textOf(attack.token)
    const ours = codeOf(await outcomeOfAsync(() => here.check(token)))
    const theirs = codeOf(
      outcomeOf(() => judgeOf(profileOf(corpus, profile), corpus.now)(token)),
    )
    if ((ours === 'accepted') !== (attack.expect === 'accept'))
      differences.push(`${id} (${reason}) is ${ours}`)
    if (!isSame(ours, theirs, attack))
      differences.push(`${id} (${reason}): ${ours}, and the server says ${theirs}`)
  }
  assert.deepEqual(differences, [])
  assert.deepEqual(
    [applicable.length, applicable.filter(({ expect }) => expect === 'accept').length],
    [162, 12],
  )
})

test('attacks: no token that is signed with a shared secret is accepted', async () => {
  const secrets = attacksOf(corpus, 'token').filter(
    ({ profile }) => profileOf(corpus, profile).algorithms[0] === 'HS256',
  )
  assert.ok(secrets.length > 400)
  const here = verifierOf('es256')
  for (const { id, token } of secrets) {
    const outcome = await outcomeOfAsync(() => here.check(textOf(token)))
    assert.notEqual(codeOf(outcome), 'accepted', id)
  }
})

/* Wycheproof, signatures alone. */

interface JwsVector {
  readonly id: string
  readonly key: string
  readonly jws: string | object
  readonly expect: 'accept' | 'reject'
}

const SETTINGS = { maxBytes: 8192, types: undefined }
const isOfSecrets = (given: Jwk | JwkSet): boolean =>
  JSON.stringify(given).includes('"oct"')

test('Wycheproof JWS: every asymmetric vector has the same outcome as in the server', async () => {
  const { keys, cases } = readVectors<{
    keys: Record<string, Jwk | JwkSet>
    cases: JwsVector[]
  }>('wycheproof-jws.json')
  const asymmetric = cases.filter(({ key }) => !isOfSecrets(keys[key]!))
  const differences: string[] = []
  for (const { id, key, jws, expect } of asymmetric) {
    const token = typeof jws === 'string' ? jws : JSON.stringify(jws)
    const outcome = await outcomeOfAsync(async () =>
      parseSigned(token, await keysOf(keys[key]!), SETTINGS),
    )
    const ours = codeOf(outcome)
    const theirs = codeOf(outcomeOf(() => verifySignature(token, keySetOf(keys[key]!))))
    if ((ours === 'accepted') !== (expect === 'accept'))
      differences.push(`${id} is ${ours}`)
    if (ours !== theirs) differences.push(`${id}: ${ours}, and the server says ${theirs}`)
  }
  assert.deepEqual(differences, [])
  assert.equal(asymmetric.length, 373)
})

/* Wycheproof, below tokens. */

interface Primitive {
  readonly id: string
  readonly alg: Algorithm
  readonly key: string
  readonly msg: string
  readonly sig: string
  readonly valid: boolean
}

const primitives = readVectors<{
  keysRefusedAtImport: string[]
  keys: Record<string, Jwk>
  cases: Primitive[]
}>('wycheproof-primitives.json')
const bytesOf = (text: string): Uint8Array<ArrayBuffer> => new Uint8Array(bytes(text))

for (const alg of new Set(
  primitives.cases.map((vector) => vector.alg).filter(isAsymmetric),
)) {
  test(`Wycheproof primitives: ${alg} in WebCrypto`, async () => {
    const { keys, cases, keysRefusedAtImport } = primitives
    const made = new Map<string, WebKey>()
    const complaints: string[] = []
    for (const { id, key, msg, sig, valid } of cases.filter(
      (vector) => vector.alg === alg,
    )) {
      if (keysRefusedAtImport.includes(key)) {
        await assert.rejects(importWebKey(keys[key], alg), { code: 'invalid_key' }, key)
        continue
      }
      const web = made.get(key) ?? (await importWebKey(keys[key], alg))
      made.set(key, web)
      const holds = await web.verify(bytesOf(msg), bytesOf(sig))
      if (holds !== valid) complaints.push(`${id} is ${holds ? 'accepted' : 'refused'}`)
    }
    assert.deepEqual(complaints, [])
    assert.ok(made.size > 0)
  })
}

test('a key that is not in canonical base64url is rejected', async () => {
  const { x = '', ...rest } = freshKey().verifying.jwk!
  await importWebKey({ ...rest, x })
  const last = x.at(-1)!
  const another = x.slice(0, -1) + String.fromCharCode(last.charCodeAt(0) + 1)
  assert.deepEqual(bytes(another), bytes(x))
  for (const spelled of [another, `${x}=`, `${x} `, x.slice(0, -2), '']) {
    await assert.rejects(
      importWebKey({ ...rest, x: spelled }),
      { code: 'invalid_key' },
      spelled,
    )
  }
})
