import assert from 'node:assert/strict'
import type { Client } from '../client.ts'
import type { Scenario } from '../scenario.ts'
import { PASSWORD } from '../seed.ts'

const ADA = { username: 'ada', password: PASSWORD }
const INVALID = { detail: 'Token is invalid', code: 'token_not_valid' }

/** Signs in, refreshes and revokes. */
export async function signInRefreshAndRevoke(client: Client): Promise<void> {
  const first = await client.signIn()
  const second = await client.post('/api/token/refresh/', { refresh: first.refresh })
  assert.equal(second.status, 200)
  const { access, refresh } = second.body as { access: string; refresh: string }
  assert.notEqual(refresh, first.refresh)
  assert.deepEqual((await client.get('/hello/', `Bearer ${access}`)).body, {
    user: 'ada',
    scheme: 'bearer',
  })
  assert.deepEqual((await client.post('/api/token/verify/', { token: access })).body, {})
  assert.equal((await client.post('/api/token/blacklist/', { refresh })).status, 200)
  assert.deepEqual((await client.post('/api/token/refresh/', { refresh })).body, {
    detail: 'Token is blacklisted',
    code: 'token_not_valid',
  })
  assert.equal((await client.get('/hello/', `Bearer ${access}`)).status, 401)
}

export const ENDPOINTS: readonly Scenario[] = [
  {
    name: 'a user signs in, refreshes, is authenticated, and signs out',
    run: signInRefreshAndRevoke,
  },
  {
    name: 'a response with a token is JSON and must not be cached',
    async run(client) {
      const { status, headers } = await client.post('/api/token/', ADA)

      assert.equal(status, 200)
      assert.equal(headers.get('content-type'), 'application/json')
      assert.equal(headers.get('cache-control'), 'no-store')
      assert.equal(headers.get('allow'), 'POST, OPTIONS')
    },
  },
  {
    name: 'a response has a Content-Length, also to HEAD',
    needs: ['length'],
    async run(client) {
      const { headers, text } = await client.post('/api/token/', ADA)
      assert.equal(headers.get('content-length'), String(Buffer.byteLength(text)))

      const head = await client.send('HEAD', '/api/token/')
      assert.equal(
        head.headers.get('content-length'),
        String('{"detail":"Method \\"HEAD\\" not allowed."}'.length),
      )
    },
  },
  {
    name: 'a wrong password gets 401 with a challenge',
    async run(client) {
      const { status, headers, body } = await client.post('/api/token/', {
        ...ADA,
        password: 'wrong',
      })

      assert.equal(status, 401)
      assert.equal(headers.get('www-authenticate'), 'Bearer realm="api"')
      assert.deepEqual(body, {
        detail: 'No active account found with the given credentials',
      })
    },
  },
  {
    name: 'a missing field gets 400 with its name',
    async run(client) {
      const { status, body } = await client.post('/api/token/', { username: 'ada' })

      assert.equal(status, 400)
      assert.deepEqual(body, { password: ['This field is required.'] })
    },
  },
  {
    name: 'an invalid token gets 401 at the verify endpoint',
    async run(client) {
      const { status, body } = await client.post('/api/token/verify/', { token: 'x' })

      assert.equal(status, 401)
      assert.deepEqual(body, INVALID)
    },
  },
  {
    name: 'sliding tokens are obtained, used and refreshed',
    async run(client) {
      const { token } = (await client.post('/api/token/sliding/', ADA)).body as {
        token: string
      }
      assert.deepEqual((await client.get('/hello/', `Bearer ${token}`)).body, {
        user: 'ada',
        scheme: 'bearer',
      })

      const { status, body } = await client.post('/api/token/sliding/refresh/', { token })

      assert.equal(status, 200)
      assert.deepEqual(Object.keys(body as object), ['token'])
    },
  },
  {
    name: 'an API token is obtained and used',
    async run(client) {
      const { token } = (await client.post('/api-token-auth/', ADA)).body as {
        token: string
      }

      assert.deepEqual((await client.get('/hello/', `Token ${token}`)).body, {
        user: 'ada',
        scheme: 'apiToken',
      })
    },
  },
  {
    name: 'the key set is public',
    async run(client) {
      const { status, body } = await client.get('/.well-known/jwks.json')

      assert.equal(status, 200)
      assert.equal((body as { keys: { kty: string }[] }).keys[0]?.kty, 'EC')
    },
  },
  {
    name: 'the trailing slash of an endpoint is optional',
    async run(client) {
      for (const path of [
        '/api/token/verify',
        '/api/token/verify/',
        '/api/token/verify/?x=1',
      ]) {
        assert.deepEqual((await client.post(path, { token: 'x' })).body, INVALID, path)
      }
      assert.equal((await client.get('/.well-known/jwks.json/')).status, 200)
    },
  },
  {
    name: 'the path of an endpoint is case-sensitive and not decoded',
    async run(client) {
      for (const path of ['/api/%74oken/verify/', '/API/token/verify/']) {
        const { status, body } = await client.post(path, { token: 'x' })
        assert.equal(status, 404, path)
        assert.notDeepEqual(body, INVALID)
      }
    },
  },
  {
    name: 'a path that is an endpoint only once it is normalized is none',
    needs: ['rawPath'],
    async run(client) {
      const tail = ' HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n'
      for (const path of [
        '/shared/%2e%2e/api/token/verify/',
        '/shared/.%2E/api/token/verify',
        '/shared/../api/token/verify/?a=1',
        '/%2e/api/token/verify/',
        '/shared\\../api/token/verify/',
        '//api/token/verify/',
      ]) {
        const text = await client.raw(`OPTIONS {base}${path}${tail}`)
        assert.match(text, /^HTTP\/1\.1 (?:4|3)\d\d /, path)
        assert.doesNotMatch(text, /Token Verify/, path)
      }
      const described = await client.raw(`OPTIONS {base}/api/token/verify/${tail}`)
      assert.match(described, /Token Verify/)
    },
  },
  {
    name: 'an endpoint accepts POST, describes itself to OPTIONS, and answers HEAD without a body',
    async run(client) {
      const got = await client.get('/api/token/')
      assert.equal(got.status, 405)
      assert.deepEqual(got.body, { detail: 'Method "GET" not allowed.' })
      assert.equal(got.headers.get('allow'), 'POST, OPTIONS')
      assert.equal((await client.send('DELETE', '/api/token/')).status, 405)

      const described = await client.send('OPTIONS', '/api/token/')
      assert.equal(described.status, 200)
      assert.deepEqual((described.body as { renders: string[] }).renders, [
        'application/json',
      ])

      const head = await client.send('HEAD', '/api/token/')
      assert.equal(head.status, 405)
      assert.equal(head.text, '')
    },
  },
]
