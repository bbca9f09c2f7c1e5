import assert from 'node:assert/strict'
import { test } from 'node:test'
import { turns } from '../time.ts'
import { FEED, setUp } from './issuer.ts'

const page = (
  revoked: readonly string[],
  more: Partial<{ window: number; until: number; more: boolean }> = {},
) => ({
  window: 300,
  until: 1000,
  revoked,
  more: false,
  ...more,
})
const requests = (paths: readonly string[]): string[] =>
  paths.filter((path) => path.startsWith(FEED))

test('the first check rejects tokens of revoked sessions, and a later revocation is known within a second', async (t) => {
  const { tokens, token, issuer, advance } = setUp(t, { revocations: true })
  issuer.publish(FEED, page(['gone']))
  await assert.rejects(tokens.check(token({ sid: 'gone' })), {
    code: 'revoked',
    status: 401,
  })
  const text = token()
  await tokens.check(text)
  issuer.publish(FEED, page(['s1'], { until: 1001 }))
  advance(1)
  // This check starts a read in the background.
  await tokens.check(text)
  await turns(5)
  await assert.rejects(tokens.check(text), { code: 'revoked' })
  assert.deepEqual(requests(issuer.paths), [FEED, `${FEED}?since=1000`])
})

test('the feed is read at most once per second, by one request at a time', async (t) => {
  const { tokens, token, issuer, advance } = setUp(t, { revocations: true })
  issuer.publish(FEED, page([]))
  await Promise.all(
    Array.from({ length: 50 }, (_, i) => tokens.check(token({ jti: `j${i}` }))),
  )
  assert.equal(requests(issuer.paths).length, 1)
  advance(1)
  await Promise.all(
    Array.from({ length: 50 }, (_, i) => tokens.check(token({ jti: `j${i}` }))),
  )
  await turns(5)
  assert.equal(requests(issuer.paths).length, 2)
})

test('without the feed tokens are accepted until the copy is older than maxAge, and then rejected as revocations_unavailable', async (t) => {
  const { tokens, token, issuer, advance, failures } = setUp(t, {
    revocations: { maxAge: '10s' },
    maxAge: 3600,
  })
  issuer.publish(FEED, page(['gone']))
  await tokens.check(token())
  issuer.setDown(true)
  for (let second = 1; second < 10; second++) {
    advance(1)
    await tokens.check(token())
    await turns(5)
  }
  advance(1)
  await assert.rejects(tokens.check(token()), {
    code: 'revocations_unavailable',
    status: 503,
    retryAfter: 1,
  })
  await assert.rejects(
    tokens.check(token({ sid: 'gone' })),
    { code: 'revoked' },
    'a known revocation stays',
  )
  assert.match(failures.at(-1)!, /fetch failed/)
  await tokens.check(token({ sid: undefined }))
  issuer.setDown(false)
  advance(1)
  await tokens.check(token())
})

test('no token with a session is accepted until the feed has been read once', async (t) => {
  const { tokens, token } = setUp(t, { revocations: true })
  await assert.rejects(tokens.check(token()), { code: 'revocations_unavailable' })
})

test('all pages are read before the first result, each from the end of the last one', async (t) => {
  const { tokens, token, issuer } = setUp(t, { revocations: true })
  issuer.publish(FEED, (search: string) => {
    const since = Number(new URLSearchParams(search).get('since') ?? 0)
    return Response.json(page([`s${since}`], { until: since + 1, more: since < 4 }))
  })
  for (const sid of ['s0', 's4'])
    await assert.rejects(tokens.check(token({ sid })), { code: 'revoked' })
  await tokens.check(token({ sid: 's5' }))
  assert.equal(requests(issuer.paths).length, 5)
})

test('a revocation is kept for the lifetime of a token, however often the feed is read', async (t) => {
  const { tokens, token, issuer, advance, now } = setUp(t, {
    revocations: true,
    maxAge: 3600,
  })
  issuer.publish(FEED, page([], { window: 60 }))
  const outcome = (): Promise<string> =>
    tokens.check(token({ exp: now() + 60 })).then(
      () => 'accepted',
      ({ code }) => code,
    )
  assert.equal(await outcome(), 'accepted')
  advance(50)
  issuer.publish(FEED, page(['s1'], { window: 60 }))
  assert.equal(await outcome(), 'revoked')
  issuer.publish(FEED, page([], { window: 60 }))
  for (let second = 1; second < 60; second++) {
    advance(1)
    assert.equal(await outcome(), 'revoked', `after ${second} seconds`)
    await turns(5)
  }
})

test('with a leeway no token outlives the entry of its session', async (t) => {
  const { tokens, token, issuer, advance, now } = setUp(t, {
    revocations: true,
    maxAge: 3600,
    leeway: 300,
  })
  const began = now()
  issuer.publish(FEED, () =>
    Response.json(page(now() < began + 60 ? ['s1'] : [], { window: 60 })),
  )
  const text = token({ exp: began + 60 })
  for (let second = 0; second < 360; second += 5) {
    await assert.rejects(tokens.check(text), `after ${second} seconds`)
    await turns(5)
    advance(5)
  }
})

test('a service that starts late rejects tokens older than the feed', async (t) => {
  const { tokens, token, issuer, advance } = setUp(t, { revocations: true, leeway: 300 })
  const [young, old] = [token({ sid: 's2' }), token()]
  issuer.publish(FEED, page([]))
  advance(299)
  assert.equal((await tokens.check(young)).sid, 's2')
  advance(2)
  await assert.rejects(tokens.check(old), { code: 'expired', status: 401 })
  await assert.rejects(tokens.check(young), { code: 'expired' }, 'also a cached one')
})

test('a page with 100,000 sessions is read', async (t) => {
  const { tokens, token, issuer } = setUp(t, { revocations: true })
  const many = Array.from({ length: 100_000 }, (_, i) => i.toString(16).padStart(32, '0'))
  issuer.publish(FEED, page(many))
  await tokens.check(token())
  await assert.rejects(tokens.check(token({ sid: many.at(-1) })), { code: 'revoked' })
})

test('a token that lives longer than the window of the feed is rejected', async (t) => {
  const { tokens, token, issuer, now } = setUp(t, { revocations: true })
  issuer.publish(FEED, page([], { window: 300 }))
  await tokens.check(token({ exp: now() + 300 }))
  await assert.rejects(tokens.check(token({ exp: now() + 301 })), {
    code: 'revocations_unavailable',
  })
  await assert.rejects(tokens.check(token({ iat: undefined })), {
    code: 'revocations_unavailable',
  })
})

for (const [what, document] of [
  ['an array for a page', []],
  ['no window', { ...page([]), window: undefined }],
  ['a session id that is not a string', page([7 as unknown as string])],
  ['no member more', { ...page([]), more: undefined }],
  ['no last page', page([], { more: true })],
] as const) {
  test(`a feed with ${what} is not used`, async (t) => {
    const { tokens, token, issuer } = setUp(t, { revocations: true })
    issuer.publish(FEED, document)
    await assert.rejects(tokens.check(token()), { code: 'revocations_unavailable' })
    assert.ok(requests(issuer.paths).length <= 2)
  })
}

test('a key verifies nothing as soon as the feed lists it as withdrawn', async (t) => {
  const { tokens, token, issuer, key, advance } = setUp(t, {
    revocations: true,
    maxAge: 3600,
  })
  issuer.publish(FEED, page([]))
  const [stolen, other] = [token(), token({ jti: 'forged', sid: undefined })]
  await tokens.check(stolen)
  await tokens.check(other)
  issuer.publish(FEED, { ...page([]), withdrawnKeys: ['another', key.kid] })
  advance(1)
  await tokens.check(stolen)
  await turns(5)
  for (const text of [stolen, other, token({ jti: 'b2' })])
    await assert.rejects(tokens.check(text), { code: 'unknown_key' })
})

test('a withdrawn key in the first read of the feed verifies nothing, even if the key set still has it', async (t) => {
  const { tokens, token, issuer, key, advance } = setUp(t, { revocations: true })
  issuer.publish(FEED, { ...page([]), withdrawnKeys: [key.kid] })
  await assert.rejects(tokens.check(token()), { code: 'unknown_key' })
  advance(400)
  await assert.rejects(tokens.check(token()), { code: 'unknown_key' })
})

test('a feed whose withdrawnKeys is not a list of strings is not used', async (t) => {
  const { tokens, token, issuer, failures } = setUp(t, { revocations: true })
  issuer.publish(FEED, { ...page([]), withdrawnKeys: [7] })
  await assert.rejects(tokens.check(token()), { code: 'revocations_unavailable' })
  assert.match(failures[0]!, /withdrawnKeys/)
})
