import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { AuthEvent, Client } from '../../src/client/types.ts'
import { ADA, BOB, openBench, PASSWORD, REFRESH } from './bench.ts'

const BROWSER = { storage: 'browser', refreshAhead: false } as const
type AnyClient = Client<Record<string, unknown>>

const eventsOf = (client: AnyClient): AuthEvent[] => {
  const events: AuthEvent[] = []
  client.subscribe((_, event) => void events.push(event))
  return events
}

test('a listener may await the client within each of the six events', async (t) => {
  let plan = 'free'
  const bench = await openBench(t, { tokens: { claims: () => ({ plan }) } })
  await bench.time.until(bench.open(BROWSER).client.signIn(ADA))
  const { client } = bench.open(BROWSER)
  const reached = new Set<AuthEvent>()
  client.subscribe(async (_, event) => {
    await client.getAccessToken().catch(() => {})
    await client.fetch('/hello/').catch(() => {})
    reached.add(event)
  })
  await bench.time.until(client.ready)
  for (const next of ['free', 'pro']) {
    plan = next
    await bench.time.pass(11_000)
    await bench.time.until(client.getAccessToken({ fresh: true }))
  }
  bench.state.fault = ({ path }) => (path === REFRESH ? { lose: 'request' } : undefined)
  await bench.time.pass(301_000)
  await bench.time.until(client.getAccessToken()).catch(() => {})
  bench.state.fault = () => undefined
  await bench.time.until(client.signOut())
  await bench.time.until(client.signIn(BOB))
  await bench.time.pass(20_000)
  const all = ['problem', 'refreshed', 'restored', 'signedIn', 'signedOut', 'userChanged']
  assert.deepEqual([...reached].toSorted(), all)
})

test('a listener may sign out within an event', async (t) => {
  const bench = await openBench(t)
  const { client } = await bench.signedIn(BROWSER)
  await bench.time.pass(2000)
  const ended = new Promise<void>((resolve) =>
    client.subscribe((_, event) => {
      if (event === 'refreshed') client.signOut().then(resolve)
    }),
  )
  await bench.time.until(client.getAccessToken({ fresh: true }))
  await bench.time.until(ended)
  assert.equal((await bench.sessionsOf()).length, 0)
})

test('a listener that is removed during a notification hears no further event', async (t) => {
  const bench = await openBench(t)
  const { client } = bench.open()
  await bench.time.until(client.ready)
  const heard: string[] = []
  const ends: (() => void)[] = []
  client.subscribe(() => {
    for (const end of ends) end()
  })
  ends.push(client.subscribe((_, event) => void heard.push(event)))
  await bench.time.until(client.signIn(ADA))
  await bench.time.pass(1)
  await bench.time.until(client.signOut())
  await bench.time.pass(1)
  assert.deepEqual(heard, ['signedIn'])
})

test('what happens in one tab is the same event in another', async (t) => {
  const bench = await openBench(t)
  const [one, two] = [bench.open(BROWSER), bench.open(BROWSER)]
  await bench.time.until(Promise.all([one.client.ready, two.client.ready]))
  const [mine, others] = [eventsOf(one.client), eventsOf(two.client)]
  await bench.time.until(one.client.signIn(ADA))
  await bench.time.pass(11_000)
  await bench.time.until(one.client.getAccessToken({ fresh: true }))
  await bench.time.pass(100)
  await bench.time.until(one.client.signOut())
  await bench.time.pass(100)
  assert.deepEqual(mine, ['signedIn', 'refreshed', 'signedOut'])
  assert.deepEqual(others, mine)
})

test('the option `user` makes the user of the claims, anew at each refresh', async (t) => {
  let plan = 'free'
  const bench = await openBench(t, { tokens: { claims: () => ({ plan }) } })
  const user = (claims: Readonly<Record<string, unknown>>) => ({ plan: claims.plan })
  const { client } = await bench.signedIn({ user })
  assert.deepEqual(client.user, { plan: 'free' })
  plan = 'pro'
  await bench.time.pass(2000)
  await bench.time.until(client.getAccessToken({ fresh: true }))
  assert.deepEqual(client.user, { plan: 'pro' })
})

test('a changed password signs out with that reason', async (t) => {
  const bench = await openBench(t)
  const { client } = await bench.signedIn({ refreshAhead: false })
  const { id } = (await bench.auth.users.find('ada')) ?? { id: '' }
  await bench.time.pass(2000)
  await bench.auth.users.setPassword(id, `${PASSWORD}-2`)
  await bench.time.until(client.getAccessToken({ fresh: true }))
  assert.equal(client.state.status, 'signedOut')
  assert.equal('reason' in client.state && client.state.reason, 'passwordChanged')
})

test('a 400 about the refresh token ends the session, after one request', async (t) => {
  const bench = await openBench(t)
  const { client } = await bench.signedIn({ refreshAhead: false })
  await bench.time.pass(2000)
  const answer = () => Response.json({ refresh: ['Not a valid token.'] }, { status: 400 })
  bench.state.fault = ({ path }) => (path === REFRESH ? { answer } : undefined)
  assert.equal(await bench.time.until(client.getAccessToken({ fresh: true })), undefined)
  await bench.time.pass(600_000)
  assert.equal(await bench.time.until(client.getAccessToken()), undefined)
  assert.deepEqual([client.state.status, bench.count(REFRESH)], ['signedOut', 1])
})

test('a closed client ends its requests, and leaves no channel, timer or listener', async (t) => {
  const bench = await openBench(t)
  const { client, page } = bench.open({ storage: 'browser' })
  await bench.time.until(client.signIn(ADA))
  await bench.time.pass(2000)
  const heard = eventsOf(client)
  bench.state.fault = () => ({ delay: 5000 })
  const calls = [client.getAccessToken({ fresh: true }), client.signIn(BOB)]
  const outcomes = Promise.allSettled(calls)
  await bench.time.pass(100)
  client.close()
  const codes = (await bench.time.until(outcomes, 2000)).map(
    (outcome) => outcome.status === 'rejected' && outcome.reason.code,
  )
  assert.deepEqual(codes, ['closed', 'closed'])
  assert.equal(bench.profile.channels.size, 0)
  const { length } = bench.sent
  for (const type of ['online', 'pageshow', 'visibilitychange']) page.fire(type)
  await bench.time.pass(600_000)
  assert.deepEqual([bench.sent.length, heard], [length, []])
})
