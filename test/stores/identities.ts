import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import type {
  Credential,
  CredentialId,
} from '../../src/features/second-factors/credential.ts'
import type { Identity, IdentityId } from '../../src/features/social/identity.ts'
import type { InstanceStore } from '../../src/features.ts'
import type { UserId } from '../../src/users/user.ts'
import { NOON, vitor } from '../sessions/setup.ts'
import type { FreshDatabase } from './sqlite.ts'

/** Callers at once, distributed over four stores, as in four processes. */
const CALLERS = 40

const identity = (id: string, more: Partial<Identity> = {}): Identity => ({
  id: id as IdentityId,
  userId: vitor.id,
  provider: 'acme',
  subject: id,
  email: undefined,
  createdAt: NOON,
  lastUsedAt: undefined,
  ...more,
})

const other = { ...vitor, id: 'b2' as UserId, username: 'b', usernameKey: 'b' }

const IDENTITIES = [{ table: 'identities', where: { provider: ['acme'] } }]
const PASSKEYS = {
  table: 'credentials',
  where: { kind: ['passkey'], suspended_at: null },
}

const passkey = (id: string): Credential => ({
  id: id as CredentialId,
  kind: 'passkey',
  userId: vitor.id,
  label: '',
  secret: '',
  counter: 0,
  createdAt: NOON,
  confirmedAt: NOON,
  lastUsedAt: undefined,
  passkey: {
    credentialId: `${id}-at-the-authenticator`,
    publicKey: 'pQECAyYg',
    transports: [],
    aaguid: '00000000-0000-0000-0000-000000000000',
    isSyncable: true,
    isBackedUp: false,
  },
})

/** Identities: what happens once, and what stays. */
export function identityTests(database: string, fresh: FreshDatabase): void {
  type Ports = InstanceStore['ports']
  const on = (title: string, body: (ports: Ports, all: Ports[]) => Promise<void>) =>
    test(`${database}: ${title}`, async (t: TestContext) => {
      const place = await fresh(t)
      if (typeof place === 'string') return t.skip(place)
      const all: Ports[] = []
      for (let n = 0; n < 4; n++) all.push((await place.open()).ports)
      const [ports] = all
      assert.ok(ports)
      await ports.users.insert(vitor)
      await ports.users.insert(other)
      await body(ports, all)
    })
  const each = <T>(all: Ports[], ask: (ports: Ports, n: number) => Promise<T>) =>
    Promise.all(Array.from({ length: CALLERS }, (_, n) => ask(all[n % 4] as Ports, n)))

  on(
    'a subject is linked to one user, and found as it was linked',
    async (ports, all) => {
      const linked = await each(all, ({ identities }, n) => {
        const userId = n % 2 === 0 ? vitor.id : other.id
        return identities.link(identity(`i${n}`, { subject: 'same', userId }), 0)
      })
      assert.equal(linked.filter(Boolean).length, 1)
      const n = linked.indexOf(true)
      const found = await ports.identities.find('acme', 'same')
      assert.deepEqual(
        found,
        identity(`i${n}`, { subject: 'same', userId: found?.userId as UserId }),
      )
      assert.equal(await ports.identities.find('other', 'same'), undefined)
      const elsewhere = identity('else', { provider: 'other', subject: 'same' })
      assert.equal(await ports.identities.link(elsewhere, 0), true)
    },
  )

  on('a user who has changed or is gone is not linked', async (ports) => {
    await ports.users.setPassword(vitor.id, 'new')
    assert.equal(await ports.identities.link(identity('i1'), 0), false)
    assert.equal(await ports.identities.link(identity('i1'), 1), true)
    const nobodys = identity('i2', { userId: 'nobody' as UserId })
    assert.equal(await ports.identities.link(nobodys, 0), false)
  })

  on(`of ${CALLERS} that are removed at once the last one stays`, async (ports, all) => {
    for (let n = 0; n < CALLERS; n++) await ports.identities.link(identity(`i${n}`), 0)
    const outcomes = await each(all, ({ identities }, n) =>
      identities.unlink(`i${n}` as IdentityId, vitor.id, IDENTITIES),
    )
    const count = (wanted: string) => outcomes.filter((each) => each === wanted).length
    assert.deepEqual([count('last'), count('removed')], [1, CALLERS - 1])
    const [left, ...others] = await ports.identities.list(vitor.id)
    assert.ok(left)
    assert.deepEqual(others, [])
    const { id } = left
    assert.equal(await ports.identities.unlink(id, other.id, undefined), 'unknown')
    assert.equal(await ports.identities.unlink(id, vitor.id, undefined), 'removed')
    assert.equal(await ports.identities.unlink(id, vitor.id, undefined), 'unknown')
  })

  on(
    'of passkeys and identities that are removed at once the last way to sign in stays',
    async (ports, all) => {
      const ways = [PASSKEYS, ...IDENTITIES]
      for (let n = 0; n < CALLERS; n++) {
        await ports.credentials.insert(passkey(`p${n}`), 0)
        await ports.identities.link(identity(`i${n}`), 0)
      }
      const outcomes = await Promise.all([
        each(all, ({ identities }, n) =>
          identities.unlink(`i${n}` as IdentityId, vitor.id, ways),
        ),
        each(all, ({ credentials }, n) =>
          credentials.deletePasskey(`p${n}` as CredentialId, vitor.id, ways),
        ),
      ])
      const last = outcomes.flat().filter((outcome) => outcome === 'last')
      assert.equal(last.length, 1)
      const passkeys = await ports.credentials.list(vitor.id)
      const identities = await ports.identities.list(vitor.id)
      assert.equal(passkeys.length + identities.length, 1)
    },
  )

  on(
    'what signs nobody in is no way: of another provider, or suspended',
    async (ports) => {
      const ways = [PASSKEYS, ...IDENTITIES]
      await ports.identities.link(identity('i1'), 0)
      await ports.identities.link(identity('i2', { provider: 'former' }), 0)
      await ports.credentials.insert(passkey('p1'), 0)
      await ports.credentials.suspendPasskeys(vitor.id, NOON, NOON)
      const unlink = (id: string) =>
        ports.identities.unlink(id as IdentityId, vitor.id, ways)
      assert.equal(await unlink('i1'), 'last')
      assert.equal(await unlink('nothing'), 'unknown')
      await ports.credentials.restorePasskey('p1' as CredentialId)
      assert.equal(await unlink('i1'), 'removed')
    },
  )

  on('all of a user are deleted, and those of others stay', async (ports) => {
    await ports.identities.link(identity('i1'), 0)
    await ports.identities.link(identity('i2', { userId: other.id }), 0)
    assert.equal(await ports.identities.deleteAll(vitor.id), 1)
    assert.equal((await ports.identities.list(other.id)).length, 1)
  })
}
