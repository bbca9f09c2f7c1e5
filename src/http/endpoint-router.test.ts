import assert from 'node:assert/strict'
import { test } from 'node:test'
import { AuthError } from '../base/errors.ts'
import { empty, html, json, redirect, streamed } from './answer.ts'
import { endpoint, guardedEndpoint } from './endpoint.ts'
import { type EndpointDeps, endpointRouter } from './endpoint-router.ts'
import type { Renderer } from './renderer.ts'
import type { AuthReply, AuthRequest } from './request.ts'

const DEPS: EndpointDeps = { failed: (error) => assert.fail(error as Error) }

function requestTo(
  url: string,
  method = 'GET',
  headers: Readonly<Record<string, string>> = {},
): AuthRequest {
  return {
    method,
    url,
    address: '127.0.0.1',
    secure: false,
    header: (name) => headers[name],
    body: async () => new Uint8Array(),
  }
}

async function ask(
  endpoints: Parameters<typeof endpointRouter>[0],
  request: AuthRequest,
  deps: EndpointDeps = DEPS,
): Promise<AuthReply> {
  const answer = endpointRouter(endpoints, deps)(request.url)
  assert.ok(answer, `no endpoint at ${request.url}`)
  return answer(request)
}

const BROWSER = {
  accept: 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8',
}

const htmlRenderer: Renderer = {
  mediaType: 'text/html',
  format: 'html',
  render: (value, { status }) => `<p>${status} ${JSON.stringify(value)}</p>`,
}

const page = endpoint({
  name: 'Page',
  path: '/page/:id/',
  renderers: [htmlRenderer],
  methods: {
    GET: {
      handle(_, __, { parameters }) {
        if (parameters.id === 'missing') throw new AuthError('not_found')
        return { id: parameters.id }
      },
    },
    DELETE: { handle: () => empty() },
  },
})

for (const [what, headers, url, type, body] of [
  ['a browser', BROWSER, '/page/7', 'text/html; charset=utf-8', '<p>200 {"id":"7"}</p>'],
  ['a client without Accept', {}, '/page/7', 'application/json', '{"id":"7"}'],
  ['a client of */*', { accept: '*/*' }, '/page/7', 'application/json', '{"id":"7"}'],
  [
    'a client of JSON first',
    { accept: 'application/json, text/html' },
    '/page/7',
    'application/json',
    '{"id":"7"}',
  ],
  [
    'a browser with ?format=json',
    { accept: '*/*' },
    '/page/7?format=json',
    'application/json',
    '{"id":"7"}',
  ],
  [
    'any client with ?format=html',
    {},
    '/page/7?format=html',
    'text/html; charset=utf-8',
    '<p>200 {"id":"7"}</p>',
  ],
  [
    'a browser, of an error',
    BROWSER,
    '/page/missing',
    'text/html; charset=utf-8',
    '<p>404 {"detail":"Not found."}</p>',
  ],
] as const) {
  test(`an endpoint with an HTML renderer answers ${what} in ${type}`, async () => {
    const reply = await ask([page], requestTo(url, 'GET', headers))
    const header = new Headers(reply.headers as [string, string][])
    assert.deepEqual([header.get('content-type'), reply.body], [type, body])
    assert.equal(header.get('vary'), 'Accept')
  })
}

test('a client that accepts no renderer gets 406 in JSON', async () => {
  const reply = await ask([page], requestTo('/page/7', 'GET', { accept: 'image/png' }))
  assert.deepEqual(
    [reply.status, reply.body],
    [406, '{"detail":"Could not satisfy the request Accept header."}'],
  )
})

test('a renderer that throws becomes a 500 in JSON, and the error is reported', async () => {
  const reported: unknown[] = []
  const fault = new Error('a broken template')
  const broken: Renderer = {
    ...htmlRenderer,
    render: () => {
      throw fault
    },
  }
  const reply = await ask(
    [{ ...page, renderers: [broken] }],
    requestTo('/page/7', 'GET', BROWSER),
    { failed: (error) => reported.push(error) },
  )
  assert.deepEqual(
    [reply.status, reply.body],
    [500, '{"detail":"A server error occurred."}'],
  )
  assert.deepEqual(reported, [fault, fault])
})

test('Allow and OPTIONS follow from the methods and renderers', async () => {
  const reply = await ask([page], requestTo('/page/7', 'OPTIONS'))
  assert.equal(
    reply.headers.find(([name]) => name === 'Allow')?.[1],
    'GET, DELETE, HEAD, OPTIONS',
  )
  assert.equal(reply.body, '{"name":"Page","renders":["application/json","text/html"]}')
})

test('HEAD is answered as GET', async () => {
  assert.deepEqual(
    await ask([page], requestTo('/page/7', 'HEAD')),
    await ask([page], requestTo('/page/7', 'GET')),
  )
})

for (const method of ['POST', 'get', 'constructor', '__proto__']) {
  test(`the method ${method} of an endpoint that does not have it is a 405`, async () => {
    const reply = await ask([page], requestTo('/page/7', method))
    assert.deepEqual(
      [reply.status, reply.body],
      [405, `{"detail":"Method \\"${method}\\" not allowed."}`],
    )
  })
}

for (const [what, answer, expected] of [
  [
    'json',
    json({ a: 1 }, { status: 201, headers: [['X-A', 'b']] }),
    {
      status: 201,
      headers: [
        ['Content-Type', 'application/json'],
        ['Cache-Control', 'no-store'],
        ['Allow', 'GET, HEAD, OPTIONS'],
        ['X-A', 'b'],
      ],
      body: '{"a":1}',
    },
  ],
  [
    'html',
    html('<p>é', { cacheControl: 'max-age=5' }),
    {
      status: 200,
      headers: [
        ['Content-Type', 'text/html; charset=utf-8'],
        ['Cache-Control', 'max-age=5'],
        ['Allow', 'GET, HEAD, OPTIONS'],
      ],
      body: '<p>é',
    },
  ],
  [
    'redirect',
    redirect('/there', { status: 303 }),
    {
      status: 303,
      headers: [
        ['Cache-Control', 'no-store'],
        ['Allow', 'GET, HEAD, OPTIONS'],
        ['Location', '/there'],
      ],
      body: '',
    },
  ],
  [
    'empty',
    empty(),
    {
      status: 204,
      headers: [
        ['Cache-Control', 'no-store'],
        ['Allow', 'GET, HEAD, OPTIONS'],
      ],
      body: '',
    },
  ],
] as const) {
  test(`a handler may answer with ${what}`, async () => {
    const answering = endpoint({
      name: 'Any',
      path: '/any/',
      methods: { GET: { handle: () => answer } },
    })
    assert.deepEqual(await ask([answering], requestTo('/any')), expected)
  })
}

const guarded = guardedEndpoint<string>()({
  name: 'Guarded',
  path: '/guarded/',
  requirement: 'posts.change',
  methods: {
    GET: { handle: (_, __, { principal }) => ({ principal: principal.trim() }) },
    POST: { requirement: 'posts.add', handle: () => ({}) },
  },
})

test('the guard of the requirement admits, and the handler receives its principal', async () => {
  const asked: unknown[] = []
  const guard: EndpointDeps['guard'] = ({ requirement }) => {
    asked.push(requirement)
    return () => `may ${requirement}`
  }
  const counted = () => assert.fail('the throttles of a guard count its requests')
  const deps = { ...DEPS, guard, count: counted }
  const reply = await ask([guarded], requestTo('/guarded'), deps)
  assert.equal(reply.body, '{"principal":"may posts.change"}')
  assert.deepEqual(asked.sort(), ['posts.add', 'posts.change'])
})

test('an error of the guard is the response, before the method is checked', async () => {
  const guard: EndpointDeps['guard'] =
    ({ requirement }) =>
    () => {
      throw new AuthError('permission_denied', undefined, { detail: `${requirement}` })
    }
  for (const [method, body] of [
    ['GET', '{"detail":"posts.change"}'],
    ['POST', '{"detail":"posts.add"}'],
    ['PUT', '{"detail":"posts.change"}'],
    ['OPTIONS', '{"detail":"posts.change"}'],
  ] as const) {
    const reply = await ask([guarded], requestTo('/guarded', method), { ...DEPS, guard })
    assert.deepEqual([reply.status, reply.body], [403, body], method)
  }
})

test('an endpoint that requires something is not mounted without a guard', () =>
  assert.throws(() => endpointRouter([guarded], DEPS), { code: 'invalid_config' }))

test('public endpoints are counted before the method is looked at, others are not', async () => {
  const count = () => {
    throw new AuthError('throttled')
  }
  const open = endpoint({ name: 'Open', path: '/open/', methods: {} })
  const deps = { ...DEPS, count }
  assert.equal((await ask([open], requestTo('/open'), deps)).status, 429)
  const uncounted = { ...open, count: false }
  assert.equal((await ask([uncounted], requestTo('/open'), deps)).status, 405)
})

test('an error between two parts of an answer is reported, and ends them', async () => {
  const fault = new Error('the database is gone')
  async function* broken() {
    yield 'one'
    throw fault
  }
  const inParts = endpoint({
    name: 'Parts',
    path: '/parts/',
    methods: { GET: { handle: () => streamed('text/plain', broken()) } },
  })
  const failed: unknown[] = []
  const deps = { failed: (error: unknown) => void failed.push(error) }
  const { status, parts = [] } = await ask([inParts], requestTo('/parts/'), deps)
  const read: string[] = []
  await assert.rejects(async () => {
    for await (const part of parts) read.push(part)
  }, fault)
  assert.deepEqual([status, read, failed], [200, ['one'], [fault]])
})
