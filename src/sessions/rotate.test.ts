import assert from 'node:assert/strict'
import { test } from 'node:test'
import { aSession, at, NOON, SETTINGS, strict, vitor } from '../../test/sessions/setup.ts'
import { days, seconds, type UnixSeconds } from '../base/clock.ts'
import { hexId, systemRandom } from '../base/random.ts'
import { sqliteStore } from '../stores/sqlite/store.ts'
import { foreignSessionId } from './foreign-session-id.ts'
import {
  decideRotation,
  type RefreshClaims,
  type RotationSettings,
  rotate,
} from './rotate.ts'
import type { SessionId } from './session.ts'

const ID = 's' as SessionId
const first: RefreshClaims = { id: ID, generation: 0, jti: 's-0' }

/** A store with a user and a session, and a function that refreshes it. */
async function setUp(settings: RotationSettings = SETTINGS) {
  const store = sqliteStore({ file: ':memory:', extensions: [] })
  await store.ports.users.insert(vitor)
  await store.ports.sessions.adopt(aSession('s'))
  const { sessions } = store.ports
  const refresh = (token: RefreshClaims, now: UnixSeconds) =>
    rotate(
      token,
      now,
      { sessions, random: systemRandom, revoke: sessions.revoke },
      settings,
    )
  return { store, sessions, refresh, [Symbol.asyncDispose]: () => store.close() }
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

test('R13: a spent token is never rotated again, whatever the clock is set to', async () => {
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

test('R13: a revoked session stays revoked, whatever the clock is set to', async () => {
  await using deps = await setUp()
  await deps.sessions.revoke(ID, 'logout', at(NOON, 3600))
  for (const now of [at(NOON, -3600), NOON, at(NOON, 3600), at(NOON, 7200)]) {
    assert.deepEqual(await deps.refresh(first, now), {
      kind: 'revoked',
      reason: 'logout',
    })
  }
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
