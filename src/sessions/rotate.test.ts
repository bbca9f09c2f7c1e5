import assert from 'node:assert/strict'
import { test } from 'node:test'
import { aSession, at, NOON, SETTINGS, strict, vitor } from '../../test/sessions/setup.ts'
import { days, seconds, type UnixSeconds } from '../base/clock.ts'
import { hexId, systemRandom } from '../base/random.ts'
import { sqliteStore } from '../stores/sqlite/store.ts'
import { foreignSessionId } from './foreign-session-id.ts'
import {
  decideRotation,
  type Presented,
  type RotationSettings,
  rotate,
} from './rotate.ts'
import type { SessionId } from './session.ts'

const ID = 's' as SessionId
const first: Presented = { id: ID, generation: 0, jti: 's-0' }

/** A store with a user and a session of theirs, and the verb to refresh it with. */
async function deps(settings: RotationSettings = SETTINGS) {
  const store = sqliteStore({ file: ':memory:', extensions: [] })
  await store.ports.users.insert(vitor)
  await store.ports.sessions.open(aSession('s'))
  const { sessions } = store.ports
  const refresh = (token: Presented, now: UnixSeconds) =>
    rotate(token, now, { sessions, random: systemRandom, end: sessions.revoke }, settings)
  return { store, sessions, refresh, [Symbol.asyncDispose]: () => store.close() }
}

test('a successor is the next generation, with a jti of its own, and the end that never moves stays', async () => {
  await using instance = await deps()
  const outcome = await instance.refresh(first, at(NOON, 60))

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
  await using instance = await deps({ ...SETTINGS, idle: days(40) })
  const outcome = await instance.refresh(first, at(NOON, 60))
  assert.ok(outcome.kind === 'rotated')
  assert.equal(outcome.session.idleExpiresAt, at(NOON, days(30)))
})

test('with reuse "reject" a spent token is refused and the session goes on', async () => {
  await using instance = await deps({ ...strict, reuse: 'reject' })
  const outcome = await instance.refresh(first, NOON)
  const again = await instance.refresh(first, at(NOON, 1))

  assert.ok(outcome.kind === 'rotated')
  assert.ok(again.kind === 'reused' && !again.ended)
  assert.equal((await instance.refresh(outcome.session, at(NOON, 2))).kind, 'rotated')
})

test('the end of a session that was reused is stored before the answer, and told once', async () => {
  await using instance = await deps(strict)
  await instance.refresh(first, NOON)

  const outcomes = await Promise.all(
    [1, 2, 3].map((later) => instance.refresh(first, at(NOON, later))),
  )

  assert.equal(
    outcomes.filter((outcome) => outcome.kind === 'reused' && outcome.ended).length,
    1,
  )
  assert.equal((await instance.sessions.find(ID))?.session.revokeReason, 'reuse')
})

test('where the end of a reused session cannot be stored, the refusal is that of the store', async () => {
  await using instance = await deps(strict)
  await instance.refresh(first, NOON)
  const down = new Error('the disk is full')
  const end = () => Promise.reject(down)
  const { sessions } = instance
  await assert.rejects(
    rotate(first, at(NOON, 1), { sessions, random: systemRandom, end }, strict),
    down,
  )
})

test('leeway keeps a session alive for as long as its tokens', async () => {
  await using instance = await deps({ ...SETTINGS, leeway: seconds(30) })
  const late = await instance.refresh(first, at(NOON, days(1) + 29))
  assert.equal(late.kind, 'rotated')
  await instance.sessions.open(aSession('t'))
  const tooLate = await instance.refresh(
    { ...first, id: 't' as SessionId, jti: 't-0' },
    at(NOON, days(1) + 30),
  )
  assert.deepEqual(tooLate, { kind: 'expired' })
})

test('a session without a user goes on only where users are not asked for', async () => {
  await using instance = await deps({
    ...SETTINGS,
    require: { user: false, active: true, epoch: true },
  })
  await instance.sessions.adopt(aSession('nobody', { userId: undefined }))
  const token: Presented = { id: 'nobody' as SessionId, generation: 0, jti: 'nobody-0' }
  assert.equal((await instance.refresh(token, NOON)).kind, 'rotated')

  await using strictHouse = await deps()
  await strictHouse.sessions.adopt(aSession('nobody', { userId: undefined }))
  assert.deepEqual(await strictHouse.refresh(token, NOON), {
    kind: 'user',
    reason: 'deleted',
  })
})

test('a user who was deleted is not one who never was', async () => {
  await using instance = await deps({
    ...SETTINGS,
    require: { user: false, active: false, epoch: false },
  })
  await instance.store.ports.users.delete(vitor.id)
  assert.deepEqual(await instance.refresh(first, NOON), {
    kind: 'user',
    reason: 'deleted',
  })
})

test('an inactive user, or a changed password, matters only where it is asked for', async () => {
  await using instance = await deps({
    ...SETTINGS,
    require: { user: true, active: false, epoch: false },
  })
  await instance.store.ports.users.change(vitor.id, { active: false })
  await instance.store.ports.users.setPassword(vitor.id, 'another')
  assert.equal((await instance.refresh(first, NOON)).kind, 'rotated')
})

test('a token that names no generation is none of ours, and ends nothing', async () => {
  await using instance = await deps()
  assert.deepEqual(await instance.refresh({ ...first, generation: -1 }, NOON), {
    kind: 'ahead',
  })
  assert.equal((await instance.refresh(first, NOON)).kind, 'rotated')
})

test('R13: a spent token stays spent wherever the clock goes', async () => {
  for (const step of [3600, -3600, 5, -5, 5.1, -5.1, 10, 10.1]) {
    await using instance = await deps()
    await instance.refresh(first, at(NOON, 4000))
    const outcome = await instance.refresh(first, at(NOON, 4000 + step))
    const isHonest = step >= -5 && step <= 10
    assert.equal(outcome.kind, isHonest ? 'replayed' : 'reused', `clock set by ${step} s`)
    const { session } = (await instance.sessions.find(ID))!
    assert.equal(session.generation, 1)
  }
})

test('R13: a session that has expired or ended is not brought back by a clock set back and forth', async () => {
  await using instance = await deps()
  await instance.sessions.revoke(ID, 'logout', at(NOON, 3600))
  for (const now of [at(NOON, -3600), NOON, at(NOON, 3600), at(NOON, 7200)]) {
    assert.deepEqual(await instance.refresh(first, now), {
      kind: 'revoked',
      reason: 'logout',
    })
  }
})

test('two parallel first refreshes of a token of another issuer meet in one session', async () => {
  await using instance = await deps()
  const jti = hexId(systemRandom)
  const id = foreignSessionId(jti)
  const adopted = aSession(id, { jti })
  const refresh = async () => {
    await instance.sessions.adopt(adopted)
    return instance.refresh({ id, generation: 0, jti }, NOON)
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
