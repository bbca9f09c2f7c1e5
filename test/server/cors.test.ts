import assert from 'node:assert/strict'
import { request as httpRequest, type IncomingMessage } from 'node:http'
import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import { test } from 'node:test'
import { serve } from '../../src/server/serve.ts'
import { testInstance } from '../../src/testing/index.ts'

const APP = 'https://app.example.com'
const ADMIN = 'http://localhost:5173'
const PASSWORD = 'qhr4-7mzt-w2pd-x9kc'

async function server(origins: readonly string[] = [APP, ADMIN]) {
  const test = testInstance({ throttle: { login: '2/min' } })
  const ada = await test.auth.users.create({ username: 'ada', password: PASSWORD })
  const running = await serve({ auth: test.auth, host: '127.0.0.1', port: 0, origins })
  return {
    ...test,
    ada,
    ...running,
    async [Symbol.asyncDispose]() {
      await running.stop()
      await test.auth.close()
    },
  }
}

type Headers = Readonly<Record<string, string>>

/** `fetch` may neither set `Origin` nor preflight headers in every runtime; `node:http` may. */
async function send(
  url: string,
  method: string,
  headers: Headers,
  body = '',
): Promise<IncomingMessage & { readonly text: string }> {
  const answer = await new Promise<IncomingMessage>((resolve, reject) => {
    const options = { method, headers, agent: false }
    httpRequest(url, options, resolve).on('error', reject).end(body)
  })
  return Object.assign(answer, { text: await text(answer) })
}

const corsHeaders = ({ headers }: IncomingMessage): string[] =>
  Object.keys(headers).filter((name) => name.startsWith('access-control-'))

const preflight = (origin: string, more: Headers = {}): Headers => ({
  origin,
  'access-control-request-method': 'POST',
  'access-control-request-headers': 'authorization,content-type,sentry-trace',
  ...more,
})

for (const origin of [APP, ADMIN]) {
  test(`a preflight of the listed origin ${origin} is answered with what it may send`, async () => {
    await using running = await server()

    for (const path of ['/api/token/', '/hello/', '/nowhere/']) {
      const answer = await send(running.url + path, 'OPTIONS', preflight(origin))

      assert.equal(answer.statusCode, 204, path)
      assert.equal(answer.text, '')
      assert.equal(answer.headers['content-length'], undefined)
      assert.equal(answer.headers['access-control-allow-origin'], origin)
      assert.equal(answer.headers['access-control-allow-credentials'], 'true')
      assert.equal(
        answer.headers['access-control-allow-methods'],
        'GET, POST, PUT, PATCH, DELETE',
      )
      assert.equal(
        answer.headers['access-control-allow-headers'],
        'authorization,content-type,sentry-trace',
      )
      assert.equal(answer.headers['access-control-max-age'], '7200')
      assert.match(answer.headers.vary ?? '', /\bOrigin\b/)
    }
  })
}

for (const origin of [
  'https://evil.example',
  'https://app.example.com.evil.example',
  'https://sub.app.example.com',
  'http://app.example.com',
  'https://app.example.com:8443',
  'https://app.example.co',
  'http://localhost:51730',
  'null',
  '*',
  `${APP}, https://evil.example`,
  `${APP}/`,
]) {
  test(`the origin ${origin} is not listed: no answer allows it`, async () => {
    await using running = await server()

    const asked = await send(`${running.url}/api/token/`, 'OPTIONS', preflight(origin))
    const sent = await send(`${running.url}/hello/`, 'GET', { origin })

    assert.equal(asked.statusCode, 204)
    for (const answer of [asked, sent]) {
      assert.deepEqual(corsHeaders(answer), [])
      assert.match(answer.headers.vary ?? '', /\bOrigin\b/)
    }
  })
}

test('every answer to a listed origin allows it and shows the headers that clients read, errors included', async () => {
  await using running = await server()
  const { url, auth, ada, faults } = running
  const { access } = await auth.signIn(ada)
  const form = { 'content-type': 'application/x-www-form-urlencoded' }
  const wrong = 'username=ada&password=wrong'
  const json = { 'content-type': 'application/json' }
  const bearer = { authorization: `Bearer ${access}` }
  const cases: [status: number, method: string, path: string, Headers, string?][] = [
    [200, 'GET', '/hello/', bearer],
    [200, 'GET', '/.well-known/jwks.json', {}],
    [200, 'GET', '/health/live', {}],
    [401, 'GET', '/hello/', {}],
    [405, 'PUT', '/hello/', bearer],
    [405, 'GET', '/api/token/', {}],
    [404, 'GET', '/nowhere/', {}],
    [400, 'POST', '/api/token/', json, '{'],
    [413, 'POST', '/api/token/', form, `username=${'a'.repeat(70_000)}`],
    [415, 'POST', '/api/token/', { 'content-type': 'text/csv' }, 'a'],
    [401, 'POST', '/api/token/', form, wrong],
    [401, 'POST', '/api/token/', form, wrong],
    [429, 'POST', '/api/token/', form, wrong],
  ]
  for (const [status, method, path, headers, body] of cases) {
    const answer = await send(url + path, method, { origin: APP, ...headers }, body)
    const name = `${status} ${method} ${path}`
    assert.equal(answer.statusCode, status, name)
    assertReadable(answer, name)
  }
  faults.failAll()
  const unavailable = await send(`${url}/health/ready`, 'GET', { origin: APP })
  assert.equal(unavailable.statusCode, 503)
  assertReadable(unavailable, '503')
})

function assertReadable({ headers }: IncomingMessage, name: string): void {
  assert.equal(headers['access-control-allow-origin'], APP, name)
  assert.equal(headers['access-control-allow-credentials'], 'true', name)
  assert.equal(
    headers['access-control-expose-headers'],
    'Date, Retry-After, WWW-Authenticate, DPoP-Nonce, X-Request-Id',
    name,
  )
  assert.match(headers.vary ?? '', /\bOrigin\b/, name)
}

test('a malformed request of a listed origin gets a 400 that its page can read', async () => {
  await using running = await server()
  const socket = connect(Number(new URL(running.url).port), '127.0.0.1')

  socket.end(`GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\nOrigin: ${APP}\r\n\r\n`)
  const answer = await text(socket)

  assert.match(answer, /^HTTP\/1\.1 400 /)
  assert.match(answer, /^access-control-allow-origin: https:\/\/app\.example\.com\r$/im)
})

test('without origins no answer mentions CORS, and OPTIONS describes the endpoint', async () => {
  await using running = await server([])

  const asked = await send(`${running.url}/api/token/`, 'OPTIONS', preflight(APP))
  const sent = await send(`${running.url}/hello/`, 'GET', { origin: APP })

  assert.equal(asked.statusCode, 200)
  for (const answer of [asked, sent]) {
    assert.deepEqual(corsHeaders(answer), [])
    assert.equal(answer.headers.vary, undefined)
  }
})

test('OPTIONS without a preflight header still describes the endpoint', async () => {
  await using running = await server()

  const answer = await send(`${running.url}/api/token/`, 'OPTIONS', { origin: APP })

  assert.equal(answer.statusCode, 200)
  assert.equal(JSON.parse(answer.text).name, 'Token Obtain Pair')
})
