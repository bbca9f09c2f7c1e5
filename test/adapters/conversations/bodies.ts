import assert from 'node:assert/strict'
import type { Conversation } from '../conversation.ts'
import { PASSWORD } from '../furnish.ts'
import type { Answer, Talk } from '../talk.ts'

const ADA = { username: 'ada', password: PASSWORD }
const JSON_TYPE = { 'content-type': 'application/json' }

/** A body of unknown length: it is sent in chunks. */
function chunked(
  talk: Talk,
  path: string,
  chunks: Iterable<string>,
  headers: Record<string, string>,
): Promise<Answer> {
  const body = ReadableStream.from(Array.from(chunks, (chunk) => Buffer.from(chunk)))
  return talk.send('POST', path, { body, headers, duplex: 'half' } as RequestInit)
}

const obtains = ({ status, body }: Answer): void => {
  assert.equal(status, 200)
  assert.deepEqual(Object.keys(body as object).sort(), ['access', 'refresh'])
}

const form = (fields: object): URLSearchParams =>
  new URLSearchParams(Object.entries(fields))
function multipart(fields: object): FormData {
  const body = new FormData()
  for (const [name, value] of Object.entries(fields)) body.append(name, value)
  return body
}

const TOO_LARGE = { detail: 'The request body is too large.' }

export const BODIES: readonly Conversation[] = [
  {
    says: 'an endpoint reads JSON, forms and multipart',
    async hold(talk) {
      obtains(await talk.send('POST', '/api/token/', { body: form(ADA) }))
      obtains(await talk.send('POST', '/api/token/', { body: multipart(ADA) }))
    },
  },
  {
    says: 'an endpoint reads a body that comes in pieces',
    hold: async (talk) =>
      obtains(await chunked(talk, '/api/token/', JSON.stringify(ADA), JSON_TYPE)),
  },
  {
    says: 'an endpoint takes no body for an empty one',
    async hold(talk) {
      const { status, body } = await talk.send('POST', '/api/token/verify/')

      assert.equal(status, 400)
      assert.deepEqual(body, { token: ['This field is required.'] })
    },
  },
  {
    says: 'other media types are refused in our words',
    async hold(talk) {
      const { status, body } = await talk.post('/api/token/', ADA, {
        'content-type': 'text/plain',
      })

      assert.equal(status, 415)
      assert.deepEqual(body, {
        detail: 'Unsupported media type "text/plain" in request.',
      })
    },
  },
  {
    says: 'what is no JSON is refused in our words',
    async hold(talk) {
      const { status, body } = await talk.send('POST', '/api/token/', {
        body: '{"a"',
        headers: JSON_TYPE,
      })

      assert.equal(status, 400)
      assert.match((body as { detail: string }).detail, /^JSON parse error - /)
    },
  },
  {
    says: 'a body beyond the limit is refused, its length declared or not',
    async hold(talk) {
      const large = await talk.post('/api/token/', { ...ADA, more: 'x'.repeat(100_000) })
      assert.equal(large.status, 413)
      assert.deepEqual(large.body, TOO_LARGE)

      const pieces = await chunked(
        talk,
        '/api/token/',
        Array(20).fill('x'.repeat(10_000)),
        JSON_TYPE,
      )
      assert.equal(pieces.status, 413)
      assert.deepEqual(pieces.body, TOO_LARGE)
      assert.equal((await talk.get('/bare/')).status, 200)
    },
  },
  {
    says: 'behind a guard the body is there for the handler',
    async hold(talk) {
      const headers = { ...JSON_TYPE, authorization: `Bearer ${talk.ada}` }
      assert.deepEqual((await talk.post('/echo/', { a: [1] }, headers)).body, {
        sent: { a: [1] },
      })
      assert.deepEqual((await chunked(talk, '/echo/', '{"a":[1]}', headers)).body, {
        sent: { a: [1] },
      })
    },
  },
  {
    says: 'who sends it comes before what was sent',
    needs: ['lazyBodies'],
    async hold(talk) {
      const { status } = await talk.send('POST', '/echo/', {
        body: '{"a"',
        headers: JSON_TYPE,
      })

      assert.equal(status, 401)
    },
  },
  {
    says: 'after a refusal the connection goes on, although nobody has read the body',
    async hold(talk) {
      const refused =
        'POST {base}/echo/ HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}'
      const text = await talk.raw(
        `${refused}GET {base}/bare/ HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`,
      )

      assert.deepEqual(text.match(/HTTP\/1\.1 \d+/g), ['HTTP/1.1 401', 'HTTP/1.1 200'])
    },
  },
  {
    says: 'an endpoint reads what a parser in front has left',
    at: 'parsed',
    async hold(talk) {
      obtains(await talk.post('/api/token/', ADA))
      obtains(await talk.send('POST', '/api/token/', { body: form(ADA) }))
      obtains(await chunked(talk, '/api/token/', JSON.stringify(ADA), JSON_TYPE))
      obtains(await talk.send('POST', '/api/token/', { body: multipart(ADA) }))
      const twice = new URLSearchParams([['username', 'bob'], ...form(ADA)])
      obtains(await talk.send('POST', '/api/token/', { body: twice }))
    },
  },
  {
    says: 'behind a parser too, faults are told in our words',
    at: 'parsed',
    async hold(talk) {
      assert.deepEqual((await talk.post('/api/token/', {})).body, {
        username: ['This field is required.'],
        password: ['This field is required.'],
      })
      assert.deepEqual((await talk.send('POST', '/api/token/verify/')).body, {
        token: ['This field is required.'],
      })
      assert.deepEqual((await talk.post('/api/token/', [1])).body, {
        non_field_errors: ['Invalid data. Expected a dictionary, but got list.'],
      })
      const large = await talk.post('/api/token/', { ...ADA, more: 'x'.repeat(70_000) })
      assert.equal(large.status, 413)
      assert.deepEqual(large.body, TOO_LARGE)
      assert.equal(
        (await talk.post('/api/token/', ADA, { 'content-type': 'text/plain' })).status,
        415,
      )
    },
  },
  {
    says: 'behind a parser too, the body is there for the handler',
    at: 'parsed',
    async hold(talk) {
      const sent = await talk.post(
        '/echo/',
        { a: [1] },
        { authorization: `Bearer ${talk.ada}` },
      )

      assert.deepEqual(sent.body, { sent: { a: [1] } })
    },
  },
]
