import assert from 'node:assert/strict'
import type { Conversation } from '../conversation.ts'
import { PASSWORD } from '../furnish.ts'
import type { Talk } from '../talk.ts'

const basic = (login: string, password: string): string =>
  `Basic ${Buffer.from(`${login}:${password}`).toString('base64')}`

/** A browser in which ada has signed in. */
async function browser(
  talk: Talk,
): Promise<{ readonly cookie: string; readonly csrf: string }> {
  const { status, headers, body } = await talk.post('/auth/login/', {
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

export const SCHEMES: readonly Conversation[] = [
  {
    says: 'a name and its password are asked for with every request',
    async hold(talk) {
      assert.deepEqual((await talk.get('/hello/', basic('ada', PASSWORD))).body, {
        user: 'ada',
        scheme: 'basic',
      })

      const wrong = await talk.get('/hello/', basic('ada', 'wrong'))
      assert.equal(wrong.status, 401)
      assert.deepEqual(wrong.body, { detail: 'Invalid username/password.' })
    },
  },
  {
    says: 'a browser is known by its cookie until it signs out',
    async hold(talk) {
      const { cookie, csrf } = await browser(talk)
      const headers = { cookie, 'x-csrftoken': csrf }
      assert.deepEqual((await talk.send('GET', '/hello/', { headers })).body, {
        user: 'ada',
        scheme: 'session',
      })

      assert.equal((await talk.send('POST', '/auth/logout/', { headers })).status, 200)

      assert.equal((await talk.send('GET', '/hello/', { headers })).status, 401)
    },
  },
  {
    says: 'what a browser may have been made to send changes nothing',
    async hold(talk) {
      const { cookie, csrf } = await browser(talk)
      const refused = await talk.post('/echo/', { a: [1] }, { cookie })
      assert.equal(refused.status, 403)
      assert.deepEqual(refused.body, { detail: 'CSRF Failed: CSRF token missing.' })
      assert.equal(
        (
          await talk.post(
            '/echo/',
            {},
            { cookie, 'x-csrftoken': csrf, origin: 'https://x' },
          )
        ).status,
        403,
      )

      const sent = await talk.post('/echo/', { a: [1] }, { cookie, 'x-csrftoken': csrf })
      assert.deepEqual(sent.body, { sent: { a: [1] } })
    },
  },
  {
    says: 'a form brings its token along, and is there for the handler',
    async hold(talk) {
      const { cookie, csrf } = await browser(talk)
      const send = (fields: Record<string, string>) =>
        talk.send('POST', '/echo/', {
          headers: { cookie },
          body: new URLSearchParams(fields),
        })
      assert.equal((await send({ a: '1' })).status, 403)

      const fields = { a: '1', csrfmiddlewaretoken: csrf }
      assert.deepEqual((await send(fields)).body, { sent: fields })
    },
  },
]
