import assert from 'node:assert/strict'
import type { Client } from '../client.ts'
import type { Scenario } from '../scenario.ts'
import { PASSWORD } from '../seed.ts'

const basic = (login: string, password: string): string =>
  `Basic ${Buffer.from(`${login}:${password}`).toString('base64')}`

/** A browser in which ada has signed in. */
async function browser(
  client: Client,
): Promise<{ readonly cookie: string; readonly csrf: string }> {
  const { status, headers, body } = await client.post('/auth/login/', {
    username: 'ada',
    password: PASSWORD,
  })
  assert.equal(status, 200)
  const set = headers.getSetCookie()
  assert.deepEqual(set.map((each) => each.replace(/=.*/s, '')).sort(), [
    'csrftoken',
    'sessionid',
  ])
  const cookie = set.map((each) => each.replace(/;.*/s, '')).join('; ')
  return { cookie, csrf: (body as { csrfToken: string }).csrfToken }
}

export const SCHEMES: readonly Scenario[] = [
  {
    name: 'basic(): a username and password authenticate a request',
    async run(client) {
      assert.deepEqual((await client.get('/hello/', basic('ada', PASSWORD))).body, {
        user: 'ada',
        scheme: 'basic',
      })

      const wrong = await client.get('/hello/', basic('ada', 'wrong'))
      assert.equal(wrong.status, 401)
      assert.deepEqual(wrong.body, { detail: 'Invalid username/password.' })
    },
  },
  {
    name: 'session(): a cookie authenticates a browser until it signs out',
    async run(client) {
      const { cookie, csrf } = await browser(client)
      const headers = { cookie, 'x-csrftoken': csrf }
      assert.deepEqual((await client.send('GET', '/hello/', { headers })).body, {
        user: 'ada',
        scheme: 'session',
      })

      assert.equal((await client.send('POST', '/auth/logout/', { headers })).status, 200)

      assert.equal((await client.send('GET', '/hello/', { headers })).status, 401)
    },
  },
  {
    name: 'session(): an unsafe request without a CSRF token, or of another origin, is rejected',
    async run(client) {
      const { cookie, csrf } = await browser(client)
      const refused = await client.post('/echo/', { a: [1] }, { cookie })
      assert.equal(refused.status, 403)
      assert.deepEqual(refused.body, { detail: 'CSRF Failed: CSRF token missing.' })
      assert.equal(
        (
          await client.post(
            '/echo/',
            {},
            { cookie, 'x-csrftoken': csrf, origin: 'https://x' },
          )
        ).status,
        403,
      )

      const sent = await client.post(
        '/echo/',
        { a: [1] },
        { cookie, 'x-csrftoken': csrf },
      )
      assert.deepEqual(sent.body, { sent: { a: [1] } })
    },
  },
  {
    name: 'session(): a form may have the CSRF token as a field, and the handler can read the form',
    async run(client) {
      const { cookie, csrf } = await browser(client)
      const send = (fields: Record<string, string>) =>
        client.send('POST', '/echo/', {
          headers: { cookie },
          body: new URLSearchParams(fields),
        })
      assert.equal((await send({ a: '1' })).status, 403)

      const fields = { a: '1', csrfmiddlewaretoken: csrf }
      assert.deepEqual((await send(fields)).body, { sent: fields })
    },
  },
]
