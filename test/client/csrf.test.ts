import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ADA, openBench, REFRESH } from './bench.ts'

const COOKIE = { transport: 'cookie' } as const
const POST = { method: 'POST', body: 'x' }

test('a page of another origin, which cannot read the cookie, writes and is signed in after a reload', async (t) => {
  const bench = await openBench(t, { tokens: { transport: 'cookie' } })
  const elsewhere = { href: 'https://www.app.test/' }
  const first = bench.open(COOKIE, elsewhere)
  await bench.time.until(first.client.ready)
  // It cannot know whether there is a cookie.
  assert.equal(bench.count(REFRESH), 1)
  assert.deepEqual(first.client.state, { status: 'signedOut' })
  await bench.time.until(first.client.signIn(ADA))
  assert.equal((await bench.time.until(first.client.fetch('/hello/', POST))).status, 200)
  first.client.close()

  const { client } = bench.open(COOKIE, elsewhere)
  await bench.time.until(client.ready)
  assert.deepEqual([client.state.status, bench.count(REFRESH)], ['signedIn', 2])
  assert.equal((await bench.time.until(client.fetch('/hello/', POST))).status, 200)
  await bench.time.until(client.signOut())
  assert.equal((await bench.sessionsOf()).length, 0)
})

test('a write whose CSRF token was replaced on the way is sent once more', async (t) => {
  const bench = await openBench(t, { tokens: { transport: 'cookie' } })
  const { client } = await bench.signedIn(COOKIE)
  const token = bench.profile.cookies.get('__Host-csrftoken') ?? ''
  bench.profile.cookies.set('__Host-csrftoken', 'x'.repeat(32))
  bench.state.fault = ({ path }) => {
    if (path === '/hello/') bench.profile.cookies.set('__Host-csrftoken', token)
    return undefined
  }
  const { status } = await bench.time.until(client.fetch('/hello/', POST))
  assert.deepEqual([status, bench.count('/hello/')], [200, 2])
})

test('a 403 about something else is returned', async (t) => {
  const bench = await openBench(t, { tokens: { transport: 'cookie' } })
  const { client } = await bench.signedIn(COOKIE)
  const answer = () => Response.json({ detail: 'Not yours.' }, { status: 403 })
  bench.state.fault = ({ path }) => {
    if (path === '/hello/') bench.profile.cookies.set('__Host-csrftoken', 'another')
    return path === '/hello/' ? { answer } : undefined
  }
  const { status } = await bench.time.until(client.fetch('/hello/', POST))
  assert.deepEqual([status, bench.count('/hello/')], [403, 1])
})
