import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { days, minutes } from '../../src/base/clock.ts'
import type {
  SigningKeyId,
  StoredSigningKey,
} from '../../src/features/signing-keys/signing-key.ts'
import type { InstanceStore } from '../../src/features.ts'
import { at, NOON, vitor } from '../sessions/setup.ts'
import { reports } from './clients.ts'
import type { FreshDatabase } from './sqlite.ts'

/** Callers at once, distributed over four stores, as in four processes. */
const CALLERS = 24

const ofUser: StoredSigningKey = {
  id: 'k1' as SigningKeyId,
  userId: vitor.id,
  clientId: undefined,
  algorithm: 'hmac-sha256',
  publicKey: undefined,
  sealed: 'v1.sealed',
  scopes: ['posts:read'],
  label: 'nightly export',
  createdAt: NOON,
  expiresAt: undefined,
  lastUsedAt: undefined,
  replacedBy: undefined,
}

const ofClient: StoredSigningKey = {
  ...ofUser,
  id: 'k2' as SigningKeyId,
  userId: undefined,
  clientId: reports.id,
  algorithm: 'ed25519',
  publicKey: { kty: 'OKP', crv: 'Ed25519', x: 'x' },
  sealed: undefined,
  scopes: [],
  label: undefined,
  createdAt: at(NOON, 1),
  expiresAt: at(NOON, days(1)),
}

const idOf = (n: number): SigningKeyId => `next ${n}` as SigningKeyId

/** Keys of signed requests: what is kept, and what happens once. */
export function signingKeyTests(database: string, fresh: FreshDatabase): void {
  const on = (
    title: string,
    body: (
      ports: InstanceStore['ports'],
      stores: readonly InstanceStore[],
    ) => Promise<void>,
  ) =>
    test(`${database}: ${title}`, async (t: TestContext) => {
      const place = await fresh(t)
      if (typeof place === 'string') return t.skip(place)
      const stores: InstanceStore[] = []
      for (let n = 0; n < 4; n++) stores.push(await place.open())
      const { ports } = stores[0]!
      await ports.users.insert(vitor)
      await ports.clients.insert(reports)
      await body(ports, stores)
    })
  const each = <T>(
    stores: readonly InstanceStore[],
    ask: (ports: InstanceStore['ports'], n: number) => Promise<T>,
  ): Promise<T[]> =>
    Promise.all(Array.from({ length: CALLERS }, (_, n) => ask(stores[n % 4]!.ports, n)))

  on('a key is found as it was added, until it expires', async ({ signingKeys }) => {
    assert.equal(await signingKeys.insert(ofUser), true)
    assert.equal(await signingKeys.insert(ofClient), true)
    assert.equal(await signingKeys.insert({ ...ofClient, id: ofUser.id }), false)
    const active = { isOwnerActive: true }
    assert.deepEqual(await signingKeys.find('k1', NOON), { ...ofUser, ...active })
    assert.deepEqual(await signingKeys.find('k2', NOON), { ...ofClient, ...active })
    assert.equal(await signingKeys.find('k2', at(NOON, days(1))), undefined)
    assert.equal(await signingKeys.find('nobody', NOON), undefined)
    assert.equal(await signingKeys.find('\0', NOON), undefined)
    assert.deepEqual(await signingKeys.list(undefined, 10), [ofClient, ofUser])
    assert.deepEqual(await signingKeys.list(undefined, 1), [ofClient])
    assert.deepEqual(await signingKeys.list({ userId: vitor.id }, 10), [ofUser])
    assert.deepEqual(await signingKeys.list({ clientId: 'reports' }, 10), [ofClient])
  })

  on('a key says whether its owner is active', async ({ signingKeys, ...ports }) => {
    await signingKeys.insert(ofUser)
    await signingKeys.insert(ofClient)
    await ports.clients.disable(reports.id, NOON)
    assert.equal((await signingKeys.find('k2', NOON))?.isOwnerActive, false)
    await ports.clients.enable(reports.id)
    assert.equal((await signingKeys.find('k2', NOON))?.isOwnerActive, true)
    await ports.clients.delete(reports.id)
    assert.equal((await signingKeys.find('k2', NOON))?.isOwnerActive, false)
  })

  on('keys of a deleted user are of nobody', async ({ signingKeys, users }) => {
    await signingKeys.insert(ofUser)
    await users.delete(vitor.id)
    assert.equal((await signingKeys.find('k1', NOON))?.isOwnerActive, false)
    const another = { ...ofUser, id: idOf(1) }
    assert.equal(await signingKeys.insert(another), false, 'the user is gone')
  })

  on('no key is added to a disabled or unknown application', async (ports) => {
    const { signingKeys, clients } = ports
    await clients.disable(reports.id, NOON)
    assert.equal(await signingKeys.insert(ofClient), false)
    assert.equal(await signingKeys.insert({ ...ofClient, clientId: 'nobody' }), false)
  })

  on('of concurrent successors of a key one is added', async (ports, stores) => {
    const { signingKeys } = ports
    await signingKeys.insert(ofUser)
    const until = at(NOON, minutes(5))
    const replaced = await each(stores, (of, n) =>
      of.signingKeys.replace(ofUser.id, { ...ofUser, id: idOf(n) }, until, NOON),
    )
    const winners = replaced.flatMap((isDone, n) => (isDone ? [n] : []))
    assert.equal(winners.length, 1)
    const next = idOf(winners[0] ?? -1)
    const all = await signingKeys.list(undefined, 99)
    assert.deepEqual(all.map(({ id }) => id).toSorted(), ['k1', next].toSorted())
    const former = await signingKeys.find('k1', NOON)
    assert.deepEqual([former?.replacedBy, former?.expiresAt], [next, until])
    assert.equal(await signingKeys.find('k1', until), undefined)
    assert.ok(await signingKeys.find(next, until))
  })

  on('a successor does not lengthen a life, and is all or nothing', async (ports) => {
    const { signingKeys, clients } = ports
    await signingKeys.insert(ofClient)
    const next = { ...ofClient, id: idOf(1) }
    const late = at(NOON, days(2))
    await clients.disable(reports.id, NOON)
    assert.equal(await signingKeys.replace(ofClient.id, next, late, NOON), false)
    assert.equal((await signingKeys.find('k2', NOON))?.replacedBy, undefined)
    await clients.enable(reports.id)
    const tooLate = at(NOON, days(1))
    assert.equal(await signingKeys.replace(ofClient.id, next, late, tooLate), false)
    assert.equal(await signingKeys.replace(ofClient.id, next, late, NOON), true)
    assert.equal((await signingKeys.find('k2', NOON))?.expiresAt, ofClient.expiresAt)
  })

  on(
    'of concurrent revocations one succeeds, and only of its owner',
    async (ports, s) => {
      const { signingKeys } = ports
      await signingKeys.insert(ofUser)
      assert.equal(await signingKeys.delete('k1', { userId: 'other' }), undefined)
      assert.equal(await signingKeys.delete('k1', { clientId: vitor.id }), undefined)
      const revoked = await each(s, (of) =>
        of.signingKeys.delete('k1', { userId: vitor.id }),
      )
      assert.deepEqual(
        revoked.filter((each) => each !== undefined),
        [ofUser],
      )
    },
  )

  on('uses are written together, and never moved back', async ({ signingKeys }) => {
    await signingKeys.insert(ofUser)
    await signingKeys.insert(ofClient)
    const lastOf = async (id: string) => (await signingKeys.find(id, NOON))?.lastUsedAt
    await Promise.all([
      signingKeys.touch(ofUser.id, at(NOON, 2)),
      signingKeys.touch(ofUser.id, at(NOON, 3)),
      signingKeys.touch(ofClient.id, at(NOON, 1)),
      signingKeys.touch('nobody' as SigningKeyId, NOON),
    ])
    assert.deepEqual([await lastOf('k1'), await lastOf('k2')], [NOON + 3, NOON + 1])
    await signingKeys.touch(ofUser.id, at(NOON, 1))
    assert.equal(await lastOf('k1'), NOON + 3)
  })

  on('expired keys are swept, and all of an owner deleted', async ({ signingKeys }) => {
    await signingKeys.insert(ofUser)
    await signingKeys.insert(ofClient)
    assert.equal(await signingKeys.flush(at(NOON, days(1)), 10), 0)
    assert.equal(await signingKeys.flush(at(NOON, days(2)), 10), 1)
    assert.equal(await signingKeys.deleteAll({ userId: vitor.id }), 1)
    assert.deepEqual(await signingKeys.list(undefined, 10), [])
  })
}
