import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Clock, type Seconds, seconds, type UnixSeconds } from '../base/clock.ts'
import {
  generateKey,
  idTokenFault,
  importSigningKey,
  KeySet,
  type KeySource,
  remoteKeySet,
  type SigningKey,
  sign,
  type VerifierOptions,
  verifier,
} from './index.ts'

const NOW = 1_800_000_000
const clock: Clock = () => NOW as UnixSeconds
const claims = { exp: NOW + 300, iat: NOW }
const keyOf = (kid: string): SigningKey =>
  importSigningKey('ES256', generateKey('ES256').privatePem, { kid })
const [old, fresh] = [keyOf('old'), keyOf('new')]

for (const cache of [0, 16]) {
  test(`a key that was removed during its look-up verifies no later token (cache of ${cache})`, async () => {
    let set = new KeySet([old.verifying])
    let version = 1
    let arrived = Promise.resolve()
    const keys: KeySource = {
      get version() {
        return version
      },
      algorithms: new Set(['ES256'] as const),
      find(kid) {
        const key = set.find(kid)
        return arrived.then(() => key)
      },
    }
    let arrive = (): void => {}
    arrived = new Promise((resolve) => {
      arrive = resolve
    })
    const { verify } = verifier({ keys, clock, cache })
    const first = verify(sign(claims, old))
    set = new KeySet([fresh.verifying])
    version++
    arrive()
    await first
    await assert.rejects(async () => verify(sign({ ...claims, jti: 'later' }, old)), {
      code: 'unknown_key',
    })
  })
}

const WRONG: Readonly<Record<string, Partial<VerifierOptions<KeySet>>>> = {
  'a leeway of NaN': { leeway: Number.NaN as Seconds },
  'an infinite leeway': { leeway: Number.POSITIVE_INFINITY as Seconds },
  'a clock that returns undefined': { clock: () => undefined as unknown as UnixSeconds },
}
for (const [what, wrong] of Object.entries(WRONG)) {
  test(`with ${what} an expired token is rejected`, () => {
    const expired = sign({ exp: 2, iat: 1 }, old)
    assert.throws(() =>
      verifier({ keys: new KeySet([old.verifying]), clock, ...wrong }).verify(expired),
    )
  })
}

test('an ID token without a nonce is rejected if the expected nonce is undefined', () => {
  const nonce = undefined as unknown as string
  assert.notEqual(
    idTokenFault({ sub: 'a', iat: 1, aud: 'client' }, { audience: 'client', nonce }),
    undefined,
  )
})

function verifierOf(documents: readonly object[]) {
  let requests = 0
  let now = 0
  const failed: unknown[] = []
  const get = async (): Promise<Response> =>
    Response.json(documents[Math.min(requests++, documents.length - 1)])
  const keys = remoteKeySet('https://keys.example/', {
    algorithm: 'ES256',
    fetch: get as typeof fetch,
    elapsed: () => seconds(now),
    onError: (error) => failed.push(error),
  })
  return {
    ...verifier({ keys, clock }),
    failed,
    advance: (length: number) => {
      now += length
    },
  }
}

test('a published set with one key under two kids keeps its other keys', async () => {
  const twin = { ...old.verifying.jwk, kid: 'old-again' }
  const { verify } = verifierOf([
    { keys: [old.verifying.jwk, twin, fresh.verifying.jwk] },
  ])
  assert.equal((await verify(sign(claims, fresh))).exp, claims.exp)
})

test('a set without a usable key is reported', async () => {
  const { verify, failed, advance } = verifierOf([
    { keys: [old.verifying.jwk] },
    { keys: [] },
  ])
  await verify(sign(claims, old))
  advance(400)
  await Promise.resolve(verify(sign(claims, old))).catch(() => {})
  assert.equal(failed.length, 1)
})
