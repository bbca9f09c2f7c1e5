import assert from 'node:assert/strict'
import { test } from 'node:test'
import { seconds, type UnixSeconds } from '../../src/base/clock.ts'
import { AuthError } from '../../src/base/errors.ts'
import { claimFault } from '../../src/jwt/claims.ts'
import { TYPES } from '../../src/jwt/compact.ts'
import { type Claims, KeySet, verifier } from '../../src/jwt/index.ts'
import { parseSegment, parseSigned, type WebKeys } from '../../src/verify/signed.ts'
import { CHANGES } from '../differential/changes.ts'
import { AUDIENCE, aDraft, ISSUER, NOW, textOf } from '../differential/draft.ts'
import { type KeyCase, keyCases } from '../differential/keys.ts'
import { Chance } from '../differential/random.ts'
import type { Jwk } from '../vectors/corpus.ts'
import { keysOf } from './web-keys.ts'

/** A tenth of the engine's count: WebCrypto is slower, as each call is asynchronous. */
const COUNT = Math.ceil(Number(process.env.WATCHWORD_DIFFERENTIAL ?? 10_000) / 10)
const SEED = Number(process.env.WATCHWORD_SEED ?? Date.now() % 2 ** 31)
const now = NOW as UnixSeconds
const want = { issuer: ISSUER, audiences: [AUDIENCE].flat(), leeway: seconds(0) }

async function inWebCrypto(token: string, keys: WebKeys): Promise<Claims> {
  const { payload } = await parseSigned(token, keys, { maxBytes: 8192, types: TYPES })
  const claims = parseSegment(payload)
  const fault = claimFault(claims, want, now)
  if (fault !== undefined) throw new AuthError(fault)
  if (claims.exp === undefined) throw new AuthError('invalid_claim')
  return claims
}

/** The claims as JSON, or the error code. */
const outcomeOf = async (judge: () => Claims | Promise<Claims>): Promise<string> => {
  try {
    return JSON.stringify(await judge())
  } catch (error) {
    if (error instanceof AuthError) return error.code
    throw error
  }
}

async function sidesOf(key: KeyCase) {
  const { verify } = verifier({
    keys: new KeySet([key.ours]),
    clock: () => now,
    issuer: ISSUER,
    audience: AUDIENCE,
  })
  return { key, verify, keys: await keysOf(key.ours.jwk as unknown as Jwk) }
}

test(`differential: ${COUNT} generated tokens have the same outcome in WebCrypto as in the server`, async (t) => {
  t.diagnostic(`WATCHWORD_SEED=${SEED}`)
  const chance = new Chance(SEED)
  const sides = await Promise.all(
    keyCases(chance)
      .filter(({ alg }) => !alg.startsWith('HS'))
      .map(sidesOf),
  )
  const names = Object.keys(CHANGES)
  const words = new Set<string>()
  const differences: string[] = []
  for (let i = 0; i < COUNT; i++) {
    const { key, verify, keys } = chance.pick(sides)
    const draft = aDraft(key, chance)
    for (let changes = chance.int(3); changes > 0; changes--)
      CHANGES[chance.pick(names)]!(draft, chance)
    const token = textOf(draft)
    const server = await outcomeOf(() => verify(token))
    const web = await outcomeOf(() => inWebCrypto(token, keys))
    words.add(server.startsWith('{') ? 'accepted' : server)
    if (server !== web)
      differences.push(`${web}, and the server says ${server}: ${token}`)
  }
  assert.deepEqual(
    differences.slice(0, 5),
    [],
    `${differences.length}; again with WATCHWORD_SEED=${SEED}`,
  )
  assert.ok(words.has('accepted') && words.size > 8, [...words].join())
})
