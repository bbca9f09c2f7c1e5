import assert from 'node:assert/strict'
import { ORIGIN } from '../adapter.ts'
import type { Answer, Client } from '../client.ts'
import type { Scenario } from '../scenario.ts'
import { signInRefreshAndRevoke } from './endpoints.ts'

const allowed = ({ headers }: Answer): string | null =>
  headers.get('access-control-allow-origin')

function preflight(client: Client, path: string, method: string): Promise<Answer> {
  const headers = {
    origin: ORIGIN,
    'access-control-request-method': method,
    'access-control-request-headers': 'authorization,content-type',
  }
  return client.send('OPTIONS', path, { headers })
}

export const MOUNTING: readonly Scenario[] = [
  {
    name: 'with a prefix a user signs in, refreshes, is authenticated, and signs out',
    setup: 'below',
    run: signInRefreshAndRevoke,
  },
  {
    name: 'with a prefix the endpoints are below it only',
    setup: 'below',
    async run(client) {
      const root = client.url.replace(/\/v1$/, '')
      for (const path of [
        '/api/token/',
        '/hello/',
        '/v1/v1/api/token/',
        '/.well-known/jwks.json',
      ]) {
        assert.equal((await fetch(root + path)).status, 404, path)
      }
      assert.equal((await client.get('/.well-known/jwks.json')).status, 200)
      assert.equal(
        (await client.post('/api/token/verify?x=/', { token: 'x' })).status,
        401,
      )
      assert.equal(
        (await client.post('/api/%74oken/verify/', { token: 'x' })).status,
        404,
      )
    },
  },
  {
    name: 'with a prefix a permission gets the whole URL',
    setup: 'below',
    async run(client) {
      const { body } = await client.get('/mirror/?q=1', `Bearer ${client.ada}`)

      assert.equal(JSON.parse((body as { detail: string }).detail).url, '/v1/mirror/?q=1')
    },
  },
  {
    name: 'with a prefix handlers get path parameters, and guards deny',
    setup: 'below',
    async run(client) {
      assert.deepEqual((await client.get('/posts/7/', `Bearer ${client.ada}`)).body, {
        id: '7',
      })
      assert.equal((await client.get('/posts/7/', `Bearer ${client.bob}`)).status, 403)
      assert.equal((await client.get('/hello/')).status, 401)
    },
  },
  {
    name: 'after CORS middleware, preflights are answered, and every response allows the origin',
    setup: 'behindCors',
    async run(client) {
      for (const [path, method] of [
        ['/api/token/', 'POST'],
        ['/hello/', 'GET'],
      ] as const) {
        const asked = await preflight(client, path, method)
        assert.equal(asked.status, 204, path)
        assert.equal(allowed(asked), ORIGIN, path)
      }
      const origin = { origin: ORIGIN }
      const verified = await client.post(
        '/api/token/verify/',
        { token: client.ada },
        origin,
      )
      assert.equal(verified.status, 200)
      assert.equal(allowed(verified), ORIGIN)
      const refused = await client.send('GET', '/hello/', { headers: origin })
      assert.equal(refused.status, 401)
      assert.equal(allowed(refused), ORIGIN)
      assert.equal(refused.headers.get('vary'), 'Origin')
      const known = await client.send('GET', '/hello/', {
        headers: { ...origin, authorization: `Bearer ${client.ada}` },
      })
      assert.deepEqual(known.body, { user: 'ada', scheme: 'bearer' })
    },
  },
  {
    name: 'before CORS middleware, preflights of endpoints are left to it, and guards still work',
    setup: 'beforeCors',
    async run(client) {
      const asked = await preflight(client, '/api/token/', 'POST')
      assert.equal(asked.status, 204)
      assert.equal(allowed(asked), ORIGIN)

      const refused = await client.send('GET', '/hello/', { headers: { origin: ORIGIN } })
      assert.equal(refused.status, 401)
      assert.equal(allowed(refused), ORIGIN)
      assert.equal(
        (await client.post('/api/token/verify/', { token: client.ada })).status,
        200,
      )
    },
  },
  {
    name: 'a preflight does not bypass a guard',
    async run(client) {
      assert.equal((await preflight(client, '/all/', 'GET')).status, 401)
    },
  },
]
