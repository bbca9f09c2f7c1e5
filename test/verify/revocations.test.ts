import assert from 'node:assert/strict'
import { test } from 'node:test'
import { deps, FEED } from './issuer.ts'

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
const settled = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 20))
const asked = (paths: readonly string[]): string[] =>
  paths.filter((path) => path.startsWith(FEED))

test('a session that ended is seen at the first token, and later within a second of a look', async (t) => {
  const { tokens, token, from, pass } = deps(t, { revocations: true })
  from.publish(FEED, page(['gone']))
  await assert.rejects(tokens.check(token({ sid: 'gone' })), {
    code: 'revoked',
    status: 401,
  })
  const text = token()
  await tokens.check(text)
  from.publish(FEED, page(['s1'], { until: 1001 }))
  pass(1)
  // This look has it read beside itself, and waits for nothing.
  await tokens.check(text)
  await settled()
  await assert.rejects(tokens.check(text), { code: 'revoked' })
  assert.deepEqual(asked(from.paths), [FEED, `${FEED}?since=1000`])
})

test('nothing is asked for a second time within a second, and one at a time after', async (t) => {
  const { tokens, token, from, pass } = deps(t, { revocations: true })
  from.publish(FEED, page([]))
  await Promise.all(
    Array.from({ length: 50 }, (_, i) => tokens.check(token({ jti: `j${i}` }))),
  )
  assert.equal(asked(from.paths).length, 1)
  pass(1)
  await Promise.all(
    Array.from({ length: 50 }, (_, i) => tokens.check(token({ jti: `j${i}` }))),
  )
  await settled()
  assert.equal(asked(from.paths).length, 2)
})

test('cut off from the feed, tokens are taken until what is known is too old, and refused with a word of its own then', async (t) => {
  const { tokens, token, from, pass, failures } = deps(t, {
    revocations: { maxAge: '10s' },
    maxAge: 3600,
  })
  from.publish(FEED, page(['gone']))
  await tokens.check(token())
  from.down(true)
  for (let second = 1; second < 10; second++) {
    pass(1)
    await tokens.check(token())
    await settled()
  }
  pass(1)
  await assert.rejects(tokens.check(token()), {
    code: 'revocations_unavailable',
    status: 503,
    retryAfter: 1,
  })
  await assert.rejects(
    tokens.check(token({ sid: 'gone' })),
    { code: 'revoked' },
    'an end that is known stays one',
  )
  assert.match(failures.at(-1)!, /fetch failed/)
  await tokens.check(token({ sid: undefined }))
  from.down(false)
  pass(1)
  await tokens.check(token())
})

test('where the feed was never there no token of a session is taken', async (t) => {
  const { tokens, token } = deps(t, { revocations: true })
  await assert.rejects(tokens.check(token()), { code: 'revocations_unavailable' })
})

test('all pages are read before the first answer, each from where the last one ended', async (t) => {
  const { tokens, token, from } = deps(t, { revocations: true })
  from.publish(FEED, (search: string) => {
    const since = Number(new URLSearchParams(search).get('since') ?? 0)
    return Response.json(page([`s${since}`], { until: since + 1, more: since < 4 }))
  })
  for (const sid of ['s0', 's4'])
    await assert.rejects(tokens.check(token({ sid })), { code: 'revoked' })
  await tokens.check(token({ sid: 's5' }))
  assert.equal(asked(from.paths).length, 5)
})

test('an end is remembered for as long as a token lives, however often the feed is read meanwhile', async (t) => {
  const { tokens, token, from, pass, now } = deps(t, { revocations: true, maxAge: 3600 })
  from.publish(FEED, page([], { window: 60 }))
  const look = (): Promise<string> =>
    tokens.check(token({ exp: now() + 60 })).then(
      () => 'taken',
      ({ code }) => code,
    )
  assert.equal(await look(), 'taken')
  pass(50)
  from.publish(FEED, page(['s1'], { window: 60 }))
  assert.equal(await look(), 'revoked')
  from.publish(FEED, page([], { window: 60 }))
  for (let second = 1; second < 60; second++) {
    pass(1)
    assert.equal(await look(), 'revoked', `after ${second} seconds`)
    await settled()
  }
})

test('tolerance for clocks does not take a token for longer than its end is remembered', async (t) => {
  const { tokens, token, from, pass, now } = deps(t, {
    revocations: true,
    maxAge: 3600,
    leeway: 300,
  })
  const began = now()
  from.publish(FEED, () =>
    Response.json(page(now() < began + 60 ? ['s1'] : [], { window: 60 })),
  )
  const text = token({ exp: began + 60 })
  for (let second = 0; second < 360; second += 5) {
    await assert.rejects(tokens.check(text), `after ${second} seconds`)
    await settled()
    pass(5)
  }
})

test('who begins late takes no token whose end the feed no longer tells of', async (t) => {
  const { tokens, token, from, pass } = deps(t, { revocations: true, leeway: 300 })
  const [young, old] = [token({ sid: 's2' }), token()]
  from.publish(FEED, page([]))
  pass(299)
  assert.equal((await tokens.check(young)).sid, 's2')
  pass(2)
  await assert.rejects(tokens.check(old), { code: 'expired', status: 401 })
  await assert.rejects(
    tokens.check(young),
    { code: 'expired' },
    'also one that is remembered',
  )
})

test('many sessions that end at once are told of on one page', async (t) => {
  const { tokens, token, from } = deps(t, { revocations: true })
  const many = Array.from({ length: 100_000 }, (_, i) => i.toString(16).padStart(32, '0'))
  from.publish(FEED, page(many))
  await tokens.check(token())
  await assert.rejects(tokens.check(token({ sid: many.at(-1) })), { code: 'revoked' })
})

test('a token that outlives what the feed tells of is not taken', async (t) => {
  const { tokens, token, from, now } = deps(t, { revocations: true })
  from.publish(FEED, page([], { window: 300 }))
  await tokens.check(token({ exp: now() + 300 }))
  await assert.rejects(tokens.check(token({ exp: now() + 301 })), {
    code: 'revocations_unavailable',
  })
  await assert.rejects(tokens.check(token({ iat: undefined })), {
    code: 'revocations_unavailable',
  })
})

for (const [what, document] of [
  ['no object', []],
  ['no window', { ...page([]), window: undefined }],
  ['a session that is no text', page([7 as unknown as string])],
  ['no word of an end', { ...page([]), more: undefined }],
  ['no end', page([], { more: true })],
] as const) {
  test(`a feed with ${what} is none`, async (t) => {
    const { tokens, token, from } = deps(t, { revocations: true })
    from.publish(FEED, document)
    await assert.rejects(tokens.check(token()), { code: 'revocations_unavailable' })
    assert.ok(asked(from.paths).length <= 2)
  })
}
