import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { setImmediate, setTimeout as sleep } from 'node:timers/promises'
import { type Seconds, seconds, type UnixSeconds } from '../base/clock.ts'
import { systemRandom } from '../base/random.ts'
import { Secret } from '../base/secret.ts'
import { verifier } from '../jwt/index.ts'
import { sign } from '../jwt/jws.ts'
import { sqliteStore } from '../stores/sqlite/store.ts'
import type { Store } from '../stores/store.ts'
import type { Keys } from './keys.ts'
import { type KeyRingDeps, openKeyRing } from './stored-key-ring.ts'

const [older, newer] = [
  new Secret('older secret of at least 32 bytes'),
  new Secret('newer secret of at least 32 bytes'),
]

/** Rings on one store, with a clock that each wait moves forward. */
async function setUp(t: TestContext, options: Partial<KeyRingDeps> = {}) {
  const store: Store = sqliteStore({ file: ':memory:', extensions: [] })
  await store.migrate()
  t.after(() => store.close())
  let now = 1_800_000_000
  const waited: number[] = []
  const clock = (): UnixSeconds => now as UnixSeconds
  const ring = (more: Partial<KeyRingDeps> = {}) =>
    openKeyRing({
      keys: store.ports.keys,
      secrets: [older],
      algorithm: undefined,
      refreshAlgorithm: 'HS256',
      every: seconds(86_400),
      longestLifetime: seconds(3600),
      clock,
      random: systemRandom,
      log: () => undefined,
      async wait(length: Seconds) {
        if (length < 1) return
        waited.push(length)
        now += length
      },
      ...options,
      ...more,
    })
  const token = (signing: Parameters<typeof sign>[1]) => sign({ exp: now + 60 }, signing)
  const advance = (length: number): void => {
    now += length
  }
  return { store, ring, advance, waited, token }
}

const stages = async (keys: Keys) =>
  Object.fromEntries(
    (await keys.list()).map(({ stage, id, algorithm }) => [stage, `${id} ${algorithm}`]),
  )

test('a key signs for the rotation interval, and then the next key does', async (t) => {
  const { ring, advance } = await setUp(t)
  const keys = await ring()
  const first = keys.signing().kid
  assert.equal((await keys.rotateWhenDue()).left, 86_400)
  advance(86_399)
  assert.equal((await keys.rotateWhenDue()).left, 1)
  assert.equal(keys.signing().kid, first)
  const next = keys
    .published()
    .keys.map(({ kid }) => kid)
    .find((kid) => kid !== first)
  advance(1)
  assert.equal((await keys.rotateWhenDue()).left, 86_400)
  assert.equal(keys.signing().kid, next)
  advance(86_399)
  assert.equal((await keys.rotateWhenDue()).left, 1)
})

test('of several processes with a due rotation one rotates', async (t) => {
  const { ring, store, advance } = await setUp(t)
  const rings = await Promise.all(Array.from({ length: 5 }, () => ring()))
  const before = await stages(store.ports.keys)
  advance(86_400)
  const looks = await Promise.all(rings.map((each) => each.rotateWhenDue()))
  const after = await stages(store.ports.keys)
  assert.equal(looks.filter(({ rotated }) => rotated !== undefined).length, 1)
  assert.ok(looks.every(({ left }) => left === 86_400))
  assert.deepEqual([after.retiring, after.current], [before.current, before.next])
  assert.equal((await store.ports.keys.list()).length, 3)
})

test('a process whose copy is stale does not rotate a second time', async (t) => {
  const { ring, store, advance } = await setUp(t)
  const [one, two] = [await ring(), await ring()]
  advance(86_400)
  assert.notEqual((await one.rotateWhenDue()).rotated, undefined)
  assert.deepEqual(await two.rotateWhenDue(), { rotated: undefined, left: 86_400 })
  assert.equal((await store.ports.keys.list()).length, 3)
  assert.equal(two.signing().kid, one.signing().kid)
})

test('without a rotation interval the keys are never rotated', async (t) => {
  const { ring, advance } = await setUp(t, { every: undefined })
  const keys = await ring()
  const { kid } = keys.signing()
  advance(10 * 365 * 86_400)
  assert.equal((await keys.rotateWhenDue()).left, Number.POSITIVE_INFINITY)
  assert.equal(keys.signing().kid, kid)
})

test('a key signs only after it was published for longer than a verifier may cache the key set', async (t) => {
  const { ring, waited, advance } = await setUp(t)
  const keys = await ring()
  advance(1)
  await keys.rotate()
  assert.deepEqual(waited, [], 'the first two keys were published together')
  const announced: number[] = []
  await keys.rotate({ waits: (length) => void announced.push(length) })
  assert.deepEqual(waited, announced)
  assert.ok(
    waited[0]! > keys.maxAge,
    `waits ${waited} s, and a copy may be ${keys.maxAge} s old`,
  )
})

test('leaked keys are replaced without a wait, and verify no token', async (t) => {
  const { ring, waited, token } = await setUp(t)
  const keys = await ring()
  await keys.rotate()
  const old = keys.signing()
  const before = keys.published().keys.map(({ kid }) => kid)
  await keys.rotate({ leaked: true })
  assert.deepEqual(waited, [])
  assert.deepEqual(
    keys.published().keys.filter(({ kid }) => before.includes(kid)),
    [],
  )
  await assert.rejects(
    async () => verifier({ keys: keys.verifying }).verify(token(old)),
    {
      code: 'unknown_key',
    },
  )
})

test('a new algorithm is published first, and signs once every verifier must have it', async (t) => {
  const { ring, store, advance } = await setUp(t)
  await ring()
  const [one, two] = await Promise.all([
    ring({ algorithm: 'EdDSA' }),
    ring({ algorithm: 'EdDSA' }),
  ])
  assert.equal(one.signing().alg, 'ES256')
  const { next } = await stages(store.ports.keys)
  assert.match(next!, /EdDSA$/)
  const { left } = await one.rotateWhenDue()
  assert.ok(left > one.maxAge)
  advance(left)
  await Promise.all([one.rotateWhenDue(), two.rotateWhenDue()])
  assert.equal(one.signing().alg, 'EdDSA')
  assert.equal(two.signing().alg, 'EdDSA')
  assert.equal((await stages(store.ports.keys)).current, next)
  assert.match((await stages(store.ports.keys)).next!, /EdDSA$/)
})

test('processes with different algorithms do not rotate in turns', async (t) => {
  const { ring, store, advance } = await setUp(t, { algorithm: 'ES256' })
  const old = await ring()
  const young = await ring({ algorithm: 'EdDSA' })
  advance(60)
  for (let round = 0; round < 5; round++) {
    await young.rotateWhenDue()
    await old.reload()
    await old.rotateWhenDue()
    await young.reload()
    advance(60)
  }
  assert.equal((await store.ports.keys.list()).length, 3)
})

test('a token signed with a new key of another process is accepted', async (t) => {
  const { ring, token } = await setUp(t)
  const [here, elsewhere] = [await ring(), await ring()]
  await elsewhere.rotate({ leaked: true })
  const claims = await verifier({ keys: here.verifying }).verify(
    token(elsewhere.signing()),
  )
  assert.equal(typeof claims.exp, 'number')
})

test('a process that cannot decrypt the signing key still verifies its tokens', async (t) => {
  const { ring, token } = await setUp(t)
  const here = await ring()
  const elsewhere = await ring({ secrets: [newer, older] })
  await elsewhere.rotate({ leaked: true })
  await verifier({ keys: here.verifying }).verify(token(elsewhere.signing()))
  assert.throws(() => here.signing(), { code: 'invalid_config' })
})

test('tokens with unknown key ids cause at most four reads of the store per second', async (t) => {
  const { store, ring } = await setUp(t)
  let asked = 0
  const list = (): ReturnType<Keys['list']> => {
    asked++
    return store.ports.keys.list()
  }
  const keys: Keys = { ...store.ports.keys, list }
  const { verifying } = await ring({
    keys,
    wait: (length) => new Promise((done) => setTimeout(done, length * 1000)),
  })
  asked = 0
  const began = performance.now()
  const garbage = Array.from({ length: 2000 }, (_, i) => String(i).padStart(43, 'x'))
  assert.equal(
    (await Promise.all(garbage.map((kid) => verifying.find(kid)))).find(Boolean),
    undefined,
  )
  assert.equal(asked, 1)
  for (let i = 0; i < 3; i++) await Promise.all(garbage.map((kid) => verifying.find(kid)))
  const most = 1 + (performance.now() - began) / 250
  assert.ok(asked <= most, `${asked} reads, at most ${most.toFixed(1)} expected`)
  for (const kid of [undefined, 'x', 'x'.repeat(44), `${'x'.repeat(42)}!`]) {
    assert.equal(
      verifying.find(kid),
      undefined,
      'an id that no key can have is not looked up',
    )
  }
})

test('to change the secret: both decrypt, the first one encrypts, and after reseal() the old one is not needed', async (t) => {
  const { ring } = await setUp(t)
  const { kid } = (await ring()).signing()
  await assert.rejects(ring({ secrets: [newer] }), { code: 'wrong_secret' })
  const both = await ring({ secrets: [newer, older] })
  assert.equal(both.signing().kid, kid)
  await assert.rejects(ring({ secrets: [newer] }), { code: 'wrong_secret' })
  assert.equal(await both.reseal(), 2)
  assert.equal(await both.reseal(), 0)
  assert.equal((await ring({ secrets: [newer] })).signing().kid, kid)
})

test('a key that cannot be decrypted never becomes the signing key', async (t) => {
  const { ring, store, advance } = await setUp(t)
  const here = await ring()
  const { kid } = here.signing()
  const elsewhere = await ring({ secrets: [newer, older] })
  advance(86_400)
  await elsewhere.rotate()
  advance(86_400)
  await here.reload()
  await assert.rejects(here.rotateWhenDue(), { code: 'wrong_secret' })
  assert.equal((await stages(store.ports.keys)).retiring, `${kid} ES256`)
  assert.equal(
    (await store.ports.keys.list()).filter(({ stage }) => stage === 'retiring').length,
    1,
  )
})

test('a process that lacks the secret of others rejects none of their tokens: it cannot verify them', async (t) => {
  const { ring, advance } = await setUp(t)
  const here = await ring()
  const elsewhere = await ring({ secrets: [newer, older] })
  const assertError = (kid: string | undefined) =>
    assert.rejects(async () => here.refresh.verifying?.find(kid, 'HS256'), {
      code: 'wrong_secret',
    })

  const { next } = await elsewhere.rotate()
  await here.reload()
  await assertError(next)
  for (let i = 0; i < 2; i++) {
    advance(30)
    await elsewhere.rotate()
  }
  await assert.rejects(here.reload(), { code: 'wrong_secret' })
  await assertError(elsewhere.signing().kid)
  await assertError(next)
})

test('a retired key is published until the last token that any process signed with it has expired', async (t) => {
  const { ring, advance, token } = await setUp(t)
  const [here, elsewhere] = [await ring(), await ring()]
  const { kid } = here.signing()
  await elsewhere.rotate()
  // The copy of this process is stale.
  advance(1)
  assert.equal(here.signing().kid, kid)
  const late = token(here.signing())
  advance(59)
  await verifier({ keys: elsewhere.verifying, clock: () => 0 }).verify(late)
  advance(3600 - 60)
  assert.ok(
    elsewhere.published().keys.some((key) => key.kid === kid),
    'its last token is valid for another second',
  )
  advance(30)
  assert.ok(!elsewhere.published().keys.some((key) => key.kid === kid))
})

test('a slow read never restores a key that a later read no longer had', async (t) => {
  const { ring, store, token } = await setUp(t)
  const late: (() => void)[] = []
  let holds = false
  const slow: Keys = {
    ...store.ports.keys,
    async list() {
      const found = await store.ports.keys.list()
      if (holds) {
        holds = false
        await new Promise<void>((resolve) => late.push(resolve))
      }
      return found
    },
  }
  const [one, other] = [await ring({ keys: slow }), await ring()]
  const { verify } = verifier({ keys: one.verifying, clock: () => 1_800_000_000 })
  const leaked = token(one.signing())
  assert.ok(await verify(leaked))
  holds = true
  const first = one.reload()
  await setImmediate()
  await other.rotate({ leaked: true })
  const second = one.reload()
  await Promise.race([second, sleep(100)])
  for (const answer of late) answer()
  await Promise.all([first, second])
  await assert.rejects(async () => verify(leaked), { code: 'unknown_key' })
})

test('a rotation that waited looks again: a key that was made meanwhile does not sign before it has been published long enough', async (t) => {
  const { ring, store, advance } = await setUp(t)
  const other = await ring()
  advance(100)
  await other.rotate()
  advance(1)
  let waits = 0
  const second = await ring({
    async wait(length: Seconds) {
      if (length < 1) return
      // Both wait for the same key; the other process is a little faster.
      if (waits++ === 0) await other.rotate()
      else advance(length)
    },
  })

  const { current } = await second.rotate()

  assert.equal(waits, 2)
  const keys = await store.ports.keys.list()
  const createdAt = Object.fromEntries(keys.map((key) => [key.id, key.createdAt]))
  const next = keys.find(({ stage }) => stage === 'next')
  assert.ok(
    Number(next?.createdAt) - Number(createdAt[current]) >= 20,
    'the current key was made twenty seconds before it began to sign',
  )
})
