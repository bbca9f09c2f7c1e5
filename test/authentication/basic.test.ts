import assert from 'node:assert/strict'
import { test } from 'node:test'
import { basic } from '../../src/authentication/basic.ts'
import { bearer } from '../../src/authentication/bearer.ts'
import type { AuthRequest } from '../../src/http/request.ts'
import type { User } from '../../src/users/user.ts'
import { type Answered, served } from './served.ts'

const CHALLENGE = ['Basic realm="api"']
const encoded = (text: string, encoding: BufferEncoding = 'utf8'): string =>
  Buffer.from(text, encoding).toString('base64')

const assertRefused = (
  { status, headers, body }: Answered,
  detail: string,
  about?: string,
): void =>
  assert.deepEqual(
    [status, headers.get('www-authenticate'), body],
    [401, CHALLENGE, { detail }],
    about,
  )

const NOT_BASE64 = 'Invalid basic header. Credentials not correctly base64 encoded.'
const WRONG = 'Invalid username/password.'

for (const [id, header, detail] of [
  ['A01', undefined, 'Authentication credentials were not provided.'],
  ['A01, another scheme', 'Bearer x', 'Authentication credentials were not provided.'],
  ['A02', 'Basic', 'Invalid basic header. No credentials provided.'],
  ['A03', 'Basic ', 'Invalid basic header. No credentials provided.'],
  [
    'A04',
    'Basic foo bar',
    'Invalid basic header. Credentials string should not contain spaces.',
  ],
  ['A05', 'Basic =a=', NOT_BASE64],
  ['A06', 'Basic YWxpY2U=', NOT_BASE64],
  ['A07', 'Basic YWxpY2U6cHcxMjM0NQ', NOT_BASE64],
  ['A07, too much padding', 'Basic YWxpY2U6cHcxMjM0NQ===', NOT_BASE64],
  ['H7, characters outside the alphabet', 'Basic YWxp-Y2U6cHcxMjM0NQ==', NOT_BASE64],
  ['H7, bits behind the end', 'Basic YWxpY2U6cHcxMjM0NR==', NOT_BASE64],
  [
    'H7, the alphabet of URLs',
    `Basic ${Buffer.from('alice:pw~?12').toString('base64url')}`,
    NOT_BASE64,
  ],
  ['H7, a control character', `Basic ${encoded('alice:pw12345\0')}`, WRONG],
  ['A08', 'Basic YWxpY2U6bm9wZQ==', WRONG],
  ['A08, an unknown user', `Basic ${encoded('nobody:pw12345')}`, WRONG],
  ['A09', 'Basic aW5hOnB3MTIzNDU=', WRONG],
  ['A10', 'Basic Og==', WRONG],
  [
    'P3, a password above 4,096 bytes',
    `Basic ${encoded(`alice:${'x'.repeat(5000)}`)}`,
    WRONG,
  ],
] as const) {
  test(`${id}: "Authorization: ${header?.slice(0, 40) ?? '(none)'}" gets: ${detail}`, async (t) => {
    const { send } = await served(t, { authentication: [basic()] })

    assertRefused(
      await send('GET', '/', header === undefined ? {} : { Authorization: header }),
      detail,
    )
  })
}

for (const [id, header, username] of [
  ['A11', 'Basic YWxpY2U6cHcxMjM0NQ==', 'alice'],
  ['A12', 'bAsIc  YWxpY2U6cHcxMjM0NQ== ', 'alice'],
  ['A13', 'Basic Y29sOmE6Yjpj', 'col'],
  ['A14', 'Basic c3BhY2V5OiAgcGFkIA==', 'spacey'],
  ['A15', 'Basic bsO2ZWw6cMOkc3N3w7ZyZA==', 'nöel'],
  ['A16', 'Basic bvZlbDpw5HNzd/ZyZA==', 'nöel'],
] as const) {
  test(`${id}: "Authorization: ${header}" authenticates ${username}`, async (t) => {
    const { send } = await served(t, { authentication: [basic()] })

    const { status, body } = await send('GET', '/', { Authorization: header })

    assert.deepEqual([status, body], [200, { user: username, scheme: 'basic' }])
  })
}

test('A14: neither the credentials nor the stored password are trimmed', async (t) => {
  const { send } = await served(t, { authentication: [basic()] })

  for (const credentials of [
    'spacey:pad',
    'alice: pw12345',
    'alice:pw12345 ',
    ' alice:pw12345',
    'alice :pw12345',
  ]) {
    assertRefused(
      await send('GET', '/', { Authorization: `Basic ${encoded(credentials)}` }),
      WRONG,
      credentials,
    )
  }
})

test('A17: no CSRF token is required', async (t) => {
  const { send } = await served(t, { authentication: [basic()] })

  const { status } = await send(
    'POST',
    '/',
    { Authorization: 'Basic YWxpY2U6cHcxMjM0NQ==' },
    '{}',
  )

  assert.equal(status, 200)
})

test('wrong credentials are rejected on a public route, and later schemes are not tried', async (t) => {
  const { send } = await served(t, { authentication: [basic(), bearer()] })

  assert.equal((await send('GET', '/any/')).status, 200)
  const refused = await send('GET', '/any/', { Authorization: 'Basic YWxpY2U6bm9wZQ==' })
  assert.deepEqual(refused.headers.get('www-authenticate'), [
    ...CHALLENGE,
    'Bearer realm="api"',
  ])
  assert.deepEqual([refused.status, refused.body], [401, { detail: WRONG }])
})

test('after too many wrong passwords the right one is throttled, too (D22)', async (t) => {
  const { send } = await served(t, {
    authentication: [basic()],
    throttle: { login: '3/min' },
  })
  const ask = (credentials: string) =>
    send('GET', '/', { Authorization: `Basic ${encoded(credentials)}` })
  for (const guess of ['a', 'b', 'c']) assertRefused(await ask(`alice:${guess}`), WRONG)

  const { status, headers } = await ask('alice:pw12345')

  assert.equal(status, 429)
  assert.match(String(headers.get('retry-after')), /^\d+$/)
})

test('a request does not call on.signedIn, and a wrong password calls on.signInFailed', async (t) => {
  const calls: string[] = []
  const { send } = await served(t, {
    authentication: [basic()],
    users: { updateLastLogin: true },
    on: {
      signedIn: () => void calls.push('signed in'),
      signInFailed: ({
        credentials,
      }: {
        credentials: object
        request: AuthRequest | undefined
      }) => void calls.push(JSON.stringify(credentials)),
    },
  })

  await send('GET', '/', { Authorization: 'Basic YWxpY2U6cHcxMjM0NQ==' })
  await send('GET', '/', { Authorization: 'Basic YWxpY2U6bm9wZQ==' })

  assert.deepEqual(calls, ['{"username":"alice","password":"********************"}'])
})

test('an inactive user that users.rule admits is rejected as inactive', async (t) => {
  const rule = (user: User | undefined): boolean => user !== undefined
  const { send } = await served(t, { authentication: [basic()], users: { rule } })

  assertRefused(
    await send('GET', '/', { Authorization: 'Basic aW5hOnB3MTIzNDU=' }),
    'User inactive or deleted.',
  )
})

test('a configured realm is in the challenge, and an invalid one is rejected', async (t) => {
  const { send } = await served(t, { authentication: [basic({ realm: 'Ada [1]' })] })

  assert.deepEqual((await send('GET', '/')).headers.get('www-authenticate'), [
    'Basic realm="Ada [1]"',
  ])
  for (const realm of ['', 'a"b', 'a\\b', 'a\r\nX: y', 'ä']) {
    assert.throws(() => basic({ realm }), { code: 'invalid_config' }, realm)
  }
})
