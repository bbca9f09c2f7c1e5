import assert from 'node:assert/strict'
import { test } from 'node:test'
import { BAD_INPUTS, CANARY, ENDPOINTS, TWO_WORDS } from './bad-inputs.ts'
import { type Answer, ask, signIn } from './client.ts'
import { startServer } from './process.ts'

const SLIDING = { endpoints: { slidingObtain: true, slidingRefresh: true } } as const

/** The headers of every response of a token endpoint. */
function assertEnvelope({ status, headers, ms }: Answer): void {
  assert.equal(headers['content-type'], 'application/json')
  assert.equal(headers['cache-control'], 'no-store')
  assert.equal(headers.allow, 'POST, OPTIONS')
  assert.equal(
    headers['www-authenticate'],
    status === 401 ? 'Bearer realm="api"' : undefined,
  )
  assert.ok(ms < 2000, `answered after ${ms} ms`)
}

test('bad input to any endpoint gets its documented response and does not appear in the log', async (t) => {
  const server = await startServer(t, { options: SLIDING })

  for (const [path, fields] of ENDPOINTS) {
    for (const { what, asked, answered } of BAD_INPUTS) {
      await t.test(`${path} and ${what}`, async () => {
        const [status, body] = answered(fields, path)

        const answer = await ask(server, path, asked(fields))

        assert.equal(answer.status, status, answer.body)
        if (typeof body === 'string') assert.equal(answer.body, body)
        else assert.match(answer.body, body)
        assertEnvelope(answer)
      })
    }
  }

  await t.test('an unknown format, at every endpoint', async () => {
    for (const [path] of ENDPOINTS) {
      const { status, body } = await ask(server, `${path}?format=xml&token=${CANARY}`)
      assert.deepEqual([status, body], [404, '{"detail":"Not found."}'])
    }
  })
  await t.test(
    'the log has no part of the inputs, and the server still works',
    async () => {
      assert.match(server.log.text, /^POST \/api\/token\/refresh\/ 401 \d+ ms$/m)
      assert.doesNotMatch(server.log.text, new RegExp(CANARY))
      assert.doesNotMatch(server.log.text, /^\s+at |error/im)
      assert.equal((await ask(server, '/api/token/', { method: 'OPTIONS' })).status, 200)
      assert.ok(await signIn(server))
    },
  )
})

const NO_CREDENTIALS = '{"detail":"Authentication credentials were not provided."}'
const INVALID =
  '{"detail":"Given token not valid for any token type","code":"token_not_valid","messages":[{"token_class":"AccessToken","token_type":"access","message":"Token is invalid"}]}'

/** Only a token that was refused has an error code (RFC 6750 §3.1). */
const challengeFor = (body: string): string =>
  body.includes('"token_not_valid"')
    ? 'Bearer realm="api", error="invalid_token"'
    : 'Bearer realm="api"'

test('any Authorization header gets its documented response at a guarded route', async (t) => {
  const server = await startServer(t)
  const { access, refresh } = await signIn(server)

  for (const [what, authorization, status, body] of [
    ['none', [], 401, NO_CREDENTIALS],
    ['a blank one', ['  '], 401, NO_CREDENTIALS],
    ['another scheme', ['Basic YTpi'], 401, NO_CREDENTIALS],
    ['the scheme alone', ['Bearer'], 401, TWO_WORDS],
    ['three words', ['Bearer a b'], 401, TWO_WORDS],
    ['two headers, both good', [`Bearer ${access}`, `Bearer ${access}`], 401, TWO_WORDS],
    ['nonsense', [`Bearer ${CANARY}`], 401, INVALID],
    ['bytes beyond ASCII', [`Bearer ${CANARY}\xff\xfe`], 401, INVALID],
    ['12,000 bytes', [`Bearer ${CANARY.padEnd(12_000, '.')}`], 401, INVALID],
    [
      '20,000 bytes',
      [`Bearer ${CANARY.padEnd(20_000, '.')}`],
      431,
      '{"detail":"The request header is too large."}',
    ],
    [
      'a refresh token',
      [`Bearer ${refresh}`],
      401,
      INVALID.replace('Token is invalid', 'Token has wrong type'),
    ],
    ['a good one', [`bearer ${access}`], 200, '{"hello":"ada"}'],
  ] as const) {
    await t.test(what, async () => {
      const headers =
        authorization.length > 0 ? { Authorization: [...authorization] } : {}

      const answer = await ask(server, '/hello/', { method: 'GET', headers })

      assert.deepEqual([answer.status, answer.body], [status, body])
      assert.equal(
        answer.headers['www-authenticate'],
        status === 401 ? challengeFor(body) : undefined,
      )
    })
  }
  for (const secret of [CANARY, ...access.split('.'), ...refresh.split('.')]) {
    assert.ok(!server.log.text.includes(secret), `the log holds ${secret.slice(0, 8)}…`)
  }
})
