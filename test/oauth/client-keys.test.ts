import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { createServer } from 'node:net'
import { type TestContext, test } from 'node:test'
import { generateKey, importSigningKey, sign } from '../../src/jwt/index.ts'
import type { Options } from '../../src/settings/options.ts'
import { cleanUp } from '../cleanup.ts'
import { provider, URL_OF_APP } from './setup.ts'

const ADDRESS = 'https://reports.example.com/keys'

/** As in a key set, where each key has a name. */
function keyOf(alg: 'ES256' | 'EdDSA') {
  const { publicJwk, kid, privatePem } = generateKey(alg)
  return { alg, kid, privatePem, publicJwk: { ...publicJwk, kid } }
}
const KEY_1 = keyOf('ES256')
const KEY_2 = keyOf('EdDSA')

/** A provider, and an application that publishes its keys. */
async function publishing(t: TestContext, options: Options = {}) {
  const published = {
    answer: async (): Promise<unknown> => ({ keys: [KEY_1.publicJwk] }),
    fetched: [] as string[],
  }
  const app = provider(t, {
    oauth: {
      scopes: { 'posts:read': 'Read your posts' },
      fetchClientKeys: (address) => {
        published.fetched.push(address)
        return published.answer()
      },
    },
    ...options,
  })
  const { id } = await app.client({ jwksUri: ADDRESS, scopes: ['posts:read'] })
  let n = 0
  const assertionOf = (key: typeof KEY_1, by = id): string =>
    sign(
      {
        iss: by,
        sub: by,
        aud: URL_OF_APP,
        jti: `jti-${++n}`,
        iat: app.clock.now(),
        exp: app.clock.now() + 60,
      },
      importSigningKey(key.alg, key.privatePem, { kid: key.kid }),
    )
  const ask = async (key: typeof KEY_1, by = id) => {
    const { status, body, headers } = await app.form('/oauth/token', {
      grant_type: 'client_credentials',
      client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
      client_assertion: assertionOf(key, by),
    })
    return { status, error: body.error, headers }
  }
  return { ...app, id, published, ask }
}

test('an application that publishes its keys at an address signs with them', async (t) => {
  const { ask, auth, id, published } = await publishing(t)
  const client = await auth.clients.find(id)
  assert.deepEqual(
    [client?.proof, client?.jwksUri, client?.keys],
    ['private_key_jwt', ADDRESS, []],
  )
  assert.equal((await ask(KEY_1)).status, 200)
  assert.equal((await ask(KEY_1)).status, 200)
  assert.deepEqual(published.fetched, [ADDRESS])
  assert.equal((await ask(KEY_2)).error, 'invalid_client')
})

test('a new key is found at its first use, and one that was withdrawn is refused within five minutes', async (t) => {
  const { ask, clock, published } = await publishing(t)
  assert.equal((await ask(KEY_1)).status, 200)
  published.answer = async () => ({ keys: [KEY_1.publicJwk, KEY_2.publicJwk] })
  clock.advance('11s')
  assert.equal((await ask(KEY_2)).status, 200)
  assert.equal(published.fetched.length, 2)

  published.answer = async () => ({ keys: [KEY_2.publicJwk] })
  clock.advance('301s')
  assert.deepEqual(
    [(await ask(KEY_1)).error, (await ask(KEY_2)).status],
    ['invalid_client', 200],
  )
})

test('however many assertions name unknown keys, the server is asked once in ten seconds', async (t) => {
  const { ask, clock, published } = await publishing(t)
  assert.equal((await ask(KEY_1)).status, 200)
  for (let i = 0; i < 20; i++) assert.equal((await ask(KEY_2)).status, 401)
  assert.equal(published.fetched.length, 1)
  clock.advance('11s')
  const answers = await Promise.all(Array.from({ length: 20 }, () => ask(KEY_2)))
  assert.ok(answers.every(({ status }) => status === 401))
  assert.equal(published.fetched.length, 2)
})

test('a server that does not answer is a 503, and known keys stay good for an hour', async (t) => {
  const { ask, clock, published } = await publishing(t)
  published.answer = () => new Promise(() => {})
  const hung = await ask(KEY_1)
  assert.deepEqual([hung.status, hung.error], [503, 'temporarily_unavailable'])
  assert.equal(hung.headers.get('retry-after'), '1')

  published.answer = async () => ({ keys: [KEY_1.publicJwk] })
  clock.advance('2s')
  assert.equal((await ask(KEY_1)).status, 200)
  published.answer = async () => {
    throw new Error('it is down')
  }
  clock.advance('30m')
  assert.equal((await ask(KEY_1)).status, 200)
  assert.equal((await ask(KEY_2)).status, 503, 'it may be a new key')
  clock.advance('31m')
  assert.equal((await ask(KEY_1)).status, 503)
})

test('what is no key set, a secret and a private key verify nothing', async (t) => {
  const { ask, clock, published } = await publishing(t)
  const k = createHash('sha256').update('a secret').digest('base64url')
  const secret = { kty: 'oct', alg: 'HS256', k, kid: KEY_1.kid }
  for (const [document, status] of [
    [{ keys: 'x' }, 503],
    ['x', 503],
    [null, 503],
    [{ keys: [secret, null, 7, { kty: 'EC' }] }, 401],
  ] as const) {
    published.answer = async () => document
    clock.advance('2h')
    assert.equal((await ask(KEY_1)).status, status, JSON.stringify(document))
  }
  published.answer = async () => ({ keys: [secret, KEY_1.publicJwk, { kty: 'EC' }] })
  clock.advance('2h')
  assert.equal((await ask(KEY_1)).status, 200, 'others are ignored')
})

test('no connection is made to a private address', async (t) => {
  let connections = 0
  const server = createServer((socket) => {
    connections++
    socket.destroy()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  cleanUp(t, () => new Promise((resolve) => server.close(resolve)))
  const { port } = server.address() as { port: number }
  const { ask, client } = await publishing(t, {
    oauth: { scopes: { 'posts:read': 'Read your posts' } },
  })
  for (const host of ['127.0.0.1', 'localhost', '[::ffff:127.0.0.1]']) {
    const { id } = await client({ jwksUri: `https://${host}:${port}/keys` })
    assert.equal((await ask(KEY_1, id)).status, 503, host)
  }
  assert.equal(connections, 0)
})

test('the address replaces the keys, and the keys the address', async (t) => {
  const { ask, auth, id, published } = await publishing(t)
  const before = (await auth.clients.update(id, { keys: [KEY_2.publicJwk] }))?.client
  assert.deepEqual([before?.jwksUri, before?.keys.length], [undefined, 1])
  assert.deepEqual([(await ask(KEY_1)).status, (await ask(KEY_2)).status], [401, 200])
  const after = (await auth.clients.update(id, { jwksUri: ADDRESS }))?.client
  assert.deepEqual(
    [after?.jwksUri, after?.keys, after?.proof],
    [ADDRESS, [], 'private_key_jwt'],
  )
  assert.equal((await ask(KEY_1)).status, 200)
  assert.equal(published.fetched.length, 1)
  const closed = (await auth.clients.update(id, { proof: 'secret' }))?.client
  assert.deepEqual([closed?.jwksUri, closed?.keys], [undefined, []])
})

test('an application that moves its keys loses the tokens that it has for itself', async (t) => {
  const { auth, form, guarded, published, id, clock } = await publishing(t)
  assert.ok(published.fetched.length === 0)
  const key = importSigningKey(KEY_1.alg, KEY_1.privatePem, { kid: KEY_1.kid })
  const now = clock.now()
  const claims = { iss: id, sub: id, aud: URL_OF_APP, jti: 'j', iat: now, exp: now + 60 }
  const { body } = await form('/oauth/token', {
    grant_type: 'client_credentials',
    client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
    client_assertion: sign(claims, key),
  })
  const requirement = { scope: 'posts:read', clients: true }
  const token = body.access_token ?? ''
  assert.equal((await guarded(token, requirement)).status, 200)
  await auth.clients.update(id, { jwksUri: 'https://other.example.com/keys' })
  assert.equal((await guarded(token, requirement)).status, 401)
})

test('an address that is wrong is refused', async (t) => {
  const { auth } = await publishing(t)
  for (const [field, input] of [
    ['jwksUri', { jwksUri: 'http://a.example/keys' }],
    ['jwksUri', { jwksUri: 'https://u:p@a.example/keys' }],
    ['jwksUri', { jwksUri: 'https://a.example/keys#1' }],
    ['jwksUri', { jwksUri: 'file:///etc/passwd' }],
    ['jwksUri', { jwksUri: 7 as never }],
    ['keys', { jwksUri: ADDRESS, keys: [KEY_1.publicJwk] }],
    ['proof', { jwksUri: ADDRESS, proof: 'secret' }],
  ] as const)
    await assert.rejects(auth.clients.create({ name: 'Wrong', ...input }), (error) => {
      assert.deepEqual(Object.keys((error as { body: object }).body), [field])
      return true
    })
})

test('an application that registers itself names the address of its keys', async (t) => {
  const { ask, auth, send } = await publishing(t, {
    oauth: {
      registration: 'token',
      fetchClientKeys: async () => ({ keys: [KEY_1.publicJwk] }),
    },
  })
  const { token } = await auth.clients.registrationToken()
  const { status, body } = await send('POST', '/oauth/register', {
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify({
      redirect_uris: ['https://agent.example/cb'],
      token_endpoint_auth_method: 'private_key_jwt',
      jwks_uri: ADDRESS,
    }),
  })
  assert.equal(status, 201)
  assert.deepEqual([body.jwks_uri, body.jwks], [ADDRESS, undefined])
  const id = String(body.client_id)
  assert.equal((await ask(KEY_1, id)).error, 'unauthorized_client', 'it is authenticated')
  assert.equal((await ask(KEY_2, id)).error, 'invalid_client')
})
