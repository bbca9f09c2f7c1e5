import assert from 'node:assert/strict'
import { BARE, OOPS } from '../adapter.ts'
import type { Conversation } from '../conversation.ts'

const NOBODY = { detail: 'Authentication credentials were not provided.' }
/** The JSON of the answer to a fault. */
const FAULTS = {
  program: OOPS,
  framework: undefined,
  house: { detail: 'A server error occurred.' },
}
const ALL = 'Bearer realm="api", Token, Basic realm="api"'

export const GUARDS: readonly Conversation[] = [
  {
    says: 'whoever bears a token is known behind a guard',
    async hold(talk) {
      assert.deepEqual((await talk.get('/hello/', `Bearer ${talk.ada}`)).body, {
        user: 'ada',
        scheme: 'bearer',
      })
      assert.deepEqual((await talk.get('/hello/', `Token ${talk.adasApiToken}`)).body, {
        user: 'ada',
        scheme: 'apiToken',
      })
    },
  },
  {
    says: 'nobody else is let through, and all challenges are named',
    async hold(talk) {
      const refused = await talk.get('/hello/')
      assert.equal(refused.status, 401)
      assert.deepEqual(refused.body, NOBODY)
      assert.equal(refused.headers.get('content-type'), 'application/json')
      assert.equal(refused.headers.get('cache-control'), 'no-store')
      assert.equal(refused.headers.get('www-authenticate'), ALL)

      const wrong = await talk.get('/hello/', 'Bearer x')
      assert.equal(wrong.status, 401)
      assert.equal((wrong.body as { code: string }).code, 'token_not_valid')
      assert.equal((await talk.get('/hello/', 'Token x')).status, 401)
    },
  },
  {
    says: 'a challenge is a line of its own',
    needs: ['headerLines'],
    async hold(talk) {
      const text = await talk.raw(
        'GET {base}/hello/ HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n',
      )

      assert.deepEqual(
        text
          .split('\r\n')
          .filter((line) => /^www-authenticate:/i.test(line))
          .map((line) => line.replace(/^.*?: /, '')),
        ['Bearer realm="api"', 'Token', 'Basic realm="api"'],
      )
    },
  },
  {
    says: 'HEAD is guarded as GET is',
    async hold(talk) {
      const headers = { authorization: `Bearer ${talk.ada}` }
      assert.equal((await talk.send('HEAD', '/hello/', { headers })).status, 200)

      const refused = await talk.send('HEAD', '/hello/')
      assert.equal(refused.status, 401)
      assert.equal(refused.text, '')
    },
  },
  {
    says: 'a route for everybody knows who signed in, and refuses credentials that are wrong',
    async hold(talk) {
      assert.deepEqual((await talk.get('/open/')).body, {
        user: null,
        scheme: 'anonymous',
      })
      assert.deepEqual((await talk.get('/open/', `Bearer ${talk.bob}`)).body, {
        user: 'bob',
        scheme: 'bearer',
      })
      assert.equal((await talk.get('/open/', 'Bearer x')).status, 401)
    },
  },
  {
    says: 'a route has schemes of its own',
    async hold(talk) {
      assert.equal((await talk.get('/stateless/', `Bearer ${talk.ada}`)).status, 200)
      assert.equal(
        (await talk.get('/stateless/', `Token ${talk.adasApiToken}`)).status,
        401,
      )
      assert.deepEqual((await talk.get('/robots/', 'Robot r2')).body, {
        user: 'r2',
        scheme: 'robot',
      })
      assert.deepEqual((await talk.get('/robots/', `Bearer ${talk.ada}`)).body, {
        user: 'ada',
        scheme: 'bearer',
      })

      const refused = await talk.get('/robots/', 'Robot')
      assert.equal(refused.status, 401)
      assert.equal(
        refused.headers.get('www-authenticate'),
        'Robot realm="api", Bearer realm="api"',
      )
      assert.equal((await talk.get('/hello/', 'Robot r2')).status, 401)
    },
  },
  {
    says: 'a permission string lets through who has it',
    async hold(talk) {
      assert.deepEqual((await talk.get('/posts/a%20b/', `Bearer ${talk.ada}`)).body, {
        id: 'a b',
      })
      const refused = await talk.get('/posts/7/', `Bearer ${talk.bob}`)
      assert.equal(refused.status, 403)
      assert.deepEqual(refused.body, {
        detail: 'You do not have permission to perform this action.',
      })
      assert.equal(refused.headers.get('www-authenticate'), null)
      assert.equal((await talk.get('/posts/7/')).status, 401)
    },
  },
  {
    says: 'a rule about a thing answers for the handler that asks it',
    async hold(talk) {
      assert.deepEqual((await talk.get('/notes/of-ada/', `Bearer ${talk.ada}`)).body, {
        id: 'of-ada',
      })
      const refused = await talk.get('/notes/of-ada/', `Bearer ${talk.bob}`)
      assert.equal(refused.status, 403)
      assert.deepEqual(refused.body, { detail: 'Not your note.' })
      const none = await talk.get('/notes/none/', `Bearer ${talk.ada}`)
      assert.equal(none.status, 404)
      assert.deepEqual(none.body, { detail: 'Not found.' })
    },
  },
  {
    says: 'a refusal that a handler throws is its answer',
    async hold(talk) {
      const { status, headers, body } = await talk.get('/busy/', `Bearer ${talk.ada}`)

      assert.equal(status, 503)
      assert.equal(headers.get('retry-after'), '3')
      assert.deepEqual(body, { detail: 'The server is busy. Try again shortly.' })
    },
  },
  {
    says: 'whatever else a handler throws, now or later, is answered as the framework does',
    async hold(talk) {
      for (const path of ['/boom/now/', '/boom/later/']) {
        const { status, body, text } = await talk.get(path, `Bearer ${talk.ada}`)
        assert.equal(status, 500)
        assert.deepEqual(body, FAULTS[talk.errors])
        assert.doesNotMatch(text, /secret/)
      }
      assert.equal((await talk.get('/boom/now/')).status, 401)
    },
  },
  {
    says: 'a throttled route says how long to wait',
    async hold(talk) {
      const bearer = `Bearer ${talk.ada}`
      for (let i = 0; i < 2; i++)
        assert.equal((await talk.get('/sips/', bearer)).status, 200)

      const { status, headers, body } = await talk.get('/sips/', bearer)

      assert.equal(status, 429)
      const wait = Number(headers.get('retry-after'))
      assert.ok(wait > 0 && wait <= 60, `Retry-After: ${wait}`)
      assert.match((body as { detail: string }).detail, /^Request was throttled\./)
      assert.equal((await talk.get('/sips/', `Bearer ${talk.bob}`)).status, 200)
    },
  },
  {
    says: 'a request is seen as it was sent',
    needs: ['address'],
    async hold(talk) {
      const { body } = await talk.get('/mirror/?q=%20', `Bearer ${talk.ada}`)

      assert.deepEqual(JSON.parse((body as { detail: string }).detail), {
        method: 'GET',
        url: '/mirror/?q=%20',
        address: '127.0.0.1',
        secure: false,
      })
    },
  },
  {
    says: 'two Authorization headers are one too many, in either order',
    needs: ['rawHeaders'],
    async hold(talk) {
      const lines = [`Authorization: Bearer ${talk.ada}`, 'Authorization: Bearer x']
      for (const [first, second] of [
        lines,
        lines.toReversed(),
        [lines[0], lines[0]],
        [lines[0], 'authorization:'],
      ]) {
        const head = [
          'GET {base}/hello/ HTTP/1.1',
          'Host: x',
          'Connection: close',
          first,
          second,
        ]
        const text = await talk.raw(`${head.join('\r\n')}\r\n\r\n`)
        assert.match(text, /^HTTP\/1\.1 401 /)
        assert.match(text, /"code":"bad_authorization_header"/)
      }
    },
  },
  {
    says: 'a route behind no guard is asked of nobody',
    async hold(talk) {
      assert.deepEqual((await talk.get('/bare/', 'Bearer x')).body, BARE)
    },
  },
  {
    says: 'what is not there is not ours to say',
    async hold(talk) {
      for (const path of ['/nothing/', '/api/token/nothing/', '/api/']) {
        const { status, body } = await talk.get(path)
        assert.equal(status, 404)
        assert.notDeepEqual(body, { detail: 'Not found.' })
      }
    },
  },
]
