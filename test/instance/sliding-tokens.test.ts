import assert from 'node:assert/strict'
import { test } from 'node:test'
import { days } from '../../src/base/clock.ts'
import { importSecret, sign } from '../../src/jwt/index.ts'
import { parseSettings } from '../../src/settings/settings.ts'
import { START } from '../../src/testing/clock.ts'
import { testInstance } from '../../src/testing/index.ts'

test('keys verify, and revocations are known, for as long as a sliding token is valid', () => {
  const tokens = { access: '1s', refresh: '2s', session: '2s', leeway: 3 } as const
  const settings = parseSettings({ tokens, slidingTokens: { lifetime: '1h' } }, {})

  assert.equal(settings.keys.longestLifetime, 3603)
  assert.deepEqual(
    settings.tokens.kinds.map(({ lifetime }) => lifetime),
    [3600],
  )
})

test('a claim of sliding tokens cannot be set by tokens.claims, nor be that of another', async () => {
  const slidingTokens = { refreshClaim: 'until' }
  await using app = testInstance({
    slidingTokens,
    tokens: { claims: () => ({ until: 1 }) },
  })
  const ada = await app.auth.users.create({ username: 'ada' })

  await assert.rejects(app.auth.signIn(ada), /must not set the claim "until"/)
  assert.throws(
    () => testInstance({ slidingTokens: { refreshClaim: 'user_id' } }),
    /slidingTokens\.refreshClaim/,
  )
})

test('the session of a foreign sliding token lasts as long as it can be refreshed, and the last token is valid', async () => {
  const signingKey = 'k9J2-vw81-Zpq0-77xY-mmT4-aaB3-Ld0e'
  await using app = testInstance({
    tokens: { algorithm: 'HS256', signingKey, adoptForeign: true, types: ['sliding'] },
    slidingTokens: { lifetime: '10m', refreshClaim: 'until' },
    endpoints: { slidingObtain: true },
  })
  const { id } = await app.auth.users.create({ username: 'ada' })
  const claims = {
    token_type: 'sliding',
    exp: START + 60,
    iat: START,
    jti: 'a-foreign-one',
    user_id: id,
    until: START + 3600,
  }
  const token = sign(claims, importSecret('HS256', Buffer.from(signingKey)))

  const body = new URLSearchParams({ token })
  const url = 'http://localhost/api/token/blacklist/'
  const answer = await app.auth.handler(new Request(url, { method: 'POST', body }))

  assert.equal(answer.status, 200)
  // A flush deletes a session once no token of it can be valid: ten minutes and a day after its end.
  app.clock.set(START + 3600 + 600 + 600 + days(1))
  assert.equal((await app.auth.flush()).sessions, 0)
  app.clock.advance(1)
  assert.equal((await app.auth.flush()).sessions, 1)
})
