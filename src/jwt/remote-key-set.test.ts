import assert from 'node:assert/strict'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type TestContext, test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { endsBefore } from '../../test/time.ts'
import { type Seconds, seconds, type UnixSeconds } from '../base/clock.ts'
import { generateKey, importSecret, importSigningKey, sign } from './index.ts'
import { type RemoteKeySetOptions, remoteKeySet } from './remote-key-set.ts'
import { verifier } from './verify.ts'

const NOW = 1_893_456_000

/** A signing key, its JWK and a token. */
function aKey(kid: string) {
  const { privatePem, publicJwk } = generateKey('ES256')
  const key = importSigningKey('ES256', privatePem, { kid })
  const token = sign({ exp: NOW + 60, jti: kid }, key)
  return { kid, jwk: { ...publicJwk, kid }, token, key }
}

/** A server that publishes keys, a verifier that reads them, and a clock that can be moved. */
async function setUp(t: TestContext, options: Partial<RemoteKeySetOptions> = {}) {
  const requests: string[] = []
  const errors: unknown[] = []
  let answer: RequestListener = (_, response) => response.end('{"keys":[]}')
  const server = createServer((request, response) => {
    requests.push(request.url ?? '')
    answer(request, response)
  })
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  t.after(() => {
    server.closeAllConnections()
    server.close()
  })
  const { port } = server.address() as AddressInfo
  let time = 0
  const keys = remoteKeySet(`http://127.0.0.1:${port}/jwks.json`, {
    algorithm: 'ES256',
    elapsed: () => time as Seconds,
    onError: (error) => errors.push(error),
    ...options,
  })
  const { verify } = verifier({ keys, clock: () => NOW as UnixSeconds, cache: 8 })
  return {
    requests,
    errors,
    async verify(token: string) {
      return verify(token)
    },
    advance: (length: number) => {
      time += length
    },
    answers: (next: RequestListener) => {
      answer = next
    },
    publishes: (...jwks: readonly object[]) => {
      answer = (_, response) => response.end(JSON.stringify({ keys: jwks }))
    },
  }
}

const rejectedAs = (code: string) => ({ name: 'AuthError', code })

test('keys by URL: they are fetched at the first token, and kept', async (t) => {
  const { verify, publishes, requests } = await setUp(t)
  const a = aKey('a')
  publishes(a.jwk)
  assert.deepEqual(requests, [])
  assert.equal((await verify(a.token)).jti, 'a')
  for (let i = 0; i < 5; i++) await verify(a.token)
  assert.deepEqual(requests, ['/jwks.json'])
})

test('keys by URL: concurrent tokens make one request', async (t) => {
  const { verify, publishes, requests } = await setUp(t)
  const [a, b] = [aKey('a'), aKey('b')]
  publishes(a.jwk, b.jwk)
  await Promise.all(
    Array.from({ length: 50 }, (_, i) => verify(i % 2 === 0 ? a.token : b.token)),
  )
  assert.equal(requests.length, 1)
})

test('keys by URL: unknown kids make one request per cool-down', async (t) => {
  const { verify, publishes, requests, advance } = await setUp(t)
  const a = aKey('a')
  publishes(a.jwk)
  await verify(a.token)
  advance(61)
  for (let i = 0; i < 100; i++)
    await assert.rejects(verify(aKey(`unknown ${i}`).token), rejectedAs('unknown_key'))
  assert.equal(requests.length, 2)
  advance(59)
  await assert.rejects(verify(aKey('unknown').token), rejectedAs('unknown_key'))
  assert.equal(requests.length, 2)
  advance(1)
  await assert.rejects(verify(aKey('unknown').token), rejectedAs('unknown_key'))
  assert.equal(requests.length, 3)
  await verify(a.token)
})

test('keys by URL: a new key is found, and a removed key verifies nothing', async (t) => {
  const { verify, publishes, advance } = await setUp(t)
  const [a, b] = [aKey('a'), aKey('b')]
  publishes(a.jwk)
  await verify(a.token)
  publishes(b.jwk)
  advance(60)
  assert.equal((await verify(b.token)).jti, 'b')
  await assert.rejects(verify(a.token), rejectedAs('unknown_key'))
})

test('keys by URL: a copy older than maxAge is read again, and tokens verified with it too', async (t) => {
  const { verify, publishes, requests, advance } = await setUp(t)
  const a = aKey('a')
  publishes(a.jwk)
  await verify(a.token)
  advance(299)
  await verify(a.token)
  assert.equal(requests.length, 1)
  publishes()
  advance(1)
  await assert.rejects(verify(a.token), rejectedAs('unknown_key'))
  assert.equal(requests.length, 2)
})

test('keys by URL: a token of a replaced key is rejected, also under the same kid', async (t) => {
  const { verify, publishes, advance } = await setUp(t)
  const [a, other] = [aKey('a'), aKey('a')]
  publishes(a.jwk)
  await verify(a.token)
  publishes(other.jwk)
  advance(300)
  await assert.rejects(verify(a.token), rejectedAs('bad_signature'))
  await verify(other.token)
})

for (const [header, fresh] of [
  [{ 'cache-control': 'public, max-age=20' }, 20],
  [{ 'cache-control': 'Max-Age="20", must-revalidate' }, 20],
  [{ 'cache-control': 'max-age=90', age: '70' }, 20],
  [{ 'cache-control': 'max-age=90', age: 'x' }, 90],
  [{ 'cache-control': 'max-age=99999' }, 300],
  [{ 'cache-control': 's-maxage=20' }, 300],
  [{}, 300],
] as const) {
  test(`keys by URL: with ${JSON.stringify(header)} a copy is fresh for ${fresh} seconds`, async (t) => {
    const { verify, answers, requests, advance } = await setUp(t, { coolDown: 1 })
    const a = aKey('a')
    answers(says(200, JSON.stringify({ keys: [a.jwk] }), header))
    await verify(a.token)
    answers(says(200, JSON.stringify({ keys: [aKey('b').jwk] }), header))
    advance(fresh - 1)
    await verify(a.token)
    assert.equal(requests.length, 1)
    advance(1)
    await assert.rejects(verify(a.token), rejectedAs('unknown_key'))
    assert.equal(requests.length, 2)
  })
}

test('keys by URL: a copy that must not be stored is read again after the cool-down', async (t) => {
  const { verify, answers, requests, advance } = await setUp(t)
  const a = aKey('a')
  for (const directive of ['no-store', 'max-age=100, no-cache', 'max-age=0']) {
    advance(400)
    const before = requests.length
    answers(says(200, JSON.stringify({ keys: [a.jwk] }), { 'cache-control': directive }))
    for (let i = 0; i < 3; i++) await verify(a.token)
    assert.equal(requests.length - before, 1, directive)
    advance(60)
    await verify(a.token)
    assert.equal(requests.length - before, 2, directive)
  }
})

test('keys by URL: a copy older than maxStale answers no token, and the next good one does', async (t) => {
  const { verify, answers, publishes, advance } = await setUp(t, { maxStale: 700 })
  const a = aKey('a')
  publishes(a.jwk)
  await verify(a.token)
  answers(gone)
  advance(699)
  await verify(a.token)
  advance(1)
  await assert.rejects(verify(a.token), rejectedAs('keys_unavailable'))
  publishes(a.jwk)
  advance(60)
  await verify(a.token)
})

const gone: RequestListener = (request) => void request.socket.destroy()
const says =
  (
    status: number,
    body: string | Buffer,
    headers: Record<string, string> = {},
  ): RequestListener =>
  (_, response) =>
    void response.writeHead(status, headers).end(body)

/** Answers without a key set. */
const FAILURES: { readonly [what: string]: (ok: string) => RequestListener } = {
  'a broken connection': () => gone,
  'a connection that breaks within the body': (ok) => (_, response) => {
    response.writeHead(200, { 'content-length': ok.length + 10 })
    response.write(ok, () => response.destroy())
  },
  'status 500': (ok) => says(500, ok),
  'status 404': (ok) => says(404, ok),
  'status 204': () => says(204, ''),
  'a redirect': (ok) => (request, response) =>
    request.url === '/elsewhere'
      ? says(200, ok)(request, response)
      : says(302, '', { location: '/elsewhere' })(request, response),
  HTML: () => says(200, '<html>'),
  'bytes that are not UTF-8': () => says(200, Buffer.from([0x7b, 0xff, 0x7d])),
  'an empty body': () => says(200, ''),
  null: () => says(200, 'null'),
  'an array': (ok) => says(200, `[${ok}]`),
  'keys that are not an array': () => says(200, '{"keys":{}}'),
  'no keys': () => says(200, '{"key":[]}'),
  'a megabyte too much': (ok) => says(200, ok.padEnd(1_048_577)),
  'twenty megabytes, compressed': (ok) =>
    says(200, gzipSync(ok.padEnd(20_000_000)), { 'content-encoding': 'gzip' }),
}

for (const [what, failing] of Object.entries(FAILURES)) {
  test(`keys by URL: ${what}: the keys are unavailable, and one error is reported`, async (t) => {
    const { verify, answers, errors, requests } = await setUp(t)
    const a = aKey('a')
    answers(failing(JSON.stringify({ keys: [a.jwk] })))
    for (let i = 0; i < 3; i++)
      await assert.rejects(verify(a.token), rejectedAs('keys_unavailable'))
    assert.deepEqual([errors.length, requests], [1, ['/jwks.json']])
  })

  test(`keys by URL: ${what}: the last good copy is kept, and what another key signed is not judged`, async (t) => {
    const { verify, answers, publishes, errors, advance, requests } = await setUp(t)
    const [a, b] = [aKey('a'), aKey('b')]
    publishes(a.jwk)
    await verify(a.token)
    answers(failing(JSON.stringify({ keys: [b.jwk] })))
    for (let minute = 0; minute < 3; minute++) {
      advance(300)
      assert.equal((await verify(a.token)).jti, 'a')
      await assert.rejects(verify(b.token), rejectedAs('keys_unavailable'))
    }
    assert.deepEqual([errors.length, requests.length], [3, 4])
    publishes(a.jwk, b.jwk)
    advance(60)
    await verify(b.token)
  })
}

test('keys by URL: a request is given up after its timeout', async (t) => {
  const { verify, answers, errors } = await setUp(t, { timeout: seconds(0.1) })
  answers((_, response) => void response.write('{"keys":['))
  const refused = assert.rejects(verify(aKey('a').token), rejectedAs('keys_unavailable'))
  assert.ok(await endsBefore(refused, 20, 100))
  assert.equal(errors.length, 1)
})

test('keys by URL: of a set with unusable entries the usable keys are used', async (t) => {
  const { verify, publishes, errors } = await setUp(t)
  const [a, b] = [aKey('a'), aKey('b')]
  const secret = {
    kty: 'oct',
    k: Buffer.alloc(32, 'a secret').toString('base64url'),
    alg: 'HS256',
    kid: 'secret',
  }
  const { jwk: forEncryption } = aKey('e')
  publishes(
    ...([null, 1, 'x', [], {}, { kty: { toString: 1 } }] as object[]),
    secret,
    { ...forEncryption, use: 'enc' },
    { ...aKey('w').jwk, x: 'AA' },
    { ...aKey('p').jwk, d: 'AA' },
    { ...aKey('n').jwk, kid: undefined },
    b.jwk,
    { ...aKey('b').jwk, kid: 'b' },
    a.jwk,
  )
  assert.equal((await verify(a.token)).jti, 'a')
  for (const kid of ['b', 'secret', 'e', 'w', 'p']) {
    await assert.rejects(verify(aKey(kid).token), rejectedAs('unknown_key'), kid)
  }
  assert.deepEqual(errors, [])
})

test('keys by URL: a token without kid is verified by a single key, and rejected with several', async (t) => {
  const { verify, publishes, advance } = await setUp(t)
  const { privatePem, publicJwk } = generateKey('ES256')
  const token = sign({ exp: NOW + 60 }, importSigningKey('ES256', privatePem))
  publishes({ ...publicJwk, kid: 'a' })
  await verify(token)
  publishes({ ...publicJwk, kid: 'a' }, aKey('b').jwk)
  advance(300)
  await assert.rejects(verify(token), rejectedAs('unknown_key'))
})

test('keys by URL: a token of another algorithm makes no request', async (t) => {
  const { verify, publishes, requests } = await setUp(t)
  publishes(aKey('a').jwk)
  const of = (header: object): string =>
    `${Buffer.from(JSON.stringify(header)).toString('base64url')}.e30.AAAA`
  for (const [token, code] of [
    ['', 'malformed'],
    ['a.b.c.d', 'malformed'],
    [of({ alg: 'none', kid: 'a' }), 'unsupported_alg'],
    [of({ alg: 'HS256', kid: 'a' }), 'unsupported_alg'],
    [of({ alg: 'RS256', kid: 'a', jku: 'https://evil.example' }), 'unsupported_alg'],
    [of({ alg: 'ES256', kid: 'a', crit: ['x'] }), 'unsupported_header'],
    [of({ alg: 'ES256', kid: ['a'] }), 'malformed'],
    [of({ alg: 'ES256', kid: 'a', typ: 'logout+jwt' }), 'wrong_type'],
  ] as const) {
    await assert.rejects(verify(token), rejectedAs(code), token)
  }
  assert.deepEqual(requests, [])
})

test('keys by URL: a published secret is ignored', async (t) => {
  const { verify, publishes } = await setUp(t, { algorithm: 'HS256' })
  const secret = 'a published secret, with which anyone could sign'
  publishes({
    kty: 'oct',
    k: Buffer.from(secret).toString('base64url'),
    alg: 'HS256',
    kid: 'a',
  })
  const token = sign({ exp: NOW + 60 }, importSecret('HS256', secret, { kid: 'a' }))
  await assert.rejects(verify(token), rejectedAs('unknown_key'))
})

test('keys by URL: plain http is allowed for localhost only', () => {
  for (const url of [
    'http://example.com/jwks.json',
    'ftp://127.0.0.1/',
    'file:///etc/passwd',
    'jwks.json',
    'http://127.0.0.1.evil.example/',
  ]) {
    assert.throws(
      () => remoteKeySet(url, { algorithm: 'ES256' }),
      rejectedAs('invalid_config'),
      url,
    )
  }
  remoteKeySet('https://example.com/jwks.json', { algorithm: 'ES256' })
})
