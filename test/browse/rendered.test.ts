import assert from 'node:assert/strict'
import { once } from 'node:events'
import {
  createServer,
  type IncomingMessage,
  request,
  type ServerResponse,
} from 'node:http'
import type { AddressInfo } from 'node:net'
import { type TestContext, test } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import { gzipSync } from 'node:zlib'
import express from 'express'
import { mount as mountExpress } from '../../src/adapters/express.ts'
import { guardOf } from '../../src/adapters/fetch.ts'
import { mount as mountNode } from '../../src/adapters/node.ts'
import { bearer, session } from '../../src/authentication.ts'
import { CAPTURE_LIMITS } from '../../src/guard/rendering.ts'
import { allowAny } from '../../src/permissions/index.ts'
import { testInstance } from '../../src/testing/index.ts'
import { NAVIGATION, type Received, sent } from '../adapters/browser-request.ts'

const PASSWORD = 'qhr4-7mzt-w2pd-x9kc'
const BROWSER = { ...NAVIGATION, 'accept-language': 'en' }
const large = (length: number): string => JSON.stringify('x'.repeat(length))

type Answer = (response: ServerResponse) => unknown

/** What a handler answers, and whether the page shows it. */
const ANSWERS: readonly (readonly [claim: string, isShown: boolean, answer: Answer])[] = [
  ['JSON', true, (r) => r.setHeader('content-type', 'application/json').end('{"a":1}')],
  [
    'JSON with its head at once',
    true,
    (r) =>
      r.writeHead(201, { 'Content-Type': 'application/problem+json' }).end('{"a":1}'),
  ],
  [
    'JSON in parts',
    true,
    async (r) => {
      r.writeHead(200, 'Fine', ['content-type', 'application/json'])
      r.write('{"a"')
      await wait(5)
      r.write(Buffer.from(':1'))
      r.end('}')
    },
  ],
  ['an error as JSON', true, (r) => r.writeHead(409, JSON_TYPE).end('{"a":1}')],
  ['a PDF', false, (r) => r.setHeader('content-type', 'application/pdf').end('%PDF')],
  ['a redirect', false, (r) => r.writeHead(302, { location: '/x/' }).end()],
  ['an empty answer', false, (r) => r.writeHead(204).end()],
  [
    'a compressed answer',
    false,
    (r) =>
      r
        .writeHead(200, { ...JSON_TYPE, 'content-encoding': 'gzip' })
        .end(gzipSync('{"a":1}')),
  ],
  [
    'a download',
    false,
    (r) =>
      r
        .writeHead(200, { ...JSON_TYPE, 'content-disposition': 'attachment' })
        .end('{"a":1}'),
  ],
  ['text', false, (r) => r.setHeader('content-type', 'text/plain').end('{"a":1}')],
  ['an answer without a type', false, (r) => r.end('{"a":1}')],
  [
    'an answer that is written before its type is set',
    false,
    async (r) => {
      r.write('{"a"')
      await wait(5)
      r.end(':1}')
    },
  ],
  ['2 MiB', false, (r) => r.writeHead(200, JSON_TYPE).end(large(2_097_152))],
  [
    '2 MiB in parts',
    false,
    (r) => {
      r.writeHead(200, JSON_TYPE)
      for (let i = 0; i < 4; i++) r.write(large(524_288))
      r.end()
    },
  ],
  [
    'a slow first byte',
    false,
    async (r) => {
      await wait(1_200)
      r.writeHead(200, JSON_TYPE).end('{"a":1}')
    },
  ],
  [
    'a stream',
    false,
    async (r) => {
      r.writeHead(200, JSON_TYPE)
      r.write('{"a"')
      await wait(1_200)
      r.end(':1}')
    },
  ],
  [
    'an answer whose head is flushed',
    false,
    (r) => {
      r.setHeader('content-type', 'application/json').flushHeaders()
      r.end('{"a":1}')
    },
  ],
]
const JSON_TYPE = { 'content-type': 'application/json' }

async function listening(
  t: TestContext,
  listener?: (incoming: IncomingMessage, response: ServerResponse) => void,
) {
  const server = createServer(listener).listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => void server.close().closeAllConnections())
  return { server, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` }
}

const PUBLIC = { permissions: allowAny, browsable: 'rendered' } as const

const comparable = ({ status, headers, text }: Received): unknown => {
  const { date: _, vary: __, ...rest } = headers
  return { status, headers: rest, text }
}

for (const framework of ['node:http', 'Express'] as const) {
  test(`BR-111: ${framework}: an answer of JSON is shown in the page, and every other one is as without the feature`, async (t) => {
    const { auth } = testInstance({ browsableApi: true })
    t.after(() => auth.close())
    const { server, url } = await listening(t)
    const paths = ANSWERS.map(([, , answer], i): [string, Answer] => [`/${i}/`, answer])
    if (framework === 'node:http') {
      const guard = mountNode(server, auth)
      const shown = new Map(
        paths.map(([path, answer]) => [path, guard(PUBLIC, (_, r) => answer(r))]),
      )
      const plain = new Map<string, Answer>(
        paths.map(([path, answer]) => [`/plain${path}`, answer]),
      )
      server.on('request', (incoming, response) => {
        shown.get(incoming.url ?? '')?.(incoming, response)
        plain.get(incoming.url ?? '')?.(response)
      })
    } else {
      const app = express()
      const guard = mountExpress(app, auth)
      for (const [path, answer] of paths) {
        app.get(
          path,
          guard(PUBLIC, (_, response) => answer(response)),
        )
        app.get(`/plain${path}`, (_, response) => void answer(response))
      }
      server.on('request', app)
    }
    await Promise.all(
      ANSWERS.map(async ([claim, isShown], i) => {
        const received = await sent(`${url}/${i}/`, BROWSER)
        const plain = await sent(`${url}/plain/${i}/`, BROWSER)
        if (isShown) {
          assert.equal(received.status, plain.status, claim)
          assert.match(received.text, /\{&quot;a&quot;:1\}<\/pre>/, claim)
          assert.equal(received.headers['cache-control'], 'no-store')
          assert.match(received.headers['content-type'] ?? '', /^text\/html/)
          assert.equal(received.headers.etag, undefined)
          return
        }
        assert.deepEqual(comparable(received), comparable(plain), claim)
      }),
    )
  })
}

test('BR-111: fetch: an answer of JSON is shown in the page, and every other one is as it was', async (t) => {
  const { auth } = testInstance({ browsableApi: true })
  t.after(() => auth.close())
  const guard = guardOf(auth)
  const get = (response: () => Response): Promise<Response> =>
    guard(PUBLIC, response)(
      new Request('http://localhost/notes/', { headers: BROWSER }),
      {
        address: '127.0.0.1',
      },
    )
  const shown = await get(() => Response.json({ a: '<b>' }, { status: 409 }))
  assert.equal(shown.status, 409)
  assert.match(await shown.text(), /\{&quot;a&quot;:&quot;&lt;b&gt;&quot;\}<\/pre>/)
  const plain = [
    () => new Response('%PDF', { headers: { 'content-type': 'application/pdf' } }),
    () => new Response(null, { status: 204 }),
    () => Response.redirect('http://localhost/x/'),
    () => new Response(large(2_097_152), { headers: JSON_TYPE }),
    () =>
      new Response(
        new ReadableStream({
          async start(controller) {
            controller.enqueue(Buffer.from('{"a"'))
            await wait(1_200)
            controller.enqueue(Buffer.from(':1}'))
            controller.close()
          },
        }),
        { headers: JSON_TYPE },
      ),
  ]
  for (const make of plain) {
    const [received, expected] = [await get(make), make()]
    assert.equal(received.status, expected.status)
    assert.deepEqual([...received.headers], [...expected.headers])
    assert.equal(await received.text(), await expected.text())
  }
})

test('BR-111: the answer is shown to users who are signed in by a cookie, and to nobody else the page alone is', async (t) => {
  await using instance = testInstance({
    authentication: [session(), bearer()],
    browsableApi: true,
  })
  const { auth } = instance
  await auth.users.create({ username: 'ada', password: PASSWORD })
  const app = express()
  const guard = mountExpress(app, auth, { browsable: 'rendered' })
  app.get(
    '/me/',
    guard((req, res) => void res.json({ me: req.auth.user.username })),
  )
  app.get(
    '/danger/',
    guard({ permissions: allowAny, confirm: true }, (_, res) => void res.json({ a: 1 })),
  )
  const { url } = await listening(t, app)
  const anonymous = await sent(`${url}/me/`, BROWSER)
  assert.equal(anonymous.status, 200)
  assert.doesNotMatch(anonymous.text, /&quot;me&quot;/)

  const signedIn = await fetch(`${url}/auth/login/`, {
    method: 'POST',
    headers: JSON_TYPE,
    body: JSON.stringify({ username: 'ada', password: PASSWORD }),
  })
  const cookie = signedIn.headers
    .getSetCookie()
    .map((each) => each.split(';')[0])
    .join('; ')
  const shown = await sent(`${url}/me/`, { ...BROWSER, cookie })
  assert.match(shown.text, /\{&quot;me&quot;:&quot;ada&quot;\}<\/pre>/)
  const program = await sent(`${url}/me/`, { cookie, accept: '*/*' })
  assert.deepEqual(JSON.parse(program.text), { me: 'ada' })
  const bare = await sent(`${url}/me/`, { ...BROWSER, ...(await instance.as('ada')) })
  assert.doesNotMatch(bare.text, /<pre/)
  const danger = await sent(`${url}/danger/`, BROWSER)
  assert.doesNotMatch(danger.text, /<pre/)
})

test('BR-113: of many answers at once no more is held back than the limit, and what is more passes through whole', async (t) => {
  const { auth } = testInstance({ browsableApi: true })
  t.after(() => auth.close())
  const { server, url } = await listening(t)
  const guard = mountNode(server, auth)
  const body = large(262_144)
  const all = Promise.withResolvers<void>()
  let begun = 0
  const handler = guard(PUBLIC, async (_, response) => {
    response.writeHead(200, JSON_TYPE)
    response.write(body.slice(0, -1))
    begun += 1
    if (begun === REQUESTS) all.resolve()
    await all.promise
    response.end(body.slice(-1))
  })
  server.on('request', (incoming, response) => {
    if (incoming.url === '/many/') void handler(incoming, response)
  })
  const get = (): Promise<Received> => sent(`${url}/many/`, BROWSER)
  const received = await Promise.all(Array.from({ length: REQUESTS }, get))
  const pages = received.filter(({ text }) => text.startsWith('<!doctype html>'))
  assert.ok(
    pages.length * body.length <= CAPTURE_LIMITS.allBytes,
    `${pages.length} pages`,
  )
  for (const { text } of received)
    assert.ok(text === body || text.includes(body.slice(1, -1)))
  assert.match((await get()).text, /^<!doctype html>/, 'the limit is free again')
})
const REQUESTS = 280

test('BR-112: a handler that throws, answers twice, or whose client leaves is as without the feature', async (t) => {
  await using instance = testInstance({ browsableApi: true })
  const app = express()
  const guard = mountExpress(app, instance.auth, { browsable: 'rendered' })
  const errors: string[] = []
  app.get(
    '/throws/',
    guard(PUBLIC, () => assert.fail('thrown')),
  )
  app.get(
    '/rejects/',
    guard(PUBLIC, () => Promise.reject(new Error('rejected'))),
  )
  let closed = 0
  app.get(
    '/waits/',
    guard(PUBLIC, (_, res) => {
      res.writeHead(200, JSON_TYPE).write('{')
      res.on('close', () => {
        closed += 1
      })
    }),
  )
  app.use(((error: Error, _req, res, _next) => {
    errors.push(error.message)
    res.status(500).type('text').send('an own error')
  }) as express.ErrorRequestHandler)
  const { url } = await listening(t, app)
  for (const path of ['/throws/', '/rejects/']) {
    const received = await sent(url + path, BROWSER)
    assert.equal(received.status, 500)
    assert.equal(received.text, 'an own error')
  }
  assert.deepEqual(errors, ['thrown', 'rejected'])
  const leaving = request(`${url}/waits/`, { headers: BROWSER })
  leaving.on('error', () => undefined).end()
  await wait(100)
  leaving.destroy()
  await wait(100)
  assert.equal(closed, 1)
})
