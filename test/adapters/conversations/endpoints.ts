import assert from 'node:assert/strict'
import type { Conversation } from '../conversation.ts'
import { PASSWORD } from '../furnish.ts'
import type { Talk } from '../talk.ts'

const ADA = { username: 'ada', password: PASSWORD }
const INVALID = { detail: 'Token is invalid', code: 'token_not_valid' }

/** Signing in, going on, and out again. */
export async function live(talk: Talk): Promise<void> {
  const first = await talk.signIn()
  const second = await talk.post('/api/token/refresh/', { refresh: first.refresh })
  assert.equal(second.status, 200)
  const { access, refresh } = second.body as { access: string; refresh: string }
  assert.notEqual(refresh, first.refresh)
  assert.deepEqual((await talk.get('/hello/', `Bearer ${access}`)).body, {
    user: 'ada',
    scheme: 'bearer',
  })
  assert.deepEqual((await talk.post('/api/token/verify/', { token: access })).body, {})
  assert.equal((await talk.post('/api/token/blacklist/', { refresh })).status, 200)
  assert.deepEqual((await talk.post('/api/token/refresh/', { refresh })).body, {
    detail: 'Token is blacklisted',
    code: 'token_not_valid',
  })
  assert.equal((await talk.get('/hello/', `Bearer ${access}`)).status, 401)
}

export const ENDPOINTS: readonly Conversation[] = [
  { says: 'a sign-in lives from obtain to blacklist', hold: live },
  {
    says: 'an answer with a token is JSON, and nobody stores it',
    async hold(talk) {
      const { status, headers } = await talk.post('/api/token/', ADA)

      assert.equal(status, 200)
      assert.equal(headers.get('content-type'), 'application/json')
      assert.equal(headers.get('cache-control'), 'no-store')
      assert.equal(headers.get('allow'), 'POST, OPTIONS')
    },
  },
  {
    says: 'an answer says its length, to HEAD the one that it would have',
    needs: ['length'],
    async hold(talk) {
      const { headers, text } = await talk.post('/api/token/', ADA)
      assert.equal(headers.get('content-length'), String(Buffer.byteLength(text)))

      const head = await talk.send('HEAD', '/api/token/')
      assert.equal(
        head.headers.get('content-length'),
        String('{"detail":"Method \\"HEAD\\" not allowed."}'.length),
      )
    },
  },
  {
    says: 'a wrong password is a 401 with a challenge',
    async hold(talk) {
      const { status, headers, body } = await talk.post('/api/token/', {
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
    says: 'what a body lacks is named',
    async hold(talk) {
      const { status, body } = await talk.post('/api/token/', { username: 'ada' })

      assert.equal(status, 400)
      assert.deepEqual(body, { password: ['This field is required.'] })
    },
  },
  {
    says: 'what is no token is not verified',
    async hold(talk) {
      const { status, body } = await talk.post('/api/token/verify/', { token: 'x' })

      assert.equal(status, 401)
      assert.deepEqual(body, INVALID)
    },
  },
  {
    says: 'sliding tokens are obtained, used and refreshed',
    async hold(talk) {
      const { token } = (await talk.post('/api/token/sliding/', ADA)).body as {
        token: string
      }
      assert.deepEqual((await talk.get('/hello/', `Bearer ${token}`)).body, {
        user: 'ada',
        scheme: 'bearer',
      })

      const { status, body } = await talk.post('/api/token/sliding/refresh/', { token })

      assert.equal(status, 200)
      assert.deepEqual(Object.keys(body as object), ['token'])
    },
  },
  {
    says: 'an API token is obtained and used',
    async hold(talk) {
      const { token } = (await talk.post('/api-token-auth/', ADA)).body as {
        token: string
      }

      assert.deepEqual((await talk.get('/hello/', `Token ${token}`)).body, {
        user: 'ada',
        scheme: 'apiToken',
      })
    },
  },
  {
    says: 'the keys are published',
    async hold(talk) {
      const { status, body } = await talk.get('/.well-known/jwks.json')

      assert.equal(status, 200)
      assert.equal((body as { keys: { kty: string }[] }).keys[0]?.kty, 'EC')
    },
  },
  {
    says: 'the last slash of an endpoint may be there or not',
    async hold(talk) {
      for (const path of [
        '/api/token/verify',
        '/api/token/verify/',
        '/api/token/verify/?x=1',
      ]) {
        assert.deepEqual((await talk.post(path, { token: 'x' })).body, INVALID, path)
      }
      assert.equal((await talk.get('/.well-known/jwks.json/')).status, 200)
    },
  },
  {
    says: 'an endpoint has one spelling',
    async hold(talk) {
      for (const path of ['/api/%74oken/verify/', '/API/token/verify/']) {
        const { status, body } = await talk.post(path, { token: 'x' })
        assert.equal(status, 404, path)
        assert.notDeepEqual(body, INVALID)
      }
    },
  },
  {
    says: 'endpoints take POST, describe themselves to OPTIONS, and answer HEAD without a body',
    async hold(talk) {
      const got = await talk.get('/api/token/')
      assert.equal(got.status, 405)
      assert.deepEqual(got.body, { detail: 'Method "GET" not allowed.' })
      assert.equal(got.headers.get('allow'), 'POST, OPTIONS')
      assert.equal((await talk.send('DELETE', '/api/token/')).status, 405)

      const described = await talk.send('OPTIONS', '/api/token/')
      assert.equal(described.status, 200)
      assert.deepEqual((described.body as { renders: string[] }).renders, [
        'application/json',
      ])

      const head = await talk.send('HEAD', '/api/token/')
      assert.equal(head.status, 405)
      assert.equal(head.text, '')
    },
  },
]
