import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import type { AuditEvent, Events, StoredEvent } from '../../src/audit/event.ts'
import { basic } from '../../src/authentication/basic.ts'
import type { EventKind } from '../../src/features.ts'
import type { SessionId } from '../../src/sessions/session.ts'
import { type TestOptions, testInstance } from '../../src/testing/index.ts'
import type { Watchword } from '../../src/watchword.ts'
import { instanceFor, PASSWORD, post, SECRET, signIn } from '../instance/setup.ts'
import { sqliteStore, withPorts } from '../stores/open.ts'
import { until } from '../time.ts'

async function instance(t: TestContext, options: TestOptions = {}) {
  const app = testInstance(options)
  t.after(() => app.auth.close())
  const ann = await app.auth.users.create({ username: 'ann', password: PASSWORD })
  return { ...app, ann }
}

const kindsOf = async (auth: Watchword): Promise<EventKind[]> =>
  (await auth.events.list()).map(({ kind }) => kind).reverse()

const newest = async (auth: Watchword): Promise<AuditEvent> =>
  (await auth.events.list({ limit: 1 }))[0]!

const claimsOf = (token: string | undefined): Record<string, unknown> =>
  JSON.parse(Buffer.from(String(token).split('.')[1] ?? '', 'base64url').toString())

test('a sign-in is recorded with its session, and a refresh is not', async (t) => {
  const { auth, ann, clock } = await instance(t)
  clock.advance(1)
  const { refresh } = await signIn(auth)
  await post(auth, '/api/token/refresh/', { refresh: String(refresh) })

  assert.deepEqual(await kindsOf(auth), ['user_created', 'signed_in'])
  const { userId, sessionId, at } = await newest(auth)
  assert.deepEqual([userId, sessionId, at], [ann.id, claimsOf(refresh).sid, clock.now()])
})

test('a wrong password is recorded with its user', async (t) => {
  const { auth, ann } = await instance(t)
  await post(auth, '/api/token/', { username: 'ann', password: 'wrong' })
  const { kind, userId } = await newest(auth)
  assert.deepEqual([kind, userId], ['sign_in_failed', ann.id])
})

test('an unknown login is not recorded: it may be a password', async (t) => {
  const { auth } = await instance(t)
  await post(auth, '/api/token/', { username: 'CANARY-0815', password: 'CANARY-4711' })
  const event = await newest(auth)
  assert.deepEqual([event.kind, event.userId], ['sign_in_failed', undefined])
  assert.doesNotMatch(JSON.stringify(event), /CANARY/)
})

test('a throttled sign-in is recorded once a minute', async (t) => {
  const { auth, ann, clock } = await instance(t, { throttle: { login: '2/hour' } })
  clock.advance(1)
  const guess = () => post(auth, '/api/token/', { username: 'ann', password: 'wrong' })
  for (let i = 0; i < 5; i++) {
    clock.advance(1)
    await guess()
  }
  const kinds = [
    'user_created',
    'sign_in_failed',
    'sign_in_failed',
    'sign_in_throttled',
  ] as const
  assert.deepEqual(await kindsOf(auth), kinds)
  assert.equal((await newest(auth)).userId, ann.id)
  clock.advance(61)
  await guess()
  assert.deepEqual(await kindsOf(auth), [...kinds, 'sign_in_throttled'])
})

test('a reused refresh token is recorded once if it revokes the session, however often it is used', async (t) => {
  const { auth, ann, clock } = await instance(t)
  clock.advance(1)
  const { refresh } = await signIn(auth)
  clock.advance(1)
  const again = () => post(auth, '/api/token/refresh/', { refresh: String(refresh) })
  await again()
  await Promise.all([again(), again()])
  assert.deepEqual(await kindsOf(auth), ['user_created', 'signed_in', 'refresh_replayed'])
  clock.advance(301)
  await Promise.all(Array.from({ length: 20 }, again))
  assert.deepEqual(await kindsOf(auth), [
    'user_created',
    'signed_in',
    'refresh_replayed',
    'reuse_detected',
  ])
  const { userId, sessionId } = await newest(auth)
  assert.deepEqual([userId, sessionId], [ann.id, claimsOf(refresh).sid])
})

test('a late token whose successor was never used is recorded, and then what the unused successor ends', async (t) => {
  const { auth, ann, clock } = await instance(t)
  const refreshWith = async (refresh: unknown) => {
    const answer = await post(auth, '/api/token/refresh/', { refresh: String(refresh) })
    return (answer.body as { readonly refresh?: string }).refresh
  }
  const { refresh } = await signIn(auth)
  clock.advance(1)
  const unused = await refreshWith(refresh)
  clock.advance(299)
  await Promise.all([refreshWith(refresh), refreshWith(refresh)])
  const kinds = ['user_created', 'signed_in', 'lost_answer', 'refresh_replayed'] as const
  assert.deepEqual(await kindsOf(auth), kinds)
  const [event] = await auth.events.list({ kind: 'lost_answer' })
  const { userId, sessionId, detail } = event!
  assert.deepEqual([userId, sessionId], [ann.id, claimsOf(refresh).sid])
  assert.deepEqual(detail, { unused: 1 })
  clock.advance(1)
  assert.equal(await refreshWith(unused), undefined)
  assert.deepEqual(await kindsOf(auth), [...kinds, 'reuse_detected'])
})

test('changes of users, sessions, tokens and keys are recorded with field names, without values', async (t) => {
  const { auth, ann } = await instance(t)
  await auth.users.change(ann.id, { email: 'canary@example.com', staff: true })
  await auth.users.setPassword(ann.id, `${PASSWORD}-new`)
  await post(auth, '/api/token/', { username: 'ann', password: `${PASSWORD}-new` })
  const [session] = await auth.sessions.list(ann.id)
  await auth.sessions.revoke(session!.id)
  await auth.sessions.revoke(session!.id)
  await auth.sessions.revoke('0'.repeat(32) as SessionId)
  const { record } = await auth.apiTokens.create(ann.id, {
    name: 'canary',
    scopes: ['read'],
  })
  await auth.apiTokens.revoke(record.id)
  await auth.keys.rotate()
  await auth.users.delete(ann.id)

  const events = [...(await auth.events.list())].reverse()
  assert.deepEqual(
    events.map(({ kind, userId }) => [kind, userId]),
    [
      ['user_created', ann.id],
      ['user_changed', ann.id],
      ['password_changed', ann.id],
      ['signed_in', ann.id],
      ['session_revoked', ann.id],
      ['api_token_created', ann.id],
      ['api_token_revoked', ann.id],
      ['keys_rotated', undefined],
      ['user_deleted', ann.id],
    ],
  )
  assert.deepEqual(events[1]?.detail, { fields: ['email', 'staff'] })
  assert.equal(events[4]?.sessionId, session!.id)
  assert.doesNotMatch(JSON.stringify(events), /canary/)
})

test('an event that 0.1.0 stored as session_ended is found and listed as session_revoked', async (t) => {
  const store = sqliteStore({ file: ':memory:' })
  await store.migrate()
  t.after(() => store.close())
  const [{ events }, at] = [store.ports, 1 as StoredEvent['at']]
  const event = { at, userId: undefined, sessionId: undefined, actor: undefined }
  const rest = { address: undefined, requestId: undefined, detail: {} }
  for (const [id, kind] of [
    ['1', 'session_ended'],
    ['2', 'session_revoked'],
    ['3', 'signed_in'],
  ] as const)
    await events.append({ ...event, ...rest, id, kind })

  const found = await events.list({ kind: 'session_revoked', limit: 9 })
  const all = await events.list({ limit: 9 })

  const kindsOf = (list: readonly AuditEvent[]) => list.map(({ id, kind }) => [id, kind])
  const revoked = [
    ['2', 'session_revoked'],
    ['1', 'session_revoked'],
  ]
  assert.deepEqual(kindsOf(found), revoked)
  assert.deepEqual(kindsOf(all), [['3', 'signed_in'], ...revoked])
})

test('signing out is recorded', async (t) => {
  const { auth, ann } = await instance(t)
  const { refresh } = await signIn(auth)
  await post(auth, '/api/token/blacklist/', { refresh: String(refresh) })
  const { kind, userId, sessionId } = await newest(auth)
  assert.deepEqual(
    [kind, userId, sessionId],
    ['signed_out', ann.id, claimsOf(refresh).sid],
  )
})

test("an event has the client's address and the request's id", async (t) => {
  const { auth } = await instance(t, { proxies: 1 })
  const headers = {
    'content-type': 'application/json',
    'x-forwarded-for': '203.0.113.7',
    'x-request-id': 'edge-77',
  }
  const body = JSON.stringify({ username: 'ann', password: PASSWORD })
  await auth.handler(
    new Request('http://localhost/api/token/', { method: 'POST', headers, body }),
  )
  const { address, requestId } = await newest(auth)
  assert.deepEqual([address, requestId], ['203.0.113.7', 'edge-77'])
})

test('only a trusted proxy may set the id of a request', async (t) => {
  const { auth } = await instance(t)
  const headers = { 'content-type': 'application/json', 'x-request-id': 'forged' }
  const body = JSON.stringify({ username: 'ann', password: PASSWORD })
  await auth.handler(
    new Request('http://localhost/api/token/', { method: 'POST', headers, body }),
  )
  assert.match((await newest(auth)).requestId ?? '', /^[\da-f]{32}$/)
})

test('an event has the actor that the program names', async (t) => {
  const { auth, ann } = await instance(t)
  await auth.events.by('staff:7', () => auth.users.change(ann.id, { staff: true }))
  assert.equal((await newest(auth)).actor, 'staff:7')
  await auth.users.change(ann.id, { staff: false })
  assert.equal((await newest(auth)).actor, undefined)
})

test('audit: false records nothing', async (t) => {
  const { auth } = await instance(t, { audit: false })
  await signIn(auth)
  assert.deepEqual(await auth.events.list(), [])
})

test('an event that cannot be written is logged and does not change the response', async (t) => {
  const { auth, log, faults } = await instance(t)
  faults.fail('events.append')
  const { status } = await post(auth, '/api/token/', {
    username: 'ann',
    password: PASSWORD,
  })
  await auth.events.list()
  assert.equal(status, 200)
  const entries = log.filter(
    ({ event }) => event === 'an audit event could not be written',
  )
  assert.deepEqual(
    entries.map(({ level, kind }) => [level, kind]),
    [['error', 'signed_in']],
  )
})

test('flush deletes expired events only', async (t) => {
  const { auth, clock } = await instance(t, { audit: { keep: '7d' } })
  clock.advance(4 * 86_400)
  await signIn(auth)
  clock.advance(4 * 86_400 + 3_600)
  const { events } = await auth.flush()
  assert.equal(events, 1)
  assert.deepEqual(await kindsOf(auth), ['signed_in'])
})

test('events are listed by user, kind and time, the newest first, page by page', async (t) => {
  const { auth, ann, clock } = await instance(t)
  clock.advance(10)
  const bob = await auth.users.create({ username: 'bob' })
  await auth.users.change(bob.id, { staff: true })
  await auth.users.change(ann.id, { staff: true })

  const kinds = async (query: Parameters<typeof auth.events.list>[0]) =>
    (await auth.events.list(query)).map(
      ({ kind, userId }) => `${kind} ${userId === ann.id ? 'ann' : 'bob'}`,
    )
  assert.deepEqual(await kinds({ userId: ann.id }), [
    'user_changed ann',
    'user_created ann',
  ])
  assert.deepEqual(await kinds({ kind: 'user_created' }), [
    'user_created bob',
    'user_created ann',
  ])
  assert.deepEqual(
    new Set(await kinds({ since: clock.now() })),
    new Set(['user_changed ann', 'user_changed bob', 'user_created bob']),
  )

  const all = await auth.events.list()
  const paged: AuditEvent[] = []
  for (let page = await auth.events.list({ limit: 1 }); page.length > 0; ) {
    paged.push(...page)
    page = await auth.events.list({ limit: 1, after: paged.at(-1) })
  }
  assert.deepEqual(paged, all)
})

test('a wrong password at a guard is recorded with the address too', async (t) => {
  const { auth, ann } = await instance(t, { authentication: [basic()], proxies: 1 })
  const headers = {
    authorization: `Basic ${Buffer.from('ann:wrong').toString('base64')}`,
    'x-forwarded-for': '203.0.113.9',
  }
  await assert.rejects(auth.require(new Request('http://localhost/', { headers })))
  const { kind, userId, address } = await newest(auth)
  assert.deepEqual([kind, userId, address], ['sign_in_failed', ann.id, '203.0.113.9'])
})

test('events of the same moment are listed in their order', async (t) => {
  const { auth, ann } = await instance(t)
  for (let i = 0; i < 20; i++)
    await auth.users.change(
      ann.id,
      i % 2 ? { staff: true } : { email: `a${i}@example.com` },
    )
  const fields = (await auth.events.list({ kind: 'user_changed' })).map(({ detail }) =>
    String(detail.fields),
  )
  assert.deepEqual(
    fields.reverse(),
    Array.from({ length: 20 }, (_, i) => (i % 2 ? 'staff' : 'email')),
  )
})

test('a slow event does not delay a revocation: deactivating takes effect before it is written', async (t) => {
  const store = sqliteStore({ file: ':memory:' })
  let write: (value?: unknown) => void = () => {}
  let isSlow = false
  const append: Events['append'] = (event) =>
    isSlow
      ? new Promise((resolve) => (write = resolve)).then(() =>
          store.ports.events.append(event),
        )
      : store.ports.events.append(event)
  const auth = instanceFor(t, {
    store: withPorts(store, { events: { ...store.ports.events, append } }),
    secret: SECRET,
  })
  const ann = await auth.users.create({ username: 'ann', password: PASSWORD })
  const { access } = await signIn(auth)
  await auth.events.list()
  isSlow = true
  const changing = auth.users.change(ann.id, { active: false })
  const headers = { authorization: `Bearer ${access}` }
  const isOut = () =>
    auth.authenticate(new Request('http://localhost/', { headers })).then(
      () => false,
      () => true,
    )
  await until(
    async () =>
      (await isOut()) &&
      (await auth.sessions.list(ann.id))[0]?.revokeReason === 'inactive',
    'the session is not revoked',
  )
  write()
  await changing
  assert.equal((await newest(auth)).kind, 'user_changed')
})
