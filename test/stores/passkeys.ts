import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { seconds } from '../../src/base/clock.ts'
import type {
  Credential,
  CredentialId,
} from '../../src/features/second-factors/credential.ts'
import type {
  DeviceId,
  RememberedDevice,
} from '../../src/features/second-factors/device.ts'
import type { InstanceStore } from '../../src/features.ts'
import { at, NOON, vitor } from '../sessions/setup.ts'
import type { FreshDatabase } from './sqlite.ts'

/** Callers at once, distributed over four stores, as in four processes. */
const CALLERS = 40

const passkey = (id: string, more: Partial<Credential> = {}): Credential => ({
  id: id as CredentialId,
  kind: 'passkey',
  userId: vitor.id,
  label: 'Phone',
  secret: '',
  counter: 0,
  createdAt: NOON,
  confirmedAt: NOON,
  lastUsedAt: undefined,
  passkey: {
    credentialId: `${id}-at-the-authenticator`,
    publicKey: 'pQECAyYg',
    transports: ['internal', 'hybrid'],
    aaguid: '00000000-0000-0000-0000-000000000000',
    isSyncable: true,
    isBackedUp: false,
  },
  ...more,
})

const recoveryCode = (id: string): Credential => ({
  ...passkey(id, { passkey: undefined }),
  kind: 'recovery',
  secret: `${id}-digest`,
})

const PASSKEYS = [{ table: 'credentials', where: { kind: ['passkey'] } }]

/** Passkeys: what happens once, and what stays. */
export function passkeyTests(database: string, fresh: FreshDatabase): void {
  const on = (
    title: string,
    body: (
      stores: readonly InstanceStore[],
      ports: InstanceStore['ports'],
    ) => Promise<void>,
  ) =>
    test(`${database}: ${title}`, async (t: TestContext) => {
      const place = await fresh(t)
      if (typeof place === 'string') return t.skip(place)
      const stores: InstanceStore[] = []
      for (let n = 0; n < 4; n++) stores.push(await place.open())
      await stores[0]!.ports.users.insert(vitor)
      await body(stores, stores[0]!.ports)
    })
  const each = <T>(
    stores: readonly InstanceStore[],
    ask: (ports: InstanceStore['ports'], n: number) => Promise<T>,
  ): Promise<T[]> =>
    Promise.all(Array.from({ length: CALLERS }, (_, n) => ask(stores[n % 4]!.ports, n)))

  on(
    `of ${CALLERS} passkeys that are deleted at once the last one stays`,
    async (stores, ports) => {
      for (let n = 0; n < CALLERS; n++)
        await ports.credentials.insert(passkey(`p${n}`), 0)
      const outcomes = await each(stores, ({ credentials }, n) =>
        credentials.deletePasskey(`p${n}` as CredentialId, vitor.id, PASSKEYS),
      )
      assert.equal(outcomes.filter((outcome) => outcome === 'last').length, 1)
      assert.equal(
        outcomes.filter((outcome) => outcome === 'removed').length,
        CALLERS - 1,
      )
      const [left, ...others] = await ports.credentials.list(vitor.id)
      assert.deepEqual(others, [])
      assert.equal(
        await ports.credentials.deletePasskey(left!.id, vitor.id, undefined),
        'removed',
      )
      assert.equal(
        await ports.credentials.deletePasskey(left!.id, vitor.id, undefined),
        'unknown',
      )
    },
  )

  on('a passkey is stored once, as it is', async (stores, ports) => {
    const inserted = await each(stores, ({ credentials }, n) =>
      credentials.insert(
        passkey(`p${n}`, {
          passkey: { ...passkey('x').passkey!, credentialId: 'same' },
        }),
      ),
    )
    assert.equal(inserted.filter(Boolean).length, 1)
    const found = await ports.credentials.findPasskey('same')
    const expected = { ...passkey('x').passkey, credentialId: 'same' }
    assert.deepEqual(found?.passkey, expected)
    assert.equal(await ports.credentials.findPasskey('another'), undefined)
  })

  on('a passkey of a user who has changed is not stored', async (_, ports) => {
    await ports.users.setPassword(vitor.id, 'new')
    assert.equal(await ports.credentials.insert(passkey('p1'), 0), false)
    assert.equal(await ports.credentials.insert(passkey('p1'), 1), true)
  })

  on('a counter advances once, and 0 only if it never has', async (stores, ports) => {
    const { credentials } = ports
    await credentials.insert(passkey('counts', { counter: 3 }))
    await credentials.insert(passkey('silent'))
    const id = 'counts' as CredentialId
    const now = at(NOON, seconds(1))
    const outcomes = await each(stores, (own) => own.credentials.advance(id, 4, now))
    assert.equal(outcomes.filter(Boolean).length, 1)
    assert.equal(await credentials.touch(id, now), false)
    const silent = 'silent' as CredentialId
    assert.equal(await credentials.touch(silent, now), true)
    assert.equal(
      (await credentials.findPasskey('silent-at-the-authenticator'))?.lastUsedAt,
      now,
    )
    assert.equal(await credentials.advance(silent, 1, now), true)
    assert.equal(await credentials.touch(silent, now), false)
  })

  on('no other function deletes or renames a passkey of another', async (_, ports) => {
    const { credentials } = ports
    await ports.users.insert({
      ...vitor,
      id: 'b2' as never,
      username: 'b',
      usernameKey: 'b',
    })
    await credentials.insert(passkey('p1'))
    const id = 'p1' as CredentialId
    assert.equal(await credentials.deleteTotp(id, vitor.id), false)
    assert.equal(await credentials.deletePasskey(id, 'b2' as never, undefined), 'unknown')
    assert.equal(await credentials.renamePasskey(id, 'b2' as never, 'mine'), false)
    assert.equal(await credentials.renamePasskey(id, vitor.id, 'Laptop'), true)
    assert.equal((await credentials.list(vitor.id))[0]?.label, 'Laptop')
  })

  on(
    `of ${CALLERS} first factors that are added at once one is confirmed`,
    async (stores, ports) => {
      const outcomes = await each(stores, async ({ credentials }, n) => {
        const id = `p${n}` as CredentialId
        await credentials.insert(passkey(id, { confirmedAt: undefined }))
        return credentials.confirm(id, { counter: 0, now: NOON }, true)
      })
      assert.equal(outcomes.filter(Boolean).length, 1)
      const all = await ports.credentials.list(vitor.id)
      assert.equal(all.filter(({ confirmedAt }) => confirmedAt !== undefined).length, 1)
    },
  )

  on(
    `of ${CALLERS} sets of recovery codes that replace others at once one is left`,
    async (stores, ports) => {
      const set = (n: number) => [recoveryCode(`r${n}`), recoveryCode(`s${n}`)]
      const outcomes = await each(stores, ({ credentials }, n) =>
        credentials.replaceRecoveryCodes(vitor.id, set(n)),
      )
      assert.deepEqual(new Set(outcomes), new Set([true]))
      const left = await ports.credentials.list(vitor.id)
      assert.equal(left.length, 2)
      assert.equal(left[0]?.id.slice(1), left[1]?.id.slice(1))
    },
  )

  on(
    'recovery codes are deleted without an authenticator or passkey, and none of an unknown user is added',
    async (_, { credentials }) => {
      await credentials.replaceRecoveryCodes(vitor.id, [recoveryCode('r1')])
      await credentials.insert(passkey('p1', { confirmedAt: undefined }))
      await credentials.insert(passkey('p2'))
      await credentials.deleteUnusedRecoveryCodes(vitor.id)
      assert.equal(await credentials.redeem(vitor.id, ['r1-digest']), true)

      await credentials.replaceRecoveryCodes(vitor.id, [recoveryCode('r2')])
      await credentials.deletePasskey('p2' as CredentialId, vitor.id, undefined)
      await credentials.deleteUnusedRecoveryCodes(vitor.id)
      assert.equal(await credentials.redeem(vitor.id, ['r2-digest']), false)

      const ofNobody = { ...recoveryCode('r3'), userId: 'b2' as never }
      assert.equal(
        await credentials.replaceRecoveryCodes('b2' as never, [ofNobody]),
        false,
      )
    },
  )

  on(
    'passkeys are suspended from a moment on, until each is restored',
    async (_, ports) => {
      const { credentials } = ports
      await credentials.insert(passkey('old', { createdAt: at(NOON, seconds(-10)) }))
      await credentials.insert(passkey('new'))
      await credentials.insert({ ...passkey('app'), kind: 'totp', passkey: undefined })
      assert.equal(await credentials.suspendPasskeys(vitor.id, NOON, NOON), 1)
      assert.equal(await credentials.suspendPasskeys(vitor.id, NOON, NOON), 0)
      const suspended = async () =>
        (await credentials.list(vitor.id))
          .filter(({ suspendedAt }) => suspendedAt !== undefined)
          .map(({ id }) => String(id))
      assert.deepEqual(await suspended(), ['new'])
      await credentials.restorePasskey('new' as CredentialId)
      assert.deepEqual(await suspended(), [])
    },
  )

  on(
    'a device is known to its user, in one epoch, until it expires',
    async (_, ports) => {
      const { devices } = ports
      const digests = ['unknown', 'digest']
      const presented = { userId: vitor.id, epoch: 0, digests }
      assert.equal(await devices.insert({ ...DEVICE, epoch: 1 }), false)
      assert.equal(await devices.insert(DEVICE), true)
      const later = at(NOON, seconds(9))
      assert.equal(await devices.use(presented, later), true)
      assert.equal(
        await devices.use({ ...presented, digests: ['unknown'] }, later),
        false,
      )
      assert.equal(
        await devices.use({ ...presented, userId: 'b2' as never }, later),
        false,
      )
      assert.equal(await devices.use({ ...presented, epoch: 1 }, later), false)
      assert.equal(await devices.use(presented, DEVICE.expiresAt), false)
      assert.deepEqual(await devices.list(DEVICE, later), [
        { ...DEVICE, lastUsedAt: later },
      ])
      assert.deepEqual(await devices.list({ ...DEVICE, epoch: 1 }, later), [])
      assert.deepEqual(await devices.list(DEVICE, DEVICE.expiresAt), [])
    },
  )

  on(
    'devices are forgotten one by one, all but some, and in a flush',
    async (_, ports) => {
      const { devices } = ports
      const names = ['a', 'b', 'c']
      for (const name of names)
        await devices.insert({ ...DEVICE, id: name as DeviceId, digest: name })
      assert.equal(await devices.delete('a' as DeviceId, 'b2' as never), false)
      assert.equal(await devices.delete('a' as DeviceId, vitor.id), true)
      assert.equal(await devices.delete('a' as DeviceId, vitor.id), false)
      assert.equal(await devices.deleteAll(vitor.id, ['b']), 1)
      assert.equal(await devices.flush(NOON, 10), 0)
      await ports.users.setPassword(vitor.id, 'new')
      assert.equal(await devices.flush(NOON, 10), 1)
    },
  )
}

const DEVICE: RememberedDevice = {
  id: 'device' as DeviceId,
  userId: vitor.id,
  epoch: 0,
  digest: 'digest',
  createdAt: NOON,
  expiresAt: at(NOON, seconds(10)),
  lastUsedAt: NOON,
  address: '192.0.2.1',
  userAgent: 'a browser',
}
