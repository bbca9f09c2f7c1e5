import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { session } from '../../src/authentication.ts'
import { AuthError } from '../../src/base/errors.ts'
import { importSecret, sign } from '../../src/jwt/index.ts'
import {
  type TestInstance,
  type TestOptions,
  testInstance,
} from '../../src/testing/index.ts'
import { cleanUp } from '../cleanup.ts'

const SECRET = 'marked-secret-7hG2kLq9Zx4Vb1Nm3Ty'

async function withAda(t: TestContext, options: object = {}) {
  const instance = testInstance({
    secret: SECRET,
    ...options,
  } as TestOptions) as TestInstance
  cleanUp(t, () => instance.auth.close())
  const ada = await instance.auth.users.create({
    username: 'ada',
    password: 'a long password',
  })
  return { ...instance, ada, tokens: await instance.auth.signIn(ada) }
}

/** What a guard says of a token: `undefined` if it lets the request in. */
async function guardOf(
  auth: TestInstance['auth'],
  token: string,
): Promise<AuthError | undefined> {
  const headers = { authorization: `Bearer ${token}` }
  try {
    await auth.require(new Request('https://app.example.com/', { headers }))
    return undefined
  } catch (error) {
    assert.ok(error instanceof AuthError)
    return error
  }
}

const changed = (token: string): string => {
  const [header, , signature] = token.split('.')
  const payload = Buffer.from('{"token_type":"access","user_id":"1","exp":9e9,"jti":"x"}')
  return `${header}.${payload.toString('base64url')}.${signature}`
}

test('what is said of an access token is what a guard does', async (t) => {
  const cases: Readonly<
    Record<
      string,
      {
        readonly options?: object
        token?(made: Awaited<ReturnType<typeof withAda>>): string | Promise<string>
        before?(made: Awaited<ReturnType<typeof withAda>>): unknown
        readonly refusedAt: string | undefined
        readonly words: RegExp
      }
    >
  > = {
    valid: { refusedAt: undefined, words: /^Valid: this access token is accepted\./ },
    expired: {
      before: ({ clock }) => clock.advance(300),
      refusedAt: 'Lifetime',
      words: /expired 0 seconds ago/,
    },
    'long expired': {
      before: ({ clock }) => clock.advance(521),
      refusedAt: 'Lifetime',
      words: /expired 3 minutes 41 seconds ago/,
    },
    revoked: {
      before: ({ auth, ada }) => auth.sessions.revokeAll(ada.id),
      refusedAt: 'Session',
      words: /revoked, because an administrator/,
    },
    'of a deactivated user': {
      before: ({ auth, ada }) => auth.users.change(ada.id, { active: false }),
      refusedAt: 'User',
      words: /user is not active/,
    },
    'of a deleted user': {
      before: ({ auth, ada }) => auth.users.delete(ada.id),
      refusedAt: 'User',
      words: /user does not exist/,
    },
    'with another password': {
      options: { tokens: { checkRevoke: 'claim' } },
      before: ({ auth, ada }) => auth.users.setPassword(ada.id, 'another long password'),
      refusedAt: 'Password',
      words: /password was changed/,
    },
    'with other claims': {
      token: ({ tokens }) => changed(tokens.access),
      refusedAt: 'Signature',
      words: /Not made by this key/,
    },
    'cut off': {
      token: ({ tokens }) => tokens.access.slice(0, -10),
      refusedAt: 'Signature',
      words: /Not made by this key/,
    },
    'with another key': {
      token: () => foreign({ kid: 'other' }),
      refusedAt: 'Algorithm',
      words: /HS256 with this header is not accepted/,
    },
    'of replaced keys': {
      before: ({ auth }) => auth.keys.rotate({ leaked: true }),
      refusedAt: 'Key',
      words: /There is no key/,
    },
    'a refresh token at a guard': {
      token: ({ tokens }) => tokens.refresh,
      refusedAt: undefined,
      words: /Valid: this refresh token/,
    },
    'that is no JSON': {
      token: () => 'YWJj.YWJj.YWJj',
      refusedAt: 'Form',
      words: /damaged/,
    },
    'that is too large': {
      token: ({ tokens }) => tokens.access.replace('.', `${'A'.repeat(9000)}.`),
      refusedAt: 'Form',
      words: /too large/,
    },
  }
  for (const [name, { options, token, before, refusedAt, words }] of Object.entries(
    cases,
  ))
    await t.test(name, async (t) => {
      const made = await withAda(t, options)
      await before?.(made)
      const text = (await token?.(made)) ?? made.tokens.access
      const explained = await made.auth.explainToken(text)
      const refused = explained.checks.find(({ outcome }) => outcome === 'refused')
      assert.equal(refused?.name, refusedAt)
      assert.match(explained.summary, words)
      assert.equal(explained.accepted, refusedAt === undefined)
      if (explained.kind === 'refresh') return
      const error = await guardOf(made.auth, text)
      assert.equal(error === undefined, explained.accepted)
      if (explained.answer === undefined) return
      const response = error?.toResponse()
      assert.equal(explained.answer.status, response?.status)
      assert.deepEqual(explained.answer.body, await response?.json())
    })
})

const foreign = ({ kid }: { readonly kid: string }): string =>
  sign(
    { token_type: 'access', user_id: '1', jti: 'x', exp: 9e9, iat: 1 },
    importSecret('HS256', 'another secret of another service, long', { kid }),
  )

test('issuer and audience are compared with the options', async (t) => {
  const signingKey = 'a secret of two services, which is long enough'
  const options = {
    tokens: {
      algorithm: 'HS256',
      signingKey,
      issuer: 'https://a.example',
      audience: 'notes',
    },
  }
  const { auth, tokens } = await withAda(t, options)
  assert.equal((await auth.explainToken(tokens.access)).accepted, true)
  const key = importSecret('HS256', signingKey)
  const claims = { token_type: 'access', user_id: '1', jti: 'x', exp: 9e9, iat: 1 }
  const wrong = await auth.explainToken(
    sign({ ...claims, iss: 'https://b.example', aud: 'x' }, key),
  )
  assert.match(
    wrong.summary,
    /"https:\/\/b\.example", but this instance is https:\/\/a\.example/,
  )
  assert.equal(wrong.option, 'tokens.issuer')
  const other = sign({ ...claims, iss: 'https://a.example', aud: ['x'] }, key)
  assert.equal((await auth.explainToken(other)).option, 'tokens.audience')
  const idToken = sign(
    { iss: 'https://a.example', aud: 'notes', sub: '1', exp: 9e9 },
    key,
  )
  const id = await auth.explainToken(idToken)
  assert.deepEqual([id.kind, id.option, id.accepted], ['other', 'tokens.types', false])
})

test('a refresh token is judged and not spent', async (t) => {
  const { auth, clock, tokens } = await withAda(t)
  const refresh = (token: string) =>
    auth.handler(
      new Request('https://app.example.com/api/token/refresh/', {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ refresh: token }),
      }),
    )
  for (let n = 0; n < 3; n++)
    assert.match((await auth.explainToken(tokens.refresh)).summary, /^Valid/)
  const first = (await (await refresh(tokens.refresh)).json()) as { refresh: string }
  const replayed = await auth.explainToken(tokens.refresh)
  assert.equal(replayed.checks.at(-1)?.option, 'tokens.overlap')
  assert.equal(replayed.accepted, true)
  const second = (await (await refresh(first.refresh)).json()) as { refresh: string }
  clock.advance(60)
  const spent = await auth.explainToken(tokens.refresh)
  assert.match(spent.summary, /Refused with 401: the token was used before\./)
  assert.equal(spent.option, 'tokens.reuse')
  assert.equal((await auth.explainToken(second.refresh)).accepted, true)
  assert.equal((await refresh(second.refresh)).status, 200)
  clock.advance(86_400)
  assert.equal((await auth.explainToken(second.refresh)).option, 'tokens.refresh')
})

test('API tokens and cookies are looked up, and wrong ones too', async (t) => {
  const { auth, ada, clock } = await withAda(t, { authentication: [session()] })
  const made = await auth.apiTokens.create(ada.id, { name: 'backup', expiresIn: '1h' })
  const valid = await auth.explainToken(`Token ${made.token}`)
  assert.deepEqual(
    [valid.kind, valid.accepted, valid.user?.username],
    ['api token', true, 'ada'],
  )
  clock.advance(3600)
  const expired = await auth.explainToken(made.token)
  assert.match(expired.summary, /API token expired 0 seconds ago/)
  await auth.apiTokens.revoke(made.record.id)
  assert.match((await auth.explainToken(made.token)).summary, /no such API token/)
  const response = await auth.handler(
    new Request('https://app.example.com/auth/login/', {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        origin: 'https://app.example.com',
        'sec-fetch-site': 'same-origin',
      },
      body: JSON.stringify({ username: 'ada', password: 'a long password' }),
    }),
  )
  const cookie =
    response.headers.getSetCookie().find((each) => each.includes('sessionid')) ?? ''
  const found = await auth.explainToken(cookie)
  assert.deepEqual([found.kind, found.accepted], ['browser session', true])
  await auth.users.setPassword(ada.id, 'another long password')
  assert.equal((await auth.explainToken(cookie)).accepted, false)
  assert.match(
    (await auth.explainToken('Z'.repeat(43))).summary,
    /no session of this cookie/,
  )
  assert.equal((await auth.explainToken('nothing')).kind, 'unknown')
  assert.equal((await auth.explainToken('')).kind, 'unknown')
})

test('neither the explanation nor the log contains the token', async (t) => {
  const { auth, ada, tokens, log } = await withAda(t)
  const { token } = await auth.apiTokens.create(ada.id)
  for (const each of [tokens.access, tokens.refresh, token, 'A'.repeat(43)]) {
    const text = JSON.stringify([await auth.explainToken(each), log])
    assert.ok(!text.includes(each))
    assert.ok(!text.includes(each.split('.').at(-1) ?? ''))
  }
})
