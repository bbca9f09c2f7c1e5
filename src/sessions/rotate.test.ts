import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sql } from 'kysely'
import {
  aSession,
  at,
  forgiving,
  NOON,
  rotatedPart,
  SETTINGS,
  strict,
  vitor,
} from '../../test/sessions/setup.ts'
import { days, seconds, type UnixSeconds } from '../base/clock.ts'
import { hexId, systemRandom } from '../base/random.ts'
import type { StoreExtension } from '../stores/extension.ts'
import { sqliteStore } from '../stores/sqlite/store.ts'
import type { Users } from '../users/users.ts'
import { foreignSessionId } from './foreign-session-id.ts'
import {
  decideRotation,
  type RefreshClaims,
  type RotationSettings,
  rotate,
} from './rotate.ts'
import type { Recovery, SessionId } from './session.ts'

const ID = 's' as SessionId
const first: RefreshClaims = { id: ID, generation: 0, jti: 's-0' }

/** Runs a statement as another version would. */
const RAW: StoreExtension<{ readonly run: (statement: string) => Promise<unknown> }> = {
  name: 'raw',
  migrations: [],
  ports: (db) => ({ run: (statement) => sql.raw(statement).execute(db) }),
}

/** A store with a user and a session, and a function that refreshes it. */
async function setUp(settings: RotationSettings = SETTINGS) {
  const store = sqliteStore({ file: ':memory:', extensions: [RAW] })
  await store.ports.users.insert(vitor)
  await store.ports.sessions.adopt(aSession('s'))
  const { sessions } = store.ports
  const refresh = ({ id, generation, jti }: RefreshClaims, now: UnixSeconds) =>
    rotate(
      { id, generation, jti },
      now,
      { sessions, random: systemRandom, revoke: sessions.revoke },
      settings,
    )
  const { run } = store.ports
  return { store, sessions, refresh, run, [Symbol.asyncDispose]: () => store.close() }
}

test('a rotation increments the generation, sets a new jti and idle end, and keeps the end of the session', async () => {
  await using deps = await setUp()
  const outcome = await deps.refresh(first, at(NOON, 60))

  assert.ok(outcome.kind === 'rotated')
  const { jti, ...session } = outcome.session
  assert.match(jti, /^[0-9a-f]{32}$/)
  assert.deepEqual(session, {
    id: ID,
    userId: vitor.id,
    generation: 1,
    previousJti: 's-0',
    lostAnswers: 0,
    spentAt: at(NOON, 60),
    rotatedAt: at(NOON, 60),
    createdAt: NOON,
    expiresAt: at(NOON, days(30)),
    idleExpiresAt: at(NOON, 60 + days(1)),
    epoch: 0,
    revokedAt: undefined,
    revokeReason: undefined,
  })
})

test('a refresh token never outlives its session', async () => {
  await using deps = await setUp({ ...SETTINGS, idle: days(40) })
  const outcome = await deps.refresh(first, at(NOON, 60))
  assert.ok(outcome.kind === 'rotated')
  assert.equal(outcome.session.idleExpiresAt, at(NOON, days(30)))
})

test('with reuse "reject" a spent token is rejected and the session stays valid', async () => {
  await using deps = await setUp({ ...strict, reuse: 'reject' })
  const outcome = await deps.refresh(first, NOON)
  const again = await deps.refresh(first, at(NOON, 1))

  assert.ok(outcome.kind === 'rotated')
  assert.ok(again.kind === 'reused' && !again.revoked)
  assert.equal((await deps.refresh(outcome.session, at(NOON, 2))).kind, 'rotated')
})

test('concurrent reuses revoke the session once, before the result is returned', async () => {
  await using deps = await setUp(strict)
  await deps.refresh(first, NOON)

  const outcomes = await Promise.all(
    [1, 2, 3].map((later) => deps.refresh(first, at(NOON, later))),
  )

  assert.equal(
    outcomes.filter((outcome) => outcome.kind === 'reused' && outcome.revoked).length,
    1,
  )
  assert.equal((await deps.sessions.find(ID))?.session.revokeReason, 'reuse')
})

test('if revoking a reused session fails, the error of the store is thrown', async () => {
  await using deps = await setUp(strict)
  await deps.refresh(first, NOON)
  const down = new Error('the disk is full')
  const revoke = () => Promise.reject(down)
  const { sessions } = deps
  await assert.rejects(
    rotate(first, at(NOON, 1), { sessions, random: systemRandom, revoke }, strict),
    down,
  )
})

test('leeway extends the idle end of a session as it does the expiry of its tokens', async () => {
  await using deps = await setUp({ ...SETTINGS, leeway: seconds(30) })
  const late = await deps.refresh(first, at(NOON, days(1) + 29))
  assert.equal(late.kind, 'rotated')
  await deps.sessions.adopt(aSession('t'))
  const tooLate = await deps.refresh(
    { ...first, id: 't' as SessionId, jti: 't-0' },
    at(NOON, days(1) + 30),
  )
  assert.deepEqual(tooLate, { kind: 'expired' })
})

test('a session without a user is rotated only if no user is required', async () => {
  await using deps = await setUp({
    ...SETTINGS,
    require: { user: false, active: true, epoch: true },
  })
  await deps.sessions.adopt(aSession('nobody', { userId: undefined }))
  const token: RefreshClaims = {
    id: 'nobody' as SessionId,
    generation: 0,
    jti: 'nobody-0',
  }
  assert.equal((await deps.refresh(token, NOON)).kind, 'rotated')

  await using requiringUser = await setUp()
  await requiringUser.sessions.adopt(aSession('nobody', { userId: undefined }))
  assert.deepEqual(await requiringUser.refresh(token, NOON), {
    kind: 'user',
    reason: 'deleted',
  })
})

test('the session of a deleted user is rejected, even if no user is required', async () => {
  await using deps = await setUp({
    ...SETTINGS,
    require: { user: false, active: false, epoch: false },
  })
  await deps.store.ports.users.delete(vitor.id)
  assert.deepEqual(await deps.refresh(first, NOON), {
    kind: 'user',
    reason: 'deleted',
  })
})

test('an inactive user or a changed password is ignored if it is not required otherwise', async () => {
  await using deps = await setUp({
    ...SETTINGS,
    require: { user: true, active: false, epoch: false },
  })
  await deps.store.ports.users.change(vitor.id, { active: false })
  await deps.store.ports.users.setPassword(vitor.id, 'another')
  assert.equal((await deps.refresh(first, NOON)).kind, 'rotated')
})

test('a token with an impossible generation is rejected and revokes nothing', async () => {
  await using deps = await setUp()
  assert.deepEqual(await deps.refresh({ ...first, generation: -1 }, NOON), {
    kind: 'ahead',
  })
  assert.equal((await deps.refresh(first, NOON)).kind, 'rotated')
})

test('R13: a spent token is never rotated again at any setting of the clock', async () => {
  for (const step of [3600, -3600, 5, -5, 5.1, -5.1, 10, 10.1]) {
    await using deps = await setUp()
    await deps.refresh(first, at(NOON, 4000))
    const outcome = await deps.refresh(first, at(NOON, 4000 + step))
    const isHonest = step >= -5 && step <= 10
    assert.equal(outcome.kind, isHonest ? 'replayed' : 'reused', `clock set by ${step} s`)
    const { session } = (await deps.sessions.find(ID))!
    assert.equal(session.generation, 1)
  }
})

test('R13: a revoked session stays revoked at any setting of the clock', async () => {
  await using deps = await setUp()
  await deps.sessions.revoke(ID, 'logout', at(NOON, 3600))
  for (const now of [at(NOON, -3600), NOON, at(NOON, 3600), at(NOON, 7200)]) {
    assert.deepEqual(await deps.refresh(first, now), {
      kind: 'revoked',
      reason: 'logout',
    })
  }
})

/** A session whose first token was spent at noon, by an answer that never arrived. */
async function withLostAnswer(settings: RotationSettings = forgiving) {
  const deps = await setUp(settings)
  const lost = await deps.refresh(first, NOON)
  assert.ok(lost.kind === 'rotated')
  return { ...deps, unused: lost.session }
}

test('after the overlap a spent token whose successor was never presented gets another successor', async () => {
  await using deps = await withLostAnswer()
  const outcome = await deps.refresh(first, at(NOON, 11))

  assert.ok(outcome.kind === 'lost_answer')
  const { generation, jti, previousJti, spentAt, rotatedAt, idleExpiresAt } =
    outcome.session
  assert.notEqual(jti, deps.unused.jti)
  assert.deepEqual(
    { generation, previousJti, spentAt, rotatedAt, idleExpiresAt },
    {
      generation: 2,
      previousJti: first.jti,
      spentAt: NOON,
      rotatedAt: at(NOON, 11),
      idleExpiresAt: at(NOON, 11 + days(1)),
    },
  )
  assert.equal((await deps.refresh(outcome.session, at(NOON, 12))).kind, 'rotated')
})

test('the unused successor of a lost answer ends the session', async () => {
  await using deps = await withLostAnswer()
  const outcome = await deps.refresh(first, at(NOON, 11))
  assert.ok(outcome.kind === 'lost_answer')

  const trapped = await deps.refresh(deps.unused, at(NOON, 12))

  assert.ok(trapped.kind === 'reused' && trapped.revoked)
  const afterwards = [outcome.session, deps.unused, first]
  for (const token of afterwards)
    assert.equal((await deps.refresh(token, at(NOON, 13))).kind, 'revoked')
})

test('the unused successor also ends the session after the session has gone on', async () => {
  await using deps = await withLostAnswer()
  const outcome = await deps.refresh(first, at(NOON, 11))
  assert.ok(outcome.kind === 'lost_answer')
  const next = await deps.refresh(outcome.session, at(NOON, 12))
  assert.ok(next.kind === 'rotated')

  assert.equal((await deps.refresh(deps.unused, at(NOON, 13))).kind, 'reused')
  assert.equal((await deps.refresh(next.session, at(NOON, 14))).kind, 'revoked')
})

test('a spent token whose successor was presented ends the session after the overlap', async () => {
  await using deps = await withLostAnswer()
  assert.equal((await deps.refresh(deps.unused, at(NOON, 5))).kind, 'rotated')
  assert.equal((await deps.refresh(first, at(NOON, 11))).kind, 'reused')
})

test('a repetition of a lost answer within the overlap gets the same successor', async () => {
  await using deps = await withLostAnswer()
  const outcome = await deps.refresh(first, at(NOON, 11))
  const again = await deps.refresh(first, at(NOON, 21))
  assert.ok(outcome.kind === 'lost_answer' && again.kind === 'replayed')
  assert.deepEqual(rotatedPart(again.session), outcome.session)
})

test('the limit counts from the first use of a token, however often its answer is lost', async () => {
  await using deps = await withLostAnswer()
  const unused = [deps.unused]
  for (const later of [100, 200, 300]) {
    const outcome = await deps.refresh(first, at(NOON, later))
    assert.ok(outcome.kind === 'lost_answer', `${outcome.kind} after ${later} s`)
    unused.push(outcome.session)
  }
  const tooLate = await deps.refresh(first, at(NOON, 311))
  assert.equal(tooLate.kind, 'reused')
  for (const token of unused)
    assert.equal((await deps.refresh(token, at(NOON, 312))).kind, 'revoked')
})

test('every unused successor of repeated lost answers ends the session', async () => {
  for (const which of [0, 1]) {
    await using deps = await withLostAnswer()
    const second = await deps.refresh(first, at(NOON, 100))
    const third = await deps.refresh(first, at(NOON, 200))
    assert.ok(second.kind === 'lost_answer' && third.kind === 'lost_answer')
    const unused = [deps.unused, second.session][which]
    assert.ok(unused !== undefined)
    assert.equal((await deps.refresh(unused, at(NOON, 201))).kind, 'reused')
    assert.equal((await deps.refresh(third.session, at(NOON, 202))).kind, 'revoked')
  }
})

test('after a lost answer the next lost answer has the whole limit again', async () => {
  await using deps = await withLostAnswer()
  const second = await deps.refresh(first, at(NOON, 300))
  assert.ok(second.kind === 'lost_answer')
  await deps.refresh(second.session, at(NOON, 301))
  const outcome = await deps.refresh(second.session, at(NOON, 601))
  assert.ok(outcome.kind === 'lost_answer')
  assert.equal(outcome.session.generation, 4)
  assert.equal((await deps.refresh(first, at(NOON, 602))).kind, 'reused')
})

test('concurrent uses after a lost answer get one successor', async () => {
  await using deps = await withLostAnswer()
  const outcomes = await Promise.all(
    Array.from({ length: 10 }, () => deps.refresh(first, at(NOON, 60))),
  )
  const kinds = outcomes.map(({ kind }) => kind).sort()
  assert.deepEqual(kinds, ['lost_answer', ...Array(9).fill('replayed')])
  const jtis = outcomes.map((outcome) => 'session' in outcome && outcome.session.jti)
  assert.equal(new Set(jtis).size, 1)
})

test('of a late token and its unused successor, presented at once, one ends the session of the other', async () => {
  for (let round = 0; round < 20; round++) {
    await using deps = await withLostAnswer()
    const late = () => deps.refresh(first, at(NOON, 60))
    const successor = () => deps.refresh(deps.unused, at(NOON, 60))
    const both = round % 2 === 0 ? [late(), successor()] : [successor(), late()]
    const kinds = (await Promise.all(both)).map(({ kind }) => kind)
    assert.equal(kinds.filter((kind) => kind === 'reused').length, 1, String(kinds))
    assert.equal((await deps.sessions.find(ID))?.session.revokeReason, 'reuse')
  }
})

test('without overlap every use of a spent token gets a successor of its own, of which one is no trap', async () => {
  await using deps = await withLostAnswer({ ...forgiving, overlap: seconds(0) })
  const second = await deps.refresh(first, NOON)
  const third = await deps.refresh(first, at(NOON, 1))
  assert.ok(second.kind === 'lost_answer' && third.kind === 'lost_answer')
  assert.notEqual(second.session.jti, third.session.jti)
  assert.equal((await deps.refresh(third.session, at(NOON, 2))).kind, 'rotated')
  assert.equal((await deps.refresh(second.session, at(NOON, 3))).kind, 'reused')
})

test('a late token moves no session on whose user may not continue', async () => {
  const changes = {
    inactive: (users: Users) => users.change(vitor.id, { active: false }),
    password: (users: Users) => users.setPassword(vitor.id, 'another'),
    deleted: (users: Users) => users.delete(vitor.id),
  }
  for (const [reason, change] of Object.entries(changes)) {
    await using deps = await withLostAnswer()
    await change(deps.store.ports.users)
    assert.deepEqual(await deps.refresh(first, at(NOON, 60)), { kind: 'user', reason })
    assert.equal((await deps.sessions.find(ID))?.session.generation, 1)
  }
})

test('a late token moves no session on that was revoked or has expired', async () => {
  await using deps = await withLostAnswer({ ...forgiving, idle: seconds(60) })
  assert.deepEqual(await deps.refresh(first, at(NOON, 60)), { kind: 'expired' })
  await deps.sessions.revoke(ID, 'logout', NOON)
  const outcome = await deps.refresh(first, at(NOON, 11))
  assert.deepEqual(outcome, { kind: 'revoked', reason: 'logout' })
})

test('R13: a late token never gets a successor before its limit by a clock that is set back', async () => {
  for (const step of [-5.1, -60, -3600]) {
    await using deps = await withLostAnswer()
    assert.equal((await deps.refresh(first, at(NOON, step))).kind, 'reused')
  }
})

/** Each names one condition of the statement that a lost answer is decided by. */
const NOT_RECOVERED: Readonly<Record<string, Partial<Recovery>>> = {
  'another session': { id: 'other' as SessionId },
  'another previous generation': { generation: 1 },
  'another previous jti': { jti: 's-1' },
  'a session at another generation': { unused: { generation: 2, jti: 'unused' } },
  'a session at another jti': { unused: { generation: 1, jti: 'another' } },
  'a token spent before the limit': { spentSince: at(NOON, 0.001) },
  'a session that has expired': { now: at(NOON, days(1)) },
}

test('the store moves a session on only for the token and the state that were judged', async () => {
  await using deps = await setUp()
  const { require } = SETTINGS
  const common = { ...first, idle: days(1), leeway: seconds(0), now: NOON, require }
  await deps.sessions.rotate({ ...common, newJti: 'unused' })
  const recovery: Recovery = {
    ...common,
    newJti: 'new',
    now: at(NOON, 60),
    unused: { generation: 1, jti: 'unused' },
    spentSince: NOON,
  }
  for (const [name, change] of Object.entries(NOT_RECOVERED))
    assert.equal(await deps.sessions.recover({ ...recovery, ...change }), undefined, name)
  assert.equal((await deps.sessions.recover(recovery))?.jti, 'new')
  assert.equal(await deps.sessions.recover(recovery), undefined, 'a second time')
})

test('after a backup was restored, tokens of later generations are ahead, and a lost answer is one still', async () => {
  await using lost = await withLostAnswer()
  const late = await lost.refresh(first, at(NOON, 60))
  assert.ok(late.kind === 'lost_answer')

  await using restored = await withLostAnswer()
  assert.deepEqual(await restored.refresh(late.session, at(NOON, 61)), { kind: 'ahead' })
  assert.deepEqual(await restored.refresh(lost.unused, at(NOON, 61)), { kind: 'ahead' })
  assert.equal((await restored.refresh(first, at(NOON, 62))).kind, 'lost_answer')
})

/** What 0.1.0 writes, whose processes may still run while others have migrated the database. */
const ROTATION_OF_0_1_0 = `update sessions set generation = generation + 1,
  previous_jti = jti, jti = 's-old', rotated_at = ${at(NOON, 100)} where id = 's'`

test('a session that a process of 0.1.0 has refreshed since goes on', async () => {
  await using deps = await withLostAnswer()
  await deps.run(ROTATION_OF_0_1_0)
  const { unused } = deps
  assert.equal((await deps.refresh(unused, at(NOON, 105))).kind, 'replayed')
  const late = await deps.refresh(unused, at(NOON, 400))
  assert.ok(late.kind === 'lost_answer')
  assert.equal(late.session.spentAt, at(NOON, 100))
  const old = { ...first, generation: 2, jti: 's-old' }
  assert.equal((await deps.refresh(old, at(NOON, 401))).kind, 'reused')
})

test('concurrent first refreshes of a foreign token share one session', async () => {
  await using deps = await setUp()
  const jti = hexId(systemRandom)
  const id = foreignSessionId(jti)
  const adopted = aSession(id, { jti })
  const refresh = async () => {
    await deps.sessions.adopt(adopted)
    return deps.refresh({ id, generation: 0, jti }, NOON)
  }
  const outcomes = await Promise.all([refresh(), refresh(), refresh()])
  assert.deepEqual(outcomes.map(({ kind }) => kind).sort(), [
    'replayed',
    'replayed',
    'rotated',
  ])
  assert.equal(
    new Set(outcomes.map((outcome) => 'session' in outcome && outcome.session.jti)).size,
    1,
  )
})

test('the session of a foreign token is SHA-256 of "legacy" and its jti, cut to 128 bits', () => {
  assert.equal(foreignSessionId('abc'), 'd94ca8f1a9efda7ba42e44a7fb0fa30a')
})

test('a token of an unknown session is unknown', () => {
  assert.deepEqual(decideRotation(first, undefined, NOON, SETTINGS), { kind: 'unknown' })
})
