import assert from 'node:assert/strict'
import { test } from 'node:test'
import { BAD_INPUTS, CANARY, ENDPOINTS } from './bad-inputs.ts'
import { type Answer, ask, signIn } from './client.ts'
import { startServer } from './process.ts'

const SLIDING = { endpoints: { slidingObtain: true, slidingRefresh: true } } as const

/** What every answer of a token endpoint has, whatever was asked. */
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

test('bad input to every endpoint has its documented answer, and leaves no trace in the log', async (t) => {
  const server = await startServer(t, { options: SLIDING })

  for (const [path, fields] of ENDPOINTS) {
    for (const { what, asked, answered } of BAD_INPUTS) {
      await t.test(`${path} and ${what}`, async () => {
        const [status, body] = answered(fields)

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
    'the log knows nothing of it, and others are served as before',
    async () => {
      assert.match(server.log.text, /^POST \/api\/token\/refresh\/ 401 \d+ ms$/m)
      assert.doesNotMatch(server.log.text, new RegExp(CANARY))
      assert.doesNotMatch(server.log.text, /^\s+at |error/im)
      assert.equal((await ask(server, '/api/token/', { method: 'OPTIONS' })).status, 200)
      assert.ok(await signIn(server))
    },
  )
})

const TWO_WORDS =
  '{"detail":"Authorization header must contain two space-delimited values","code":"bad_authorization_header"}'
const NOBODY = '{"detail":"Authentication credentials were not provided."}'
const INVALID =
  '{"detail":"Given token not valid for any token type","code":"token_not_valid","messages":[{"token_class":"AccessToken","token_type":"access","message":"Token is invalid"}]}'

test('Authorization headers of every kind have their documented answer at a guarded route', async (t) => {
  const server = await startServer(t)
  const { access, refresh } = await signIn(server)

  for (const [what, authorization, status, body] of [
    ['none', [], 401, NOBODY],
    ['a blank one', ['  '], 401, NOBODY],
    ['another scheme', ['Basic YTpi'], 401, NOBODY],
    ['the scheme alone', ['Bearer'], 401, TWO_WORDS],
    ['three words', ['Bearer a b'], 401, TWO_WORDS],
    ['two headers, both good', [`Bearer ${access}`, `Bearer ${access}`], 401, TWO_WORDS],
    ['nonsense', [`Bearer ${CANARY}`], 401, INVALID],
    ['octets beyond ASCII', [`Bearer ${CANARY}\xff\xfe`], 401, INVALID],
    ['12,000 octets', [`Bearer ${CANARY.padEnd(12_000, '.')}`], 401, INVALID],
    [
      '20,000 octets',
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
        status === 401 ? 'Bearer realm="api"' : undefined,
      )
    })
  }
  for (const secret of [CANARY, ...access.split('.'), ...refresh.split('.')]) {
    assert.ok(!server.log.text.includes(secret), `the log holds ${secret.slice(0, 8)}…`)
  }
})
