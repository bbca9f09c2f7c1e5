import assert from 'node:assert/strict'
import { BARE, OOPS } from '../adapter.ts'
import type { Scenario } from '../scenario.ts'

const NO_CREDENTIALS = { detail: 'Authentication credentials were not provided.' }
/** The JSON of the response to an unexpected error. */
const FAULTS = {
  program: OOPS,
  framework: undefined,
  watchword: { detail: 'A server error occurred.' },
}
const ALL = 'Bearer realm="api", Token, Basic realm="api"'

export const GUARDS: readonly Scenario[] = [
  {
    name: 'a guarded handler receives the user of the token',
    async run(client) {
      assert.deepEqual((await client.get('/hello/', `Bearer ${client.ada}`)).body, {
        user: 'ada',
        scheme: 'bearer',
      })
      assert.deepEqual(
        (await client.get('/hello/', `Token ${client.adasApiToken}`)).body,
        {
          user: 'ada',
          scheme: 'apiToken',
        },
      )
    },
  },
  {
    name: 'a request without valid credentials gets 401 with the challenges of all schemes',
    async run(client) {
      const refused = await client.get('/hello/')
      assert.equal(refused.status, 401)
      assert.deepEqual(refused.body, NO_CREDENTIALS)
      assert.equal(refused.headers.get('content-type'), 'application/json')
      assert.equal(refused.headers.get('cache-control'), 'no-store')
      assert.equal(refused.headers.get('www-authenticate'), ALL)

      const wrong = await client.get('/hello/', 'Bearer x')
      assert.equal(wrong.status, 401)
      assert.equal((wrong.body as { code: string }).code, 'token_not_valid')
      assert.equal((await client.get('/hello/', 'Token x')).status, 401)
    },
  },
  {
    name: 'each challenge is a header line',
    needs: ['headerLines'],
    async run(client) {
      const text = await client.raw(
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
    name: 'HEAD is guarded like GET',
    async run(client) {
      const headers = { authorization: `Bearer ${client.ada}` }
      assert.equal((await client.send('HEAD', '/hello/', { headers })).status, 200)

      const refused = await client.send('HEAD', '/hello/')
      assert.equal(refused.status, 401)
      assert.equal(refused.text, '')
    },
  },
  {
    name: 'a public route has the user, if any, and rejects wrong credentials',
    async run(client) {
      assert.deepEqual((await client.get('/open/')).body, {
        user: null,
        scheme: 'anonymous',
      })
      assert.deepEqual((await client.get('/open/', `Bearer ${client.bob}`)).body, {
        user: 'bob',
        scheme: 'bearer',
      })
      assert.equal((await client.get('/open/', 'Bearer x')).status, 401)
    },
  },
  {
    name: 'a route can have its own schemes',
    async run(client) {
      assert.equal((await client.get('/stateless/', `Bearer ${client.ada}`)).status, 200)
      assert.equal(
        (await client.get('/stateless/', `Token ${client.adasApiToken}`)).status,
        401,
      )
      assert.deepEqual((await client.get('/robots/', 'Robot r2')).body, {
        user: 'r2',
        scheme: 'robot',
      })
      assert.deepEqual((await client.get('/robots/', `Bearer ${client.ada}`)).body, {
        user: 'ada',
        scheme: 'bearer',
      })

      const refused = await client.get('/robots/', 'Robot')
      assert.equal(refused.status, 401)
      assert.equal(
        refused.headers.get('www-authenticate'),
        'Robot realm="api", Bearer realm="api"',
      )
      assert.equal((await client.get('/hello/', 'Robot r2')).status, 401)
    },
  },
  {
    name: 'a permission string admits users who have it',
    async run(client) {
      assert.deepEqual((await client.get('/posts/a%20b/', `Bearer ${client.ada}`)).body, {
        id: 'a b',
      })
      const refused = await client.get('/posts/7/', `Bearer ${client.bob}`)
      assert.equal(refused.status, 403)
      assert.deepEqual(refused.body, {
        detail: 'You do not have permission to perform this action.',
      })
      assert.equal(refused.headers.get('www-authenticate'), null)
      assert.equal((await client.get('/posts/7/')).status, 401)
    },
  },
  {
    name: 'authorize() in a handler responds with its denial',
    async run(client) {
      assert.deepEqual(
        (await client.get('/notes/of-ada/', `Bearer ${client.ada}`)).body,
        {
          id: 'of-ada',
        },
      )
      const refused = await client.get('/notes/of-ada/', `Bearer ${client.bob}`)
      assert.equal(refused.status, 403)
      assert.deepEqual(refused.body, { detail: 'Not your note.' })
      const none = await client.get('/notes/none/', `Bearer ${client.ada}`)
      assert.equal(none.status, 404)
      assert.deepEqual(none.body, { detail: 'Not found.' })
    },
  },
  {
    name: 'an AuthError thrown by a handler is the response',
    async run(client) {
      const { status, headers, body } = await client.get('/busy/', `Bearer ${client.ada}`)

      assert.equal(status, 503)
      assert.equal(headers.get('retry-after'), '3')
      assert.deepEqual(body, { detail: 'The server is busy. Try again shortly.' })
    },
  },
  {
    name: 'any other error of a handler, thrown or rejected, gets a 500 without its message',
    async run(client) {
      for (const path of ['/boom/now/', '/boom/later/']) {
        const { status, body, text } = await client.get(path, `Bearer ${client.ada}`)
        assert.equal(status, 500)
        assert.deepEqual(body, FAULTS[client.errors])
        assert.doesNotMatch(text, /secret/)
      }
      assert.equal((await client.get('/boom/now/')).status, 401)
    },
  },
  {
    name: 'a throttled route responds with 429 and Retry-After',
    async run(client) {
      const bearer = `Bearer ${client.ada}`
      for (let i = 0; i < 2; i++)
        assert.equal((await client.get('/sips/', bearer)).status, 200)

      const { status, headers, body } = await client.get('/sips/', bearer)

      assert.equal(status, 429)
      const wait = Number(headers.get('retry-after'))
      assert.ok(wait > 0 && wait <= 60, `Retry-After: ${wait}`)
      assert.match((body as { detail: string }).detail, /^Request was throttled\./)
      assert.equal((await client.get('/sips/', `Bearer ${client.bob}`)).status, 200)
    },
  },
  {
    name: 'a permission gets the method, URL and address of the request',
    needs: ['address'],
    async run(client) {
      const { body } = await client.get('/mirror/?q=%20', `Bearer ${client.ada}`)

      assert.deepEqual(JSON.parse((body as { detail: string }).detail), {
        method: 'GET',
        url: '/mirror/?q=%20',
        address: '127.0.0.1',
        secure: false,
      })
    },
  },
  {
    name: 'two Authorization headers are rejected, in either order',
    needs: ['rawHeaders'],
    async run(client) {
      const lines = [`Authorization: Bearer ${client.ada}`, 'Authorization: Bearer x']
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
        const text = await client.raw(`${head.join('\r\n')}\r\n\r\n`)
        assert.match(text, /^HTTP\/1\.1 401 /)
        assert.match(text, /"code":"bad_authorization_header"/)
      }
    },
  },
  {
    name: 'a route without a guard needs no credentials',
    async run(client) {
      assert.deepEqual((await client.get('/bare/', 'Bearer x')).body, BARE)
    },
  },
  {
    name: 'a 404 of an unknown path is that of the framework',
    async run(client) {
      for (const path of ['/nothing/', '/api/token/nothing/', '/api/']) {
        const { status, body } = await client.get(path)
        assert.equal(status, 404)
        assert.notDeepEqual(body, { detail: 'Not found.' })
      }
    },
  },
]
