import assert from 'node:assert/strict'
import { test } from 'node:test'
import { apiToken, basic, bearer, remoteUser, session } from '../../src/authentication.ts'
import { testInstance } from '../../src/testing/index.ts'
import { leastEffort } from '../time.ts'
import { plain, WORST_CASES } from './worst-cases.ts'

/** The most that a client can send: of a body, and of a header before Node.js refuses it. */
const BODY = 60_000
const HEADER = 15_000

/** How many times the processor time of a plain value an adversarial one may take, and milliseconds that are noise. */
const TIMES = 8
const NOISE = 4

const { auth } = testInstance({
  authentication: [
    bearer(),
    apiToken(),
    session(),
    basic(),
    remoteUser({ header: 'X-Remote-User', from: ['127.0.0.1'] }),
  ],
  endpoints: { slidingObtain: true, slidingRefresh: true, blacklist: true },
  url: 'https://app.example.com',
  accounts: { signInCodes: true },
  codes: {
    resendAfter: 0,
    perTarget: null,
    perClient: null,
    inTotal: null,
    wrongPerTarget: null,
  },
  proxies: 1,
  throttle: { login: null },
})
test.after(() => auth.close())
await auth.users.create({ username: 'ada', password: 'qhr4-7mzt-w2pd-x9kc' })

type Send = (value: string) => Promise<unknown>

const ask = (path: string, init: RequestInit): Promise<Response> =>
  auth.handler(new Request(`http://localhost${path}`, init))

const post = (path: string, type: string, body: string): Promise<Response> =>
  ask(path, { method: 'POST', headers: { 'content-type': type }, body })

/** Every shape, of the greatest length, takes about as long as a plain value. */
async function costsNoMore(send: Send, length: number): Promise<void> {
  const usual = await leastEffort(() => send(plain(length)))
  const most = TIMES * usual + NOISE
  for (const [shape, make] of Object.entries(WORST_CASES)) {
    const value = make(length)
    let took = await leastEffort(() => send(value))
    // The garbage of thousands of tests may be collected five times in a row; what is slow is slow each time.
    if (took > most) took = await leastEffort(() => send(value), 12)
    assert.ok(
      took <= most,
      `${shape}: ${took.toFixed(1)} ms, and ${usual.toFixed(1)} ms for a plain value of the same length`,
    )
  }
}

const ENDPOINTS: Readonly<Record<string, readonly string[]>> = {
  '/api/token/': ['username', 'password'],
  '/api/token/refresh/': ['refresh'],
  '/api/token/verify/': ['token'],
  '/api/token/blacklist/': ['refresh'],
  '/api/token/sliding/': ['username', 'password'],
  '/api/token/sliding/refresh/': ['token'],
  '/api-token-auth/': ['username', 'password'],
  '/auth/login/': ['username', 'password'],
  '/auth/users/': ['username', 'email', 'password'],
  '/auth/users/confirm/': ['email', 'code'],
  '/auth/users/confirm/resend/': ['email'],
  '/auth/me/email/undo/': ['token'],
  '/auth/password/reset/': ['email'],
  '/auth/password/reset/check/': ['token'],
  '/auth/password/reset/confirm/': ['username', 'code', 'new_password'],
  '/auth/code/': ['username', 'binding'],
  '/auth/code/redeem/': ['phone', 'code', 'binding'],
}

for (const [path, fields] of Object.entries(ENDPOINTS)) {
  for (const field of fields) {
    const others = Object.fromEntries(fields.map((name) => [name, 'ada']))
    const json: Send = (value) =>
      post(path, 'application/json', JSON.stringify({ ...others, [field]: value }))
    const form: Send = (value) =>
      post(
        path,
        'application/x-www-form-urlencoded',
        String(new URLSearchParams({ ...others, [field]: value })),
      )

    test(`no value of "${field}" makes ${path} slow, in JSON`, () =>
      // A character is at most six bytes of JSON: \ud800.
      costsNoMore(json, BODY / 6))
    test(`no value of "${field}" makes ${path} slow, in a form`, () =>
      // A character is at most nine bytes of a form: %EF%B7%BA.
      costsNoMore(form, Math.floor(BODY / 9)))
  }

  for (const type of [
    'application/json',
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=x',
  ]) {
    test(`no body of ${type} makes ${path} slow`, () =>
      // A character is at most three bytes.
      costsNoMore((value) => post(path, type, value), BODY / 3))
  }
}

const HEADERS: Readonly<Record<string, (value: string) => Record<string, string>>> = {
  'Authorization without a scheme': (value) => ({ authorization: value }),
  'Authorization: Bearer': (value) => ({ authorization: `Bearer ${value}` }),
  'Authorization: Token': (value) => ({ authorization: `Token ${value}` }),
  'Authorization: Basic': (value) => ({ authorization: `Basic ${value}` }),
  'Authorization: Basic, encoded': (value) => ({
    authorization: `Basic ${Buffer.from(`${value.slice(0, HEADER / 4)}:x`).toString('base64')}`,
  }),
  'X-Remote-User': (value) => ({ 'x-remote-user': value }),
  Cookie: (value) => ({ cookie: value }),
  'Cookie: sessionid': (value) => ({ cookie: `sessionid=${value}` }),
  'X-CSRFToken': (value) => ({
    'x-csrftoken': value,
    cookie: `sessionid=${'s'.repeat(32)}`,
  }),
  Origin: (value) => ({ origin: value, cookie: `sessionid=${'s'.repeat(32)}` }),
  Referer: (value) => ({ referer: value, cookie: `sessionid=${'s'.repeat(32)}` }),
  'X-Forwarded-For': (value) => ({ 'x-forwarded-for': value }),
  'X-Forwarded-Proto': (value) => ({ 'x-forwarded-proto': value }),
  Accept: (value) => ({ accept: value }),
  'Content-Type': (value) => ({ 'content-type': value }),
  'Content-Type: boundary': (value) => ({
    'content-type': `multipart/form-data; boundary=${value}`,
  }),
  'If-None-Match': (value) => ({ 'if-none-match': value }),
  'X-Request-ID': (value) => ({ 'x-request-id': value }),
}

/** A header is a list of bytes: characters above U+00FF are sent as UTF-8. */
const asBytes = (value: string): string =>
  Buffer.from(value).toString('latin1').slice(0, HEADER).trim()

for (const [header, headersOf] of Object.entries(HEADERS)) {
  test(`no value of the header ${header} makes a guard slow`, () =>
    costsNoMore(
      (value) =>
        auth
          .authenticate(
            new Request('http://localhost/', {
              method: 'POST',
              headers: headersOf(asBytes(value)),
            }),
          )
          .catch(() => {}),
      HEADER,
    ))
  test(`no value of the header ${header} makes an endpoint slow`, () =>
    costsNoMore(
      (value) =>
        ask('/api/token/', {
          method: 'POST',
          headers: headersOf(asBytes(value)),
          body: '{"username":"ada","password":"x"}',
        }),
      HEADER,
    ))
}

for (const path of [...Object.keys(ENDPOINTS), '/.well-known/jwks.json']) {
  test(`no query makes ${path} slow`, () =>
    costsNoMore((value) => ask(`${path}?${value}`, { method: 'GET' }), HEADER))
}

test('no path is slow to route', () =>
  costsNoMore((value) => ask(`/api/token/${value}`, { method: 'GET' }), HEADER))
