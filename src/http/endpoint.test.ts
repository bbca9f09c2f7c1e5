import assert from 'node:assert/strict'
import { randomBytes, randomInt } from 'node:crypto'
import { test } from 'node:test'
import { leastEffort } from '../../test/time.ts'
import { AuthError } from '../base/errors.ts'
import { credentials, TOKEN } from '../features/tokens/credentials.ts'
import { type Endpoint, endpoint } from './endpoint.ts'
import { type EndpointDeps, endpointRouter } from './endpoint-router.ts'
import { type AuthReply, type AuthRequest, BODY_LIMIT } from './request.ts'

type Headers = Readonly<Record<string, string>>

const requestOf = (
  body: string | Uint8Array,
  headers: Headers = {},
  method = 'POST',
  url = '/',
): AuthRequest => ({
  method,
  url,
  address: '127.0.0.1',
  secure: false,
  header: (name) => headers[name],
  body: async () => {
    const bytes = typeof body === 'string' ? Buffer.from(body) : body
    if (bytes.length > BODY_LIMIT) throw new AuthError('body_too_large')
    return bytes
  },
})

const JSON_TYPE: Headers = { 'content-type': 'application/json' }

const login = endpoint({
  name: 'Token Obtain Pair',
  path: '/',
  methods: {
    POST: {
      fields: credentials('username'),
      handle: ({ username, password }) => ({ login: username, password }),
    },
  },
})

const refreshing = (handle: (token: string) => object | Promise<object>): Endpoint =>
  endpoint({
    name: 'Token Refresh',
    path: '/',
    methods: {
      POST: { fields: { refresh: TOKEN }, handle: ({ refresh }) => handle(refresh) },
    },
  })
const refresh = refreshing((token) => ({ token }))

const DEPS: EndpointDeps = {
  challenge: 'Bearer realm="api"',
  failed: (error) => assert.fail(error as Error),
}

function ask(
  endpoint: Endpoint,
  request: AuthRequest,
  deps: EndpointDeps = DEPS,
): Promise<AuthReply> {
  const answer = endpointRouter([{ ...endpoint, path: '/' }], deps)(request.url)
  assert.ok(answer)
  return answer(request)
}

const headerOf = (reply: AuthReply, wanted: string): string | undefined =>
  reply.headers.find(([name]) => name.toLowerCase() === wanted)?.[1]

for (const [name, body, headers, status, expected] of [
  [
    'JSON',
    '{"username":" a ","password":" b "}',
    JSON_TYPE,
    200,
    '{"login":"a","password":" b "}',
  ],
  [
    'a form',
    'username=a%20b&password=c+d',
    { 'content-type': 'application/x-www-form-urlencoded' },
    200,
    '{"login":"a b","password":"c d"}',
  ],
  [
    'a form that begins with a question mark',
    '?=1&username=a&password=b',
    { 'content-type': 'application/x-www-form-urlencoded' },
    200,
    '{"login":"a","password":"b"}',
  ],
  [
    'a form in raw UTF-8',
    'username=nöel&password=→',
    { 'content-type': 'application/x-www-form-urlencoded' },
    200,
    '{"login":"nöel","password":"→"}',
  ],
  [
    'a multipart form',
    '--B\r\nContent-Disposition: form-data; name="username"\r\n\r\nnöel\r\n--B\r\nContent-Disposition: form-data; name="password"\r\n\r\nb\r\n--B--\r\n',
    { 'content-type': 'multipart/form-data; boundary="B"' },
    200,
    '{"login":"nöel","password":"b"}',
  ],
  [
    'a multipart form with blanks behind its delimiters',
    '--B \r\nContent-Disposition: form-data; name="username"\r\n\r\na\r\n--B\t\r\nContent-Disposition: form-data; name="password"\r\n\r\nb\r\n--B-- \r\n',
    { 'content-type': 'multipart/form-data; boundary=B' },
    400,
    '{"detail":"Multipart form parse error - the text is no form in parts"}',
  ],
  [
    'no file where text is expected',
    '--B\r\nContent-Disposition: form-data; name="username"; filename=""\r\n\r\n\r\n--B\r\nContent-Disposition: form-data; name="password"\r\n\r\nb\r\n--B--\r\n',
    { 'content-type': 'multipart/form-data; boundary=B' },
    400,
    '{"username":["This field may not be blank."]}',
  ],
  [
    'a file where text is expected',
    '--B\r\nContent-Disposition: form-data; name="username"; filename="x"\r\n\r\na\r\n--B\r\nContent-Disposition: form-data; name="password"\r\n\r\nb\r\n--B--\r\n',
    { 'content-type': 'multipart/form-data; boundary=B' },
    400,
    '{"username":["Not a valid string."]}',
  ],
  [
    'a number as it was written',
    '{"username":1.0,"password":12}',
    JSON_TYPE,
    200,
    '{"login":"1.0","password":"12"}',
  ],
  [
    'a login twice',
    '{"username":"x","username":"a","password":"b"}',
    JSON_TYPE,
    400,
    '{"username":["This field may be sent only once."]}',
  ],
  [
    'a byte order mark',
    '\ufeff{"username":"a","password":"b"}',
    JSON_TYPE,
    400,
    undefined,
  ],
  ['NaN', '{"username":NaN}', JSON_TYPE, 400, undefined],
  [
    'text behind the value',
    '{"username":"a","password":"b"}x',
    JSON_TYPE,
    400,
    undefined,
  ],
  ['not UTF-8', Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x7d]), JSON_TYPE, 400, undefined],
  [
    'another charset',
    '{}',
    { 'content-type': 'application/json; charset=utf-16' },
    415,
    undefined,
  ],
  [
    'a compressed body',
    '{}',
    { ...JSON_TYPE, 'content-encoding': 'gzip' },
    415,
    undefined,
  ],
  [
    'an empty body of any type',
    '',
    { 'content-type': 'text/plain' },
    400,
    '{"username":["This field is required."],"password":["This field is required."]}',
  ],
  [
    '65 brackets',
    '['.repeat(65),
    JSON_TYPE,
    400,
    '{"detail":"JSON parse error - nested too deeply"}',
  ],
  [
    'a lone surrogate',
    '{"username":"\\ud800","password":"b"}',
    JSON_TYPE,
    400,
    '{"username":["Surrogate characters are not allowed: U+D800."]}',
  ],
  [
    'white space of Python alone',
    '{"username":"\\u001c\\u0085","password":"b"}',
    JSON_TYPE,
    400,
    '{"username":["This field may not be blank."]}',
  ],
  [
    'white space of JavaScript alone',
    '{"username":"\\ufeff","password":"b"}',
    JSON_TYPE,
    200,
    '{"login":"\ufeff","password":"b"}',
  ],
  [
    'a password of 4,097 bytes',
    `{"username":"a","password":"${'p'.repeat(4097)}"}`,
    JSON_TYPE,
    400,
    undefined,
  ],
  [
    'a body over the limit',
    ' '.repeat(BODY_LIMIT + 1),
    JSON_TYPE,
    413,
    '{"detail":"The request body is too large."}',
  ],
  [
    'a multipart form without its end',
    '--B\r\nContent-Disposition: form-data; name="username"\r\n\r\na',
    { 'content-type': 'multipart/form-data; boundary=B' },
    400,
    undefined,
  ],
] as const) {
  test(`a body: ${name}`, async () => {
    const reply = await ask(login, requestOf(body, headers))
    assert.equal(reply.status, status, reply.body)
    if (expected !== undefined) assert.equal(reply.body, expected)
  })
}

test('a duplicate field in a JSON body is rejected, with any white space and escapes', async () => {
  for (const body of [
    '{"refresh":"a","refresh":"b"}',
    `{"refresh"${' '.repeat(99)}:"a","refr\\u0065sh" : "b"}`,
  ]) {
    const reply = await ask(refresh, requestOf(body, JSON_TYPE))
    assert.equal(reply.status, 400)
    assert.equal(reply.body, '{"refresh":["This field may be sent only once."]}')
  }
  const reply = await ask(
    refresh,
    requestOf('{"x":{"refresh":1,"refresh":"refresh"},"refresh":"b"}', JSON_TYPE),
  )
  assert.equal(reply.status, 200)
})

test('every answer names the methods and is not to be stored', async () => {
  for (const [method, status] of [
    ['POST', 200],
    ['GET', 405],
    ['HEAD', 405],
    ['OPTIONS', 200],
  ] as const) {
    const reply = await ask(refresh, requestOf('{"refresh":"a"}', JSON_TYPE, method))
    assert.equal(reply.status, status)
    assert.equal(headerOf(reply, 'allow'), 'POST, OPTIONS')
    assert.equal(headerOf(reply, 'cache-control'), 'no-store')
    // Of HEAD too: the adapters send its length alone.
    assert.notEqual(reply.body, '')
  }
})

test('a 401 has a challenge', async () => {
  const refusing = refreshing(() => {
    throw new AuthError('malformed')
  })
  const reply = await ask(refusing, requestOf('{"refresh":"a"}', JSON_TYPE))
  assert.equal(reply.status, 401)
  assert.equal(headerOf(reply, 'www-authenticate'), 'Bearer realm="api"')
})

for (const [accept, status, body] of [
  ['*/*', 200, '{"token":"a"}'],
  ['text/html,application/xhtml+xml,*/*;q=0.8', 200, '{"token":"a"}'],
  ['application/json; indent=2', 200, '{\n  "token": "a"\n}'],
  ['application/json; indent=99', 200, '{\n        "token": "a"\n}'],
  ['*/*; indent=1', 200, '{\n "token": "a"\n}'],
  ['application/*; indent=1, */*; indent=2', 200, '{\n "token": "a"\n}'],
  ['*/json', 200, '{"token":"a"}'],
  ['application/xml', 406, '{"detail":"Could not satisfy the request Accept header."}'],
  ['', 406, '{"detail":"Could not satisfy the request Accept header."}'],
] as const) {
  test(`Accept: ${accept}`, async () => {
    const reply = await ask(
      refresh,
      requestOf('{"refresh":"a"}', { ...JSON_TYPE, accept }),
    )
    assert.deepEqual([reply.status, reply.body], [status, body])
  })
}

test('an unknown format is not found', async () => {
  const reply = await ask(
    refresh,
    requestOf('{"refresh":"a"}', JSON_TYPE, 'POST', '/?format=xml'),
  )
  assert.deepEqual([reply.status, reply.body], [404, '{"detail":"Not found."}'])
})

test('an unexpected error is a 500 without its message, and is reported', async () => {
  const reported: unknown[] = []
  const broken = refreshing(() => {
    throw new Error('a secret')
  })
  const request = requestOf('{"refresh":"a"}', JSON_TYPE)
  const reply = await ask(broken, request, {
    failed: (error) => reported.push(error),
  })
  assert.deepEqual(
    [reply.status, reply.body],
    [500, '{"detail":"A server error occurred."}'],
  )
  assert.equal(reported.length, 1)
})

test('no body gets a 500, whichever bytes it has', async () => {
  const types = [
    'application/json',
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=B',
    'x',
    '',
  ]
  const pieces = [
    '{',
    '}',
    '[',
    ']',
    '"',
    ':',
    ',',
    '\\u',
    '--B',
    '\r\n',
    'name="refresh"',
    'refresh',
    'Content-Disposition: form-data; ',
    '=',
    '&',
    '%',
    '\0',
  ]
  for (let i = 0; i < 10_000; i++) {
    const parts = Array.from({ length: randomInt(12) }, () =>
      randomInt(3) === 0
        ? randomBytes(randomInt(9))
        : Buffer.from(pieces[randomInt(pieces.length)]!),
    )
    const headers = {
      'content-type': types[randomInt(types.length)]!,
      accept: randomInt(4) === 0 ? randomBytes(6).toString('latin1') : '*/*',
    }
    const reply = await ask(refresh, requestOf(Buffer.concat(parts), headers))
    assert.ok(reply.status < 500)
  }
  assert.deepEqual(Object.keys(Object.prototype), [])
})

/** Milliseconds that the clock of processor time may miss: its ticks may take ten. */
const RESOLUTION = 20

for (const [what, type, piece] of [
  ['blanks', 'application/json', ' '],
  ['brackets', 'application/json', '['],
  ['strings', 'application/json', '"" '],
  ['pairs', 'application/x-www-form-urlencoded', '&'],
  ['percent signs', 'application/x-www-form-urlencoded', '%'],
  ['delimiters', 'multipart/form-data; boundary=B', '\r\n--B'],
  [
    'disposition parameters',
    'multipart/form-data; boundary=B',
    '--B\r\nContent-Disposition: form-data; a="',
  ],
  [
    'backslashes',
    'multipart/form-data; boundary=B',
    '--B\r\nContent-Disposition: ;a="\\',
  ],
] as const) {
  test(`one large body costs less than four times as much as its parts: ${what}`, async () => {
    const headers = { 'content-type': type }
    const part = requestOf(piece.repeat(4_000 / piece.length), headers)
    const whole = requestOf(piece.repeat(64_000 / piece.length), headers)
    const ofParts = await leastEffort(async () => {
      for (let i = 0; i < 16; i++) await ask(refresh, part)
    })
    const ofWhole = await leastEffort(() => ask(refresh, whole))
    assert.ok(ofWhole < 4 * ofParts + RESOLUTION, `${ofParts} ms, then ${ofWhole} ms`)
  })
}
