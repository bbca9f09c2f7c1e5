import assert from 'node:assert/strict'
import { test } from 'node:test'
import { days, seconds, type UnixSeconds } from '../../src/base/clock.ts'
import { foreignSessionId } from '../../src/sessions/foreign-session-id.ts'
import type {
  RevokeReason,
  SessionId,
  StoredSession,
} from '../../src/sessions/session.ts'
import { CREDENTIALS, post, probe } from './client.ts'
import { ALICE, type CaseInstance, instance, NOW, optionsOf } from './fixture.ts'
import { filled } from './tokens.ts'

/**
 * The numbered cases of the store. Simple JWT has rows for issued and blacklisted tokens, here there is one row a sign-in.
 * What Simple JWT promises of its rows must hold for these.
 */
const at = (later: number): UnixSeconds => (NOW + later) as UnixSeconds
const minted = (text: string, here: CaseInstance): Promise<string> =>
  filled(text, '', new Map(), here.store)
const sessionsOf = ({ store }: CaseInstance): Promise<readonly StoredSession[]> =>
  store.ports.sessions.list(ALICE)

/** An instance whose clock the test sets. */
async function timed(
  cfg: string,
  more: object = {},
): Promise<{ here: CaseInstance; set: (later: number) => void }> {
  let now = NOW
  const options = optionsOf(cfg)
  const here = await instance({
    ...options,
    clock: () => now,
    tokens: { ...options.tokens, ...more },
  })
  return {
    here,
    set: (later) => {
      now = at(later)
    },
  }
}

test('N07 a sign-in is one row with user, jti, start and end; an access token has none', async () => {
  await using here = await instance(optionsOf(''))
  const pair = await post(here, '/api/token/', CREDENTIALS)
  await post(here, '/api/token/refresh/', { refresh: pair.token('refresh') })

  const [session, ...others] = await sessionsOf(here)
  assert.deepEqual(others, [])
  const { userId, jti, createdAt, idleExpiresAt } = session!
  const { jti: named, exp } = pair.claims('refresh')
  assert.deepEqual(
    { userId, jti, createdAt, idleExpiresAt },
    { userId: ALICE, jti: named, createdAt: NOW, idleExpiresAt: exp },
  )
  // The row holds no token (D8).
  assert.doesNotMatch(JSON.stringify(session), /\.ey/)
})

test('N08 a rotation writes the new jti into the same row, beside the old one', async () => {
  await using here = await instance(optionsOf('RB'))
  const pair = await post(here, '/api/token/', CREDENTIALS)
  const next = await post(here, '/api/token/refresh/', { refresh: pair.token('refresh') })

  const [session, ...others] = await sessionsOf(here)
  assert.deepEqual(others, [])
  assert.equal(session!.jti, next.claims('refresh').jti)
  assert.equal(session!.previousJti, pair.claims('refresh').jti)
  assert.equal(session!.generation, 1)
})

test('N09 of two revocations of one token only the first returns true', async () => {
  await using here = await instance(optionsOf(''))
  await post(here, '/api/token/', CREDENTIALS)
  const [{ id }] = (await sessionsOf(here)) as [StoredSession]

  assert.equal(await here.store.ports.sessions.revoke(id, 'logout', at(1)), true)
  assert.equal(await here.store.ports.sessions.revoke(id, 'logout', at(2)), false)
  assert.equal((await here.store.ports.sessions.find(id))!.session.revokedAt, at(1))
})

test('N10 a token without a row is inserted and revoked in one call', async () => {
  await using here = await instance(optionsOf(''))
  const id = foreignSessionId('a'.repeat(32))
  assert.equal(await here.store.ports.sessions.find(id), undefined)

  const { status } = await post(here, '/api/token/blacklist/', {
    refresh: await minted('<R#a>', here),
  })

  const { jti, revokeReason } = (await here.store.ports.sessions.find(id))!.session
  assert.deepEqual(
    { status, jti, revokeReason },
    { status: 200, jti: 'a'.repeat(32), revokeReason: 'logout' },
  )
})

test('N11 the rows of a deleted user stay, revoked ones too', async () => {
  await using here = await instance(optionsOf(''))
  await post(here, '/api/token/', CREDENTIALS)
  const left = await post(here, '/api/token/', CREDENTIALS)
  await post(here, '/api/token/blacklist/', { refresh: left.token('refresh') })

  await here.auth.users.delete(ALICE)

  const states = await Promise.all(
    (await sessionsOf(here)).map(({ id }) => here.store.ports.sessions.find(id)),
  )
  assert.deepEqual(
    states.map((state) => state!.user),
    [undefined, undefined],
  )
  assert.deepEqual(states.map((state) => state!.session.revokeReason).sort(), [
    'deleted',
    'logout',
  ])
})

test('N12 flush deletes the rows of expired sessions, revoked or not, and no others', async () => {
  await using here = await instance(optionsOf(''))
  const put = async (
    id: string,
    expiresAt: UnixSeconds,
    reason?: RevokeReason,
  ): Promise<void> => {
    const session = {
      id: id as SessionId,
      userId: ALICE,
      jti: id,
      createdAt: NOW,
      epoch: 0,
    }
    await here.store.ports.sessions.adopt({
      ...session,
      expiresAt,
      idleExpiresAt: expiresAt,
    })
    if (reason !== undefined)
      await here.store.ports.sessions.revoke(session.id, reason, NOW)
  }
  const [past, future] = [at(-days(3)), at(days(3))]
  for (const id of ['live', 'live too']) await put(id, future)
  for (const id of ['ended', 'ended too']) await put(id, future, 'logout')
  for (const id of ['gone', 'gone too']) await put(id, past, 'logout')

  assert.equal((await here.auth.flush()).sessions, 2)
  const left = (await sessionsOf(here)).map(
    ({ id, revokeReason }) => `${id}: ${revokeReason}`,
  )
  assert.deepEqual(left.sort(), [
    'ended too: logout',
    'ended: logout',
    'live too: undefined',
    'live: undefined',
  ])
})

test('N13 flush keeps a row while the leeway could still accept its token (D7)', async () => {
  const { here, set } = await timed('', { leeway: 30, session: '1d' })
  await using _ = here
  const pair = await post(here, '/api/token/', CREDENTIALS)

  for (const later of [0, 29]) {
    set(days(1) + later)
    assert.equal((await here.auth.flush()).sessions, 0, `${later} s past exp`)
    assert.equal(
      (await post(here, '/api/token/refresh/', { refresh: pair.token('refresh') }))
        .status,
      200,
    )
  }
  set(days(1) + 30)
  assert.equal(
    (await post(here, '/api/token/refresh/', { refresh: pair.token('refresh') })).status,
    401,
  )
  // A day later no clock that was set back could accept it again.
  set(days(2) + 30 + 300 + 1)
  assert.equal((await here.auth.flush()).sessions, 1)
})

test('N14 flush never revives a blacklisted sliding token that had been refreshed (D7)', async () => {
  const { here, set } = await timed('SL')
  await using _ = here
  const first = await post(here, '/api/token/sliding/', CREDENTIALS)
  set(240)
  const second = await post(here, '/api/token/sliding/refresh/', {
    token: first.token('token'),
  })
  set(360)
  const ended = await post(here, '/api/token/blacklist/', {
    token: second.token('token'),
  })
  assert.equal(ended.status, 200)

  assert.equal((await here.auth.flush()).sessions, 0)

  const { status, body } = await probe(here, second.token('token'))
  assert.equal(status, 401)
  assert.equal(
    (body.messages as { message: string }[])[0]!.message,
    'Token is blacklisted',
  )
})

test('N15 flush never revives a blacklisted token inside the leeway (D7)', async () => {
  const { here, set } = await timed('', { leeway: 30, session: '1d' })
  await using _ = here
  const refresh = (await post(here, '/api/token/', CREDENTIALS)).token('refresh')
  await post(here, '/api/token/blacklist/', { refresh })
  set(days(1) + 10)

  assert.equal((await here.auth.flush()).sessions, 0)

  const { status, body } = await post(here, '/api/token/refresh/', { refresh })
  assert.deepEqual([status, body.detail], [401, 'Token is blacklisted'])
})

test('N15 flush never revives a blacklisted token of another issuer, of any lifetime (D7)', async () => {
  const { here, set } = await timed('')
  await using _ = here
  const refresh = await minted(`<R{exp:${days(90)}}>`, here)
  assert.equal((await post(here, '/api/token/blacklist/', { refresh })).status, 200)
  set(days(89))

  await here.auth.flush()

  const { status, body } = await post(here, '/api/token/refresh/', { refresh })
  assert.deepEqual([status, body.detail], [401, 'Token is blacklisted'])
})

test('N16 of two concurrent refreshes of one token exactly one gets a pair (D5)', async () => {
  await using here = await instance(optionsOf('RB'))
  const refresh = (await post(here, '/api/token/', CREDENTIALS)).token('refresh')

  const both = await Promise.all(
    [1, 2].map(() => post(here, '/api/token/refresh/', { refresh })),
  )

  assert.deepEqual(both.map(({ status }) => status).sort(), [200, 401])
  const { body } = both.find(({ status }) => status === 401)!
  assert.deepEqual(body, { detail: 'Token is blacklisted', code: 'token_not_valid' })
})

test('N16 within the overlap both get the same successor', async () => {
  const { here } = await timed('RB', { overlap: seconds(10) })
  await using _ = here
  const refresh = (await post(here, '/api/token/', CREDENTIALS)).token('refresh')

  const [one, other] = await Promise.all(
    [1, 2].map(() => post(here, '/api/token/refresh/', { refresh })),
  )

  assert.deepEqual([one!.status, other!.status], [200, 200])
  assert.deepEqual(one!.claims('refresh'), other!.claims('refresh'))
})
