import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { minutes, seconds } from '../../src/base/clock.ts'
import type {
  ApiTokenId,
  StoredApiToken,
  TokenDigest,
} from '../../src/features/api-tokens/api-token.ts'
import type { InstanceStore } from '../../src/features.ts'
import type { KeyRecord, Stage } from '../../src/keys/keys.ts'
import type { RotatedSession, Rotation, SessionId } from '../../src/sessions/session.ts'
import { changeUser } from '../../src/users/change.ts'
import type { UserId } from '../../src/users/user.ts'
import type { NewUser } from '../../src/users/users.ts'
import { aSession, at, NOON, rotatedPart, SETTINGS, vitor } from '../sessions/setup.ts'
import { until } from '../time.ts'
import type { FreshDatabase } from './sqlite.ts'

/** Concurrent callers, distributed over four stores, as in four processes. */
const CALLERS = 24

const key = (id: string, stage: Stage): KeyRecord => ({
  id,
  algorithm: 'ES256',
  stage,
  publicJwk: { kty: 'EC', crv: 'P-256', x: 'x', y: id },
  sealed: `sealed ${id}`,
  createdAt: NOON,
  tokenLife: minutes(5),
  verifiesUntil: undefined,
})

export const apiToken = (
  id: string,
  more: Partial<StoredApiToken> = {},
): StoredApiToken => ({
  id: id as ApiTokenId,
  userId: vitor.id,
  digest: `digest ${id}` as TokenDigest,
  hint: id,
  name: undefined,
  scopes: [],
  nonce: undefined,
  createdAt: NOON,
  expiresAt: undefined,
  kind: undefined,
  epoch: undefined,
  ...more,
})

/** An operation that many callers attempt at once. @returns the results */
type Race = (
  stores: readonly InstanceStore[],
  each: <T>(ask: (store: InstanceStore, n: number) => Promise<T>) => Promise<T[]>,
) => Promise<unknown>

const yes = (answers: readonly unknown[]): number =>
  answers.filter((answer) => answer !== false && answer !== undefined).length

/** What exchanges the first token of a session. */
const ROTATION: Rotation = {
  id: 's' as SessionId,
  generation: 0,
  jti: 's-0',
  newJti: 'unused',
  idle: minutes(60),
  leeway: seconds(0),
  now: NOON,
  require: SETTINGS.require,
}

async function withUnusedSuccessor({ ports }: InstanceStore): Promise<RotatedSession> {
  await ports.users.insert(vitor)
  await ports.sessions.adopt(aSession('s'))
  const unused = await ports.sessions.rotate(ROTATION)
  assert.ok(unused !== undefined)
  return unused
}

/** Each meets the insert at another moment. */
const ROUNDS = 12

type Ports = InstanceStore['ports']

/** What requests of the former user write, who is of epoch 0. */
async function writeAsFormer(ports: Ports, { id }: NewUser, n: number): Promise<void> {
  const session = aSession(`${id} ${n}`, { userId: id })
  await ports.sessions.open(session, { active: true })
  const token = apiToken(`${id} ${n}`, { userId: id, nonce: `nonce ${n}` })
  await ports.apiTokens.insertDerived(token, { epoch: 0, active: true })
}

/** As `createUser` inserts a user. */
async function insertNext(ports: Ports, former: NewUser, n: number): Promise<string> {
  const user = { ...former, epoch: 1000 + n }
  for (;;) {
    const result = await ports.users.insertWithId(user)
    if (result === 'inserted')
      assert.deepEqual(await remainsOf(former, ports), [], former.id)
    const holder = (await ports.users.read('id', former.id))?.user
    if (result === 'inserted' || (holder !== undefined && holder.epoch > 0)) return result
    if (holder !== undefined) continue
    await ports.sessions.revokeAll(former.id, 'deleted', NOON)
    await ports.apiTokens.deleteAll(former.id)
  }
}

async function remainsOf({ id }: NewUser, ports: Ports): Promise<readonly string[]> {
  const sessions = await ports.sessions.list(id)
  const live = sessions.filter(({ revokeReason }) => revokeReason === undefined)
  const tokens = await ports.apiTokens.list(id)
  return [...live, ...tokens].map((row) => row.id)
}

const ONCE: Readonly<Record<string, Race>> = {
  async 'one of the users created with one name is stored'(_, each) {
    const answers = await each((store, n) =>
      store.ports.users.insert({ ...vitor, id: `u${n}` as UserId, hash: String(n) }),
    )
    assert.equal(yes(answers), 1)
  },
  async 'of the users inserted in batches with one id or one name one is stored'(
    [store],
    each,
  ) {
    const batchOf = (n: number) =>
      ['a', 'b', 'c'].flatMap((name) => [
        {
          ...vitor,
          id: name as UserId,
          username: `${name}${n}`,
          usernameKey: `${name}${n}`,
        },
        { ...vitor, id: `${name}-${n}` as UserId, username: name, usernameKey: name },
      ])
    const answers = await each((one, n) => one.ports.users.insertAll(batchOf(n)))
    const inserted = answers.flatMap((answer) => [...answer.inserted])
    assert.equal(inserted.length, 6)
    assert.equal(await store!.ports.users.count(), 6)
  },
  async 'one upgrade of a hash succeeds'([store], each) {
    await store!.ports.users.insert(vitor)
    const answers = await each(({ ports: { users } }, n) =>
      users.upgradeHash(vitor.id, vitor.hash, `better ${n}`),
    )
    assert.equal(yes(answers), 1)
    assert.equal(
      (await store!.ports.users.find('id', vitor.id))?.hash,
      `better ${answers.indexOf(true)}`,
    )
  },
  async 'each new password increments the epoch by one'([store], each) {
    await store!.ports.users.insert(vitor)
    assert.equal(
      yes(await each(({ ports: { users } }, n) => users.setPassword(vitor.id, `${n}`))),
      CALLERS,
    )
    assert.equal((await store!.ports.users.find('id', vitor.id))?.user.epoch, CALLERS)
  },
  async 'of the new passwords for one epoch one is set'([store], each) {
    await store!.ports.users.insert(vitor)
    const answers = await each(({ ports: { users } }, n) =>
      users.setPassword(vitor.id, `new ${n}`, { epoch: 0 }),
    )
    assert.equal(yes(answers), 1)
    const account = await store!.ports.users.read('id', vitor.id)
    assert.equal(account?.hash, `new ${answers.indexOf(true)}`)
    assert.equal(account?.user.epoch, 1)
  },
  async 'a session is carried over into the next epoch once, unless it was revoked'(
    [store],
    each,
  ) {
    await store!.ports.users.insert(vitor)
    for (const id of ['s', 'revoked', 'other'])
      await store!.ports.sessions.open(aSession(id), { active: true })
    const grant = { clientId: 'shop', scopes: [], resource: [] }
    for (const id of ['application', 'left'])
      await store!.ports.sessions.open({ ...aSession(id), grant }, { active: true })
    await store!.ports.sessions.revoke('revoked' as SessionId, 'logout', NOON)
    for (const [id, ofApplications, sessions] of [
      ['s', false, 1],
      ['revoked', true, 0],
      ['application', false, 0],
      ['application', true, 1],
      [undefined, false, 1],
    ] as const) {
      const only = id as SessionId | undefined
      const counts = await each(({ ports }) =>
        ports.sessions.carryOver(vitor.id, 0, { only, ofApplications }),
      )
      assert.equal(
        counts.reduce((sum, count) => sum + count, 0),
        sessions,
        id,
      )
    }
    const left = await store!.ports.sessions.list(vitor.id)
    assert.deepEqual(Object.fromEntries(left.map(({ id, epoch }) => [id, epoch])), {
      s: 1,
      revoked: 0,
      other: 1,
      application: 1,
      left: 0,
    })
  },
  async 'a user is deleted once'([store], each) {
    await store!.ports.users.insert(vitor)
    assert.equal(yes(await each(({ ports: { users } }) => users.delete(vitor.id))), 1)
  },
  async 'of superusers who are removed at once one is left'([store], each) {
    for (let round = 0; round < 3; round++) {
      const idOf = (n: number) => `s${round}-${n}` as UserId
      for (let n = 0; n < CALLERS; n++)
        await store!.ports.users.insert({
          ...vitor,
          id: idOf(n),
          username: idOf(n),
          usernameKey: idOf(n),
          superuser: true,
        })
      const onlyIf = { leavesSuperuser: true }
      const answers = await each<unknown>(({ ports: { users } }, n) => {
        if (n % 3 === 0) return users.delete(idOf(n), onlyIf)
        if (n % 3 === 1) return users.change(idOf(n), { active: false }, onlyIf)
        return users.change(idOf(n), { superuser: false }, onlyIf)
      })
      assert.equal(yes(answers), CALLERS - 1)
      const left = answers.findIndex((answer) => answer === false || answer === undefined)
      assert.equal(await store!.ports.users.hasOtherSuperuser(idOf(left)), false)
      assert.equal(await store!.ports.users.hasOtherSuperuser('none' as UserId), true)
      assert.ok(await store!.ports.users.delete(idOf(left)))
    }
  },
  async 'the next user of an id gets nothing of the deleted one'([store], each) {
    for (let round = 0; round < ROUNDS; round++) {
      const id = `u${round}` as UserId
      const user = { ...vitor, id, username: id, usernameKey: id }
      await store!.ports.users.insert(user)
      const answers = await each<unknown>(({ ports }, n) => {
        if (n === 0) return ports.users.delete(id)
        return n % 2 === 0 ? writeAsFormer(ports, user, n) : insertNext(ports, user, n)
      })
      assert.equal(answers.filter((answer) => answer === 'inserted').length, 1, id)
      assert.deepEqual(await remainsOf(user, store!.ports), [], id)
    }
  },
  async 'one rotation of a generation succeeds'([store], each) {
    await store!.ports.users.insert(vitor)
    await store!.ports.sessions.adopt(aSession('s'))
    const answers = await each(({ ports: { sessions } }, n) =>
      sessions.rotate({ ...ROTATION, newJti: `new ${n}` }),
    )
    assert.equal(yes(answers), 1)
    const state = await store!.ports.sessions.find('s' as SessionId)
    assert.ok(state)
    assert.deepEqual(
      rotatedPart(state.session),
      answers.find((answer) => answer !== undefined),
    )
  },
  async 'one recovery of an unused successor succeeds'([store], each) {
    const unused = await withUnusedSuccessor(store!)
    const answers = await each(({ ports: { sessions } }, n) =>
      sessions.recover({ ...ROTATION, newJti: `new ${n}`, unused, spentSince: NOON }),
    )
    assert.equal(yes(answers), 1)
    const state = await store!.ports.sessions.find('s' as SessionId)
    assert.ok(state)
    assert.deepEqual(
      rotatedPart(state.session),
      answers.find((answer) => answer !== undefined),
    )
    assert.equal(state.session.generation, 2)
  },
  async 'an unused successor is either presented or recovered from'([store], each) {
    const unused = await withUnusedSuccessor(store!)
    const answers = await each(({ ports: { sessions } }, n) => {
      const next = { ...ROTATION, newJti: `new ${n}` }
      if (n % 2 === 0) return sessions.recover({ ...next, unused, spentSince: NOON })
      return sessions.rotate({ ...next, generation: 1, jti: 'unused' })
    })
    assert.equal(yes(answers), 1)
  },
  async 'no session opens after its user was changed, and none that opened before is missed by the revocation'(
    [store],
    each,
  ) {
    await store!.ports.users.insert(vitor)
    const opened = await each(async ({ ports: { sessions, users } }, n) => {
      if (n % 4 === 1) {
        await users.setPassword(vitor.id, `${n}`)
        await sessions.revokeAll(vitor.id, 'password', NOON)
        return undefined
      }
      const id = `s${n}`
      return (await sessions.open(aSession(id), { active: true })) ? id : undefined
    })
    const left = await store!.ports.sessions.list(vitor.id)
    assert.deepEqual(
      left.map(({ id }) => id).sort(),
      opened.filter((id) => id !== undefined).sort(),
    )
    assert.ok(left.every(({ revokeReason }) => revokeReason === 'password'))
  },
  async 'one revocation of a session succeeds'([store], each) {
    await store!.ports.sessions.adopt(aSession('s'))
    assert.equal(
      yes(
        await each(({ ports: { sessions } }) =>
          sessions.revoke('s' as SessionId, 'logout', NOON),
        ),
      ),
      1,
    )
  },
  async 'each session of a user is revoked by one of the calls that revoke all'(
    [store],
    each,
  ) {
    const ids = Array.from({ length: 50 }, (_, n) => `s${n}`)
    for (const id of ids) await store!.ports.sessions.adopt(aSession(id))
    const ended = await each(({ ports: { sessions } }) =>
      sessions.revokeAll(vitor.id, 'admin', NOON),
    )
    assert.deepEqual(ended.flat().sort(), ids.sort())
  },
  async 'a foreign session is adopted once, and no adoption fails'([store], each) {
    await each(({ ports: { sessions } }, n) =>
      sessions.adopt(aSession('s', { jti: `jti ${n}` })),
    )
    assert.match(
      (await store!.ports.sessions.find('s' as SessionId))!.session.jti,
      /^jti \d+$/,
    )
  },
  async 'one caller stores the first keys'([store], each) {
    const answers = await each(({ ports: { keys } }, n) =>
      keys.seed([key(`c${n}`, 'current'), key(`n${n}`, 'next')]),
    )
    assert.equal(yes(answers), 1)
    const n = answers.indexOf(true)
    assert.deepEqual((await store!.ports.keys.list()).map(({ id }) => id).sort(), [
      `c${n}`,
      `n${n}`,
    ])
  },
  async 'one rotation of the keys succeeds'([store], each) {
    await store!.ports.keys.seed([key('c', 'current'), key('n', 'next')])
    const turn = { current: 'c', next: 'n', verifiesUntil: at(NOON, 300) }
    const answers = await each(({ ports: { keys } }, n) =>
      keys.rotate({ ...turn, fresh: key(`f${n}`, 'next') }),
    )
    assert.equal(yes(answers), 1)
    const stages = (await store!.ports.keys.list()).map(
      ({ id, stage }) => `${id} ${stage}`,
    )
    assert.deepEqual(
      stages.sort(),
      ['c retiring', `f${answers.indexOf(true)} next`, 'n current'].sort(),
    )
  },
  async 'one replacement of the next key succeeds'([store], each) {
    await store!.ports.keys.seed([key('c', 'current'), key('n', 'next')])
    const answers = await each(({ ports: { keys } }, n) =>
      keys.replaceNext('n', key(`f${n}`, 'next')),
    )
    assert.equal(yes(answers), 1)
    assert.equal((await store!.ports.keys.list()).length, 2)
  },
  async 'one resealing of a key succeeds'([store], each) {
    await store!.ports.keys.seed([key('c', 'current'), key('n', 'next')])
    assert.equal(
      yes(
        await each(({ ports: { keys } }, n) =>
          keys.reseal('c', 'sealed c', `again ${n}`),
        ),
      ),
      1,
    )
  },
  async 'a user has one derived token, and every caller gets it'([store], each) {
    await store!.ports.users.insert(vitor)
    const kept = await each(({ ports: { apiTokens } }, n) =>
      apiTokens.insertDerived(apiToken(`t${n}`, { nonce: `nonce ${n}` })),
    )
    assert.equal(new Set(kept.map((token) => token?.id)).size, 1)
  },
  async 'sign-ins at once leave a user as many tokens as the limit allows'(
    [store],
    each,
  ) {
    await store!.ports.users.insert(vitor)
    const user = { epoch: 0, active: true }
    const limit = { limit: 5, revokeOldest: false }
    const answers = await each(({ ports: { apiTokens } }, n) =>
      apiTokens.insertWithin(limit, apiToken(`t${n}`, { kind: 'knox' }), user),
    )
    assert.equal(answers.filter((answer) => answer !== 'full').length, 5)
    assert.equal((await store!.ports.apiTokens.list(vitor.id)).length, 5)
  },
  async 'sign-ins at once that revoke the oldest token leave as many as the limit allows'(
    [store],
    each,
  ) {
    await store!.ports.users.insert(vitor)
    const user = { epoch: 0, active: true }
    const limit = { limit: 5, revokeOldest: true }
    const answers = await each(({ ports: { apiTokens } }, n) =>
      apiTokens.insertWithin(limit, apiToken(`t${n}`, { kind: 'knox' }), user),
    )
    const revoked = answers.map((answer) => (answer as { revoked: number }).revoked)
    assert.equal(
      revoked.reduce((sum, n) => sum + n, 0),
      CALLERS - 5,
    )
    assert.equal((await store!.ports.apiTokens.list(vitor.id)).length, 5)
  },
  async 'the latest of the expiries that requests set at once is kept'([store], each) {
    await store!.ports.users.insert(vitor)
    const { apiTokens } = store!.ports
    await apiTokens.insert(apiToken('t', { expiresAt: at(NOON, 1) }))
    await apiTokens.insert(apiToken('other', { expiresAt: at(NOON, 1) }))
    await each(({ ports }, n) =>
      ports.apiTokens.extend('t' as ApiTokenId, at(NOON, 10 + ((n * 7) % CALLERS))),
    )
    const tokens = await apiTokens.list(vitor.id)
    const expiries = Object.fromEntries(
      tokens.map(({ id, expiresAt }) => [id, expiresAt]),
    )
    assert.deepEqual(expiries, { t: at(NOON, 9 + CALLERS), other: at(NOON, 1) })
  },
  async 'one deletion of an API token succeeds'([store], each) {
    await store!.ports.users.insert(vitor)
    await store!.ports.apiTokens.insert(apiToken('t'))
    assert.equal(
      yes(await each(({ ports: { apiTokens } }) => apiTokens.delete('t' as ApiTokenId))),
      1,
    )
  },
  async 'as many hits are counted as the limit allows'(_, each) {
    const answers = await each(
      async ({ ports: { hits } }) =>
        (await hits.hit('k', { limit: 5, per: minutes(1) }, NOON)).kind,
    )
    assert.equal(answers.filter((kind) => kind === 'counted').length, 5)
  },
  async 'no expired session is counted by two flushes, and no live one is deleted'(
    [store],
    each,
  ) {
    for (let n = 0; n < 40; n++)
      await store!.ports.sessions.adopt(
        aSession(`s${n}`, { expiresAt: at(NOON, n < 30 ? 1 : 9) }),
      )
    const deleted = await each(({ ports: { sessions } }) =>
      sessions.flush(at(NOON, 5), 7),
    )
    const left = await store!.ports.sessions.list(vitor.id)
    assert.equal(
      deleted.reduce((sum, n) => sum + n, 0),
      40 - left.length,
    )
    // A flush that meets another one at the same rows may find them gone.
    assert.ok(
      left.length >= 10 &&
        left.filter(({ expiresAt }) => expiresAt === at(NOON, 9)).length === 10,
    )
  },
}

/** Operations of which one succeeds when several stores on one database attempt them at once. */
export function onceTests(database: string, fresh: FreshDatabase): void {
  for (const [promise, race] of Object.entries(ONCE)) {
    test(`${database}: ${promise}, with ${CALLERS} callers on four stores`, async (t: TestContext) => {
      const place = await fresh(t)
      if (typeof place === 'string') return t.skip(place)
      const stores: InstanceStore[] = []
      for (let n = 0; n < 4; n++) stores.push(await place.open())
      // Connections are made before they are raced on.
      const answers = (store: InstanceStore) => () =>
        store.ping().then(
          () => true,
          () => false,
        )
      await Promise.all(
        Array.from({ length: CALLERS }, (_, n) => until(answers(stores[n % 4]!))),
      )
      await race(stores, (ask) =>
        Promise.all(Array.from({ length: CALLERS }, (_, n) => ask(stores[n % 4]!, n))),
      )
    })
  }

  for (const [field, value] of [
    ['email', 'one@example.org'],
    ['phone', '+351912345678'],
    ['username', 'One'],
  ] as const)
    test(`${database}: of users that set one ${field} at once one succeeds, and the others get an error for the field`, async (t) => {
      const place = await fresh(t)
      if (typeof place === 'string') return t.skip(place)
      const stores = [await place.open(), await place.open()]
      const users = Array.from({ length: 8 }, (_, n) => ({
        ...vitor,
        id: `u${n}` as UserId,
        username: `u${n}`,
        usernameKey: `u${n}`,
      }))
      for (const user of users) await stores[0]!.ports.users.insert(user)

      const outcomes = await Promise.allSettled(
        users.map(({ id }, n) =>
          changeUser(
            id,
            { [field]: value },
            { users: stores[n % 2]!.ports.users, clock: () => NOON },
          ),
        ),
      )

      const refused = outcomes.flatMap((each) =>
        each.status === 'rejected' ? [each.reason] : [],
      )
      assert.equal(refused.length, users.length - 1)
      for (const { code, body } of refused) {
        assert.equal(code, 'invalid')
        assert.deepEqual(Object.keys(body), [field])
      }
    })
}
