import assert from 'node:assert/strict'
import { ORIGIN } from '../adapter.ts'
import type { Conversation } from '../conversation.ts'
import type { Answer, Talk } from '../talk.ts'
import { live } from './endpoints.ts'

const allowed = ({ headers }: Answer): string | null =>
  headers.get('access-control-allow-origin')

function preflight(talk: Talk, path: string, method: string): Promise<Answer> {
  const headers = {
    origin: ORIGIN,
    'access-control-request-method': method,
    'access-control-request-headers': 'authorization,content-type',
  }
  return talk.send('OPTIONS', path, { headers })
}

export const SURROUNDINGS: readonly Conversation[] = [
  {
    says: 'below a prefix a sign-in lives from obtain to blacklist',
    at: 'below',
    hold: live,
  },
  {
    says: 'below a prefix endpoints are there, and nowhere else',
    at: 'below',
    async hold(talk) {
      const root = talk.url.replace(/\/v1$/, '')
      for (const path of [
        '/api/token/',
        '/hello/',
        '/v1/v1/api/token/',
        '/.well-known/jwks.json',
      ]) {
        assert.equal((await fetch(root + path)).status, 404, path)
      }
      assert.equal((await talk.get('/.well-known/jwks.json')).status, 200)
      assert.equal((await talk.post('/api/token/verify?x=/', { token: 'x' })).status, 401)
      assert.equal((await talk.post('/api/%74oken/verify/', { token: 'x' })).status, 404)
    },
  },
  {
    says: 'below a prefix a request is seen as it was sent',
    at: 'below',
    async hold(talk) {
      const { body } = await talk.get('/mirror/?q=1', `Bearer ${talk.ada}`)

      assert.equal(JSON.parse((body as { detail: string }).detail).url, '/v1/mirror/?q=1')
    },
  },
  {
    says: 'below a prefix path parameters are told, and who may not is refused',
    at: 'below',
    async hold(talk) {
      assert.deepEqual((await talk.get('/posts/7/', `Bearer ${talk.ada}`)).body, {
        id: '7',
      })
      assert.equal((await talk.get('/posts/7/', `Bearer ${talk.bob}`)).status, 403)
      assert.equal((await talk.get('/hello/')).status, 401)
    },
  },
  {
    says: 'behind CORS preflights are answered, and answers may be read',
    at: 'behindCors',
    async hold(talk) {
      for (const [path, method] of [
        ['/api/token/', 'POST'],
        ['/hello/', 'GET'],
      ] as const) {
        const asked = await preflight(talk, path, method)
        assert.equal(asked.status, 204, path)
        assert.equal(allowed(asked), ORIGIN, path)
      }
      const origin = { origin: ORIGIN }
      const verified = await talk.post('/api/token/verify/', { token: talk.ada }, origin)
      assert.equal(verified.status, 200)
      assert.equal(allowed(verified), ORIGIN)
      const refused = await talk.send('GET', '/hello/', { headers: origin })
      assert.equal(refused.status, 401)
      assert.equal(allowed(refused), ORIGIN)
      assert.equal(refused.headers.get('vary'), 'Origin')
      const known = await talk.send('GET', '/hello/', {
        headers: { ...origin, authorization: `Bearer ${talk.ada}` },
      })
      assert.deepEqual(known.body, { user: 'ada', scheme: 'bearer' })
    },
  },
  {
    says: 'in front of CORS preflights of endpoints are left to it, and guards stand where they stood',
    at: 'beforeCors',
    async hold(talk) {
      const asked = await preflight(talk, '/api/token/', 'POST')
      assert.equal(asked.status, 204)
      assert.equal(allowed(asked), ORIGIN)

      const refused = await talk.send('GET', '/hello/', { headers: { origin: ORIGIN } })
      assert.equal(refused.status, 401)
      assert.equal(allowed(refused), ORIGIN)
      assert.equal(
        (await talk.post('/api/token/verify/', { token: talk.ada })).status,
        200,
      )
    },
  },
  {
    says: 'a preflight is no way around a guard',
    async hold(talk) {
      assert.equal((await preflight(talk, '/all/', 'GET')).status, 401)
    },
  },
]
