import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { UnixSeconds } from '../../src/base/clock.ts'
import { hexId, systemRandom } from '../../src/base/random.ts'
import type {
  ConsoleReads,
  Cursor,
  Page,
  Place,
  UserFilter,
  UserPlace,
} from '../../src/features/console/listing.ts'
import type { CredentialId } from '../../src/features/second-factors/credential.ts'
import type { InstanceStore } from '../../src/features.ts'
import type { SessionId } from '../../src/sessions/session.ts'
import type { UserId } from '../../src/users/user.ts'
import type { NewUser } from '../../src/users/users.ts'
import type { FreshDatabase } from './sqlite.ts'

const NOW = 1_800_000_000
const at = (moment: number): UnixSeconds => moment as UnixSeconds

const user = (name: string, rest: Partial<NewUser> = {}): NewUser => ({
  id: hexId(systemRandom) as UserId,
  username: name,
  usernameKey: name.toLowerCase(),
  email: undefined,
  hash: '!',
  active: true,
  staff: false,
  superuser: false,
  joinedAt: at(NOW),
  attributes: {},
  ...rest,
})

const ALL: UserFilter = { search: '' }

/** Every row of a list, page by page, to its end and back. */
async function everyRow<Row extends { readonly id: string }, Place>(
  read: (cursor: Cursor<Place>) => Promise<Page<Row, Place>>,
): Promise<{ readonly rows: readonly Row[]; readonly pages: number }> {
  const rows: Row[] = []
  let pages = 0
  let page = await read({})
  for (; ; page = await read({ after: page.next })) {
    rows.push(...page.rows)
    pages++
    if (page.next === undefined) break
  }
  let back = page.rows
  while (page.previous !== undefined) {
    page = await read({ until: page.previous })
    back = [...page.rows, ...back]
  }
  assert.deepEqual(
    back.map(({ id }) => id),
    rows.map(({ id }) => id),
    'the pages before are not those that were passed',
  )
  return { rows, pages }
}

const names = async (
  reads: ConsoleReads,
  filter: Partial<UserFilter>,
): Promise<readonly string[]> => {
  const { rows } = await everyRow((cursor: Cursor<UserPlace>) =>
    reads.findUsers({ ...ALL, ...filter }, cursor),
  )
  return rows.map(({ username }) => username)
}

async function openSession(
  { ports: { sessions } }: InstanceStore,
  userId: UserId,
  id: string,
  createdAt: number,
  address?: string,
): Promise<void> {
  await sessions.adopt({
    id: id as SessionId,
    userId,
    jti: `jti-${id}`,
    createdAt: at(createdAt),
    expiresAt: at(createdAt + 1000),
    idleExpiresAt: at(createdAt + 1000),
    epoch: 0,
    origin: {
      address,
      userAgent: 'curl/8',
      amr: ['pwd'],
      authTime: createdAt,
      actor: undefined,
    },
  })
}

export function consoleTests(name: string, fresh: FreshDatabase): void {
  test(`lists of the console on ${name}`, async (t) => {
    const database = await fresh(t)
    if (typeof database === 'string') return t.skip(database)
    const store = await database.open()
    const { users, events, credentials, apiTokens, outbox, console: reads } = store.ports
    const ada = user('ada', { email: 'Ada@example.com', emailVerifiedAt: at(NOW) })
    const grace = user('grace', { email: 'adams@example.org', staff: true })
    const bot = user('bot', { active: false, roles: ['export', 'old"role'] })
    const adam = user('Adam', { joinedAt: at(NOW - 86_400), phone: '+44207946001' })
    for (const each of [ada, grace, bot, adam]) await users.insert(each)

    await t.test(
      'users are found by the beginning of name, address, id and phone',
      async () => {
        assert.deepEqual(await names(reads, { search: 'ADA' }), ['ada', 'Adam', 'grace'])
        assert.deepEqual(await names(reads, { search: 'adams' }), ['grace'])
        assert.deepEqual(await names(reads, { search: grace.id.slice(0, 20) }), ['grace'])
        assert.deepEqual(await names(reads, { search: '+44' }), ['Adam'])
        assert.deepEqual(await names(reads, { search: 'dam' }), [])
        assert.deepEqual(await names(reads, { search: '%' }), [])
        assert.deepEqual(await names(reads, { search: 'a\0' }), [])
      },
    )

    await t.test('users are filtered', async () => {
      await credentials.insert({
        id: hexId(systemRandom) as CredentialId,
        kind: 'totp',
        userId: grace.id,
        label: '',
        secret: 's',
        counter: 0,
        createdAt: at(NOW),
        confirmedAt: at(NOW),
        lastUsedAt: undefined,
      } as never)
      assert.deepEqual(await names(reads, {}), ['Adam', 'ada', 'bot', 'grace'])
      assert.deepEqual(await names(reads, { staff: true }), ['grace'])
      assert.deepEqual(await names(reads, { status: 'inactive' }), ['bot'])
      assert.deepEqual(await names(reads, { status: 'active', staff: false }), [
        'Adam',
        'ada',
      ])
      assert.deepEqual(await names(reads, { status: 'verified' }), ['ada'])
      assert.deepEqual(await names(reads, { status: 'unverified' }), ['grace'])
      assert.deepEqual(await names(reads, { role: 'export' }), ['bot'])
      assert.deepEqual(await names(reads, { role: 'old"role' }), ['bot'])
      assert.deepEqual(await names(reads, { role: 'exp' }), [])
      assert.deepEqual(await names(reads, { factor: true }), ['grace'])
      assert.deepEqual(await names(reads, { factor: false, search: 'ad' }), [
        'ada',
        'Adam',
      ])
      assert.deepEqual(
        await names(reads, { joinedSince: at(NOW - 10), role: 'export' }),
        ['bot'],
      )
      const newest = await names(reads, { joinedSince: at(NOW - 90_000) })
      assert.equal(newest.at(-1), 'Adam')
      assert.deepEqual(
        await names(reads, { joinedSince: at(0), joinedUntil: at(NOW - 10) }),
        ['Adam'],
      )
      assert.deepEqual(
        [...(await reads.listFactorKinds([ada.id, grace.id]))],
        [[grace.id, ['totp']]],
      )
      assert.deepEqual([...(await reads.findNames([ada.id, 'none']))], [[ada.id, 'ada']])
      const staff = await reads.findStaff([ada.id, grace.id, bot.id, 'none'])
      assert.deepEqual([...staff], [grace.id])
      assert.deepEqual(await reads.countUsers(), { count: 4, isMore: false })
    })

    await t.test('pages of users have no gaps, also if many do not match', async () => {
      const many = Array.from({ length: 11_000 }, (_, n) =>
        user(
          `u${String(n).padStart(6, '0')}`,
          n === 10_900 ? { superuser: true, staff: true } : {},
        ),
      )
      for (let n = 0; n < many.length; n += 1000)
        await users.insertAll(many.slice(n, n + 1000))
      const all = await everyRow((cursor: Cursor<UserPlace>) =>
        reads.findUsers({ search: 'u00' }, cursor),
      )
      assert.equal(all.rows.length, 10_000)
      assert.equal(new Set(all.rows.map(({ id }) => id)).size, 10_000)
      const first = await reads.findUsers({ search: '', role: 'nobody' })
      assert.deepEqual(first, {
        rows: [],
        next: undefined,
        previous: undefined,
        isCut: false,
      })
      const rare = await reads.findUsers({ search: 'u', factor: true })
      assert.deepEqual([rare.rows.length, rare.isCut], [0, true])
      assert.deepEqual(await names(reads, { search: 'u', staff: true }), ['u010900'])
      assert.deepEqual(await reads.countUsers(), { count: 10_000, isMore: true })
    })

    await t.test('sessions are filtered, the newest sign-in first', async () => {
      await openSession(store, ada.id, 's1', NOW - 500, '192.0.2.1')
      await openSession(store, ada.id, 's2', NOW - 400, '198.51.100.7')
      await openSession(store, grace.id, 's3', NOW - 300)
      await openSession(store, grace.id, 's4', NOW - 2000)
      await store.ports.sessions.revoke('s2' as SessionId, 'admin', at(NOW - 100))
      await store.ports.sessions.recordUses([{ id: 's1' as SessionId, at: at(NOW - 5) }])
      const ids = async (filter: object): Promise<readonly string[]> =>
        (await reads.findSessions(filter, at(NOW))).rows.map(({ id }) => id)
      assert.deepEqual(await ids({}), ['s3', 's2', 's1', 's4'])
      assert.deepEqual(await ids({ userId: ada.id }), ['s2', 's1'])
      assert.deepEqual(await ids({ sessionId: 's3' }), ['s3'])
      assert.deepEqual(await ids({ state: 'active' }), ['s3', 's1'])
      assert.deepEqual(await ids({ state: 'ended' }), ['s2', 's4'])
      assert.deepEqual(await ids({ address: '192.0.2.' }), ['s1'])
      assert.deepEqual(await ids({ usedSince: at(NOW - 60) }), ['s1'])
      assert.deepEqual(await ids({ usedBefore: at(NOW - 350), state: 'ended' }), [
        's2',
        's4',
      ])
      assert.deepEqual(await reads.countActiveSessions(at(NOW)), {
        count: 2,
        isMore: false,
      })
      const counts = await reads.countSessions([ada.id, grace.id], at(NOW))
      assert.deepEqual([...counts.values()], [1, 1])
    })

    await t.test('events are filtered, and kinds of 0.1.0 are in order', async () => {
      const kinds = ['signed_in', 'session_ended', 'session_revoked', 'sign_in_failed']
      for (let n = 0; n < 120; n++)
        await events.append({
          id: `e${String(n).padStart(4, '0')}`,
          at: at(NOW + Math.floor(n / 3)),
          kind: kinds[n % 4] ?? '',
          userId: n % 2 === 0 ? ada.id : grace.id,
          sessionId: undefined,
          actor: undefined,
          address: n % 10 === 0 ? '192.0.2.9' : undefined,
          requestId: undefined,
          detail: {},
        })
      const every = async (filter: object) =>
        (await everyRow((cursor: Cursor<Place>) => reads.findEvents(filter, cursor))).rows
      assert.equal((await every({})).length, 120)
      const revoked = await every({ kind: 'session_revoked' })
      const order = revoked.map(({ id }) => id)
      assert.equal(revoked.length, 60)
      assert.deepEqual(order, order.toSorted().toReversed())
      assert.ok(revoked.every(({ kind }) => kind === 'session_revoked'))
      assert.equal((await every({ userId: ada.id })).length, 60)
      assert.equal((await every({ userId: ada.id, kind: 'session_revoked' })).length, 30)
      assert.equal((await every({ address: '192.0.2' })).length, 12)
      assert.equal((await every({ since: at(NOW + 10), until: at(NOW + 20) })).length, 30)
      assert.deepEqual(await reads.countEvents({ kind: 'session_revoked' }), {
        count: 60,
        isMore: false,
      })
      assert.equal(await reads.countEvents({ address: '192.0.2.9' }), undefined)
    })

    await t.test(
      'API tokens are found by their first characters and their name',
      async () => {
        for (const [n, expiresAt] of [undefined, NOW + 100, NOW - 100].entries())
          await apiTokens.insert({
            id: `t${n}`,
            userId: ada.id,
            digest: `digest ${n}`,
            hint: `ww_ab${n}`,
            name: n === 1 ? 'Nightly 100%' : undefined,
            scopes: [],
            nonce: undefined,
            createdAt: at(NOW + n),
            expiresAt,
            kind: undefined,
            epoch: undefined,
          } as never)
        const ids = async (filter: object): Promise<readonly string[]> =>
          (await reads.findApiTokens(filter, at(NOW))).rows.map(({ id }) => id)
        assert.deepEqual(await ids({}), ['t2', 't1', 't0'])
        assert.deepEqual(await ids({ search: 'ww_ab' }), ['t0', 't1', 't2'])
        assert.deepEqual(await ids({ search: 'ww_ab1' }), ['t1'])
        assert.deepEqual(await ids({ search: 'night' }), ['t1'])
        assert.deepEqual(await ids({ search: '0%' }), ['t1'])
        assert.deepEqual(await ids({ search: '_' }), [])
        assert.deepEqual(await ids({ state: 'unlimited' }), ['t0'])
        assert.deepEqual(await ids({ state: 'expiring' }), ['t1'])
        assert.deepEqual(await ids({ state: 'expired' }), ['t2'])
        assert.deepEqual(await ids({ userId: grace.id }), [])
      },
    )

    await t.test(
      'counts of several processes are added up, and old ones deleted',
      async () => {
        const slot = NOW - (NOW % 1800)
        const counts = [
          { kind: 'signed_in', at: NOW, count: 2 },
          { kind: 'refreshed', at: NOW, count: 5 },
        ] as const
        const old = { kind: 'signed_in', at: NOW - 63 * 86_400, count: 1 } as const
        await reads.addActivity([old])
        await Promise.all([
          reads.addActivity(counts),
          reads.addActivity([...counts].reverse()),
        ])
        assert.deepEqual(await reads.listActivity(0, 1800), [
          { kind: 'refreshed', at: slot, count: 10 },
          { kind: 'signed_in', at: slot, count: 4 },
        ])
      },
    )

    await t.test('messages are listed, tried again and dropped', async () => {
      await outbox.insert({
        id: 'm1',
        sealed: 'x',
        attempts: 3,
        dueAt: at(NOW + 900),
        expiresAt: at(NOW + 9000),
      })
      assert.deepEqual(
        (await reads.findMessages()).rows.map(({ id }) => id),
        ['m1'],
      )
      assert.deepEqual(await reads.countMessages(), { count: 1, isMore: false })
      assert.equal(await reads.retryMessage('m1', at(NOW)), true)
      assert.equal((await reads.findMessage('m1'))?.dueAt, NOW)
      assert.deepEqual(
        [await reads.dropMessage('m1'), await reads.dropMessage('m1')],
        [true, false],
      )
      assert.equal(await reads.retryMessage('m1', at(NOW)), false)
    })
  })
}
