import assert from 'node:assert/strict'
import type { Answer, Client } from '../client.ts'
import type { Scenario } from '../scenario.ts'
import { PASSWORD } from '../seed.ts'

const ADA = { username: 'ada', password: PASSWORD }
const JSON_TYPE = { 'content-type': 'application/json' }

/** A body of unknown length: it is sent in chunks. */
function chunked(
  client: Client,
  path: string,
  chunks: Iterable<string>,
  headers: Record<string, string>,
): Promise<Answer> {
  const body = ReadableStream.from(Array.from(chunks, (chunk) => Buffer.from(chunk)))
  return client.send('POST', path, { body, headers, duplex: 'half' } as RequestInit)
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

export const BODIES: readonly Scenario[] = [
  {
    name: 'an endpoint accepts JSON, forms and multipart',
    async run(client) {
      obtains(await client.send('POST', '/api/token/', { body: form(ADA) }))
      obtains(await client.send('POST', '/api/token/', { body: multipart(ADA) }))
    },
  },
  {
    name: 'an endpoint accepts a chunked body',
    run: async (client) =>
      obtains(await chunked(client, '/api/token/', JSON.stringify(ADA), JSON_TYPE)),
  },
  {
    name: 'a missing body is an empty one',
    async run(client) {
      const { status, body } = await client.send('POST', '/api/token/verify/')

      assert.equal(status, 400)
      assert.deepEqual(body, { token: ['This field is required.'] })
    },
  },
  {
    name: 'another media type gets 415 with the documented body',
    async run(client) {
      const { status, body } = await client.post('/api/token/', ADA, {
        'content-type': 'text/plain',
      })

      assert.equal(status, 415)
      assert.deepEqual(body, {
        detail: 'Unsupported media type "text/plain" in request.',
      })
    },
  },
  {
    name: 'invalid JSON gets 400 with the documented body',
    async run(client) {
      const { status, body } = await client.send('POST', '/api/token/', {
        body: '{"a"',
        headers: JSON_TYPE,
      })

      assert.equal(status, 400)
      assert.match((body as { detail: string }).detail, /^JSON parse error - /)
    },
  },
  {
    name: 'a body over the limit gets 413, with and without a Content-Length',
    async run(client) {
      const large = await client.post('/api/token/', {
        ...ADA,
        more: 'x'.repeat(100_000),
      })
      assert.equal(large.status, 413)
      assert.deepEqual(large.body, TOO_LARGE)

      const pieces = await chunked(
        client,
        '/api/token/',
        Array(20).fill('x'.repeat(10_000)),
        JSON_TYPE,
      )
      assert.equal(pieces.status, 413)
      assert.deepEqual(pieces.body, TOO_LARGE)
      assert.equal((await client.get('/bare/')).status, 200)
    },
  },
  {
    name: 'a guarded handler can read the body',
    async run(client) {
      const headers = { ...JSON_TYPE, authorization: `Bearer ${client.ada}` }
      assert.deepEqual((await client.post('/echo/', { a: [1] }, headers)).body, {
        sent: { a: [1] },
      })
      assert.deepEqual((await chunked(client, '/echo/', '{"a":[1]}', headers)).body, {
        sent: { a: [1] },
      })
    },
  },
  {
    name: 'schemes that read the body leave it to the handler',
    async run(client) {
      for (const a of ['sesame', `sesame${'.'.repeat(60_000)}`]) {
        const sent = { sent: { a } }
        assert.deepEqual((await client.post('/hooks/', { a })).body, sent)
        const body = new URLSearchParams({ a })
        assert.deepEqual((await client.send('POST', '/hooks/', { body })).body, sent)
        const chunks = JSON.stringify({ a }).match(/.{1,9000}/g) ?? []
        const pieces = await chunked(client, '/hooks/', chunks, JSON_TYPE)
        assert.deepEqual(pieces.body, sent)
      }
      // A scheme without a challenge: 403.
      assert.equal((await client.post('/hooks/', { a: 'x' })).status, 403)
    },
  },
  {
    name: 'a scheme that reads too large a body is answered with 413',
    needs: ['lazyBodies'],
    async run(client) {
      const a = 'sesame'.repeat(20_000)
      assert.equal((await client.post('/hooks/', { a })).status, 413)
      const chunks = JSON.stringify({ a }).match(/.{1,9000}/g) ?? []
      const pieces = await chunked(client, '/hooks/', chunks, JSON_TYPE)
      assert.equal(pieces.status, 413)
      assert.equal((await client.get('/bare/')).status, 200)
    },
  },
  {
    name: 'a scheme reads a body that a parser has read',
    setup: 'parsed',
    async run(client) {
      const a = 'sesame'
      assert.deepEqual((await client.post('/hooks/', { a })).body, { sent: { a } })
    },
  },
  {
    name: 'an anonymous request with an invalid body gets 401',
    needs: ['lazyBodies'],
    async run(client) {
      const { status } = await client.send('POST', '/echo/', {
        body: '{"a"',
        headers: JSON_TYPE,
      })

      assert.equal(status, 401)
    },
  },
  {
    name: 'after an error with an unread body the connection can be reused',
    async run(client) {
      const refused =
        'POST {base}/echo/ HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}'
      const text = await client.raw(
        `${refused}GET {base}/bare/ HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`,
      )

      assert.deepEqual(text.match(/HTTP\/1\.1 \d+/g), ['HTTP/1.1 401', 'HTTP/1.1 200'])
    },
  },
  {
    name: 'an endpoint accepts a body that a parser has read',
    setup: 'parsed',
    async run(client) {
      obtains(await client.post('/api/token/', ADA))
      obtains(await client.send('POST', '/api/token/', { body: form(ADA) }))
      obtains(await chunked(client, '/api/token/', JSON.stringify(ADA), JSON_TYPE))
      obtains(await client.send('POST', '/api/token/', { body: multipart(ADA) }))
      const twice = new URLSearchParams([['username', 'bob'], ...form(ADA)])
      obtains(await client.send('POST', '/api/token/', { body: twice }))
    },
  },
  {
    name: 'after a parser, errors have the same bodies',
    setup: 'parsed',
    async run(client) {
      assert.deepEqual((await client.post('/api/token/', {})).body, {
        username: ['This field is required.'],
        password: ['This field is required.'],
      })
      assert.deepEqual((await client.send('POST', '/api/token/verify/')).body, {
        token: ['This field is required.'],
      })
      assert.deepEqual((await client.post('/api/token/', [1])).body, {
        non_field_errors: ['Invalid data. Expected a dictionary, but got list.'],
      })
      const large = await client.post('/api/token/', { ...ADA, more: 'x'.repeat(70_000) })
      assert.equal(large.status, 413)
      assert.deepEqual(large.body, TOO_LARGE)
      assert.equal(
        (await client.post('/api/token/', ADA, { 'content-type': 'text/plain' })).status,
        415,
      )
    },
  },
  {
    name: 'after a parser, a guarded handler can read the body',
    setup: 'parsed',
    async run(client) {
      const sent = await client.post(
        '/echo/',
        { a: [1] },
        { authorization: `Bearer ${client.ada}` },
      )

      assert.deepEqual(sent.body, { sent: { a: [1] } })
    },
  },
]
