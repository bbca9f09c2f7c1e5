import assert from 'node:assert/strict'
import { test } from 'node:test'
import { apiToken, bearer, session } from '../../src/authentication.ts'
import { type TestOptions, testInstance } from '../../src/testing/index.ts'
import { NAVIGATION, ROUTE } from '../adapters/browser-request.ts'

const PASSWORD = 'qhr4-7mzt-w2pd-x9kc'
const OPTIONS: TestOptions = {
  accounts: true,
  url: 'https://app.example.com',
  browsableApi: true,
  authentication: [bearer(), session(), apiToken()],
}

type Headers = Readonly<Record<string, string>>

function open(options: TestOptions = OPTIONS) {
  const app = testInstance(options)
  const send = (path: string, headers: Headers = {}, method = 'GET', body?: string) =>
    app.auth.handler(
      new Request(`http://localhost${path}`, {
        method,
        headers,
        ...(body !== undefined && { body }),
      }),
      { address: '127.0.0.1' },
    )
  return { ...app, send, [Symbol.asyncDispose]: () => app.auth.close() }
}

test('BR-22: a browser gets a page about an endpoint that takes POST alone, and JSON clients still get 405', async () => {
  await using app = open()
  const page = await app.send('/api/token/', NAVIGATION)
  assert.equal(page.status, 200)
  assert.equal(page.headers.get('content-type'), 'text/html; charset=utf-8')
  const text = await page.text()
  assert.match(text, /Sign in with a password/)
  const program = await app.send('/api/token/', { accept: 'application/json' })
  assert.equal(program.status, 405)
  assert.equal(program.headers.get('vary'), 'Accept')
})

test('BR-02 to BR-08: what is not a document of a browser gets what it got', async () => {
  await using app = open()
  for (const headers of [
    {},
    { accept: '*/*' },
    { accept: 'application/json, text/html' },
    { accept: 'text/html;q=0.9, application/json' },
    { ...NAVIGATION, 'sec-fetch-dest': 'iframe' },
    { ...NAVIGATION, 'sec-fetch-dest': 'empty', 'sec-fetch-mode': 'cors' },
    { ...NAVIGATION, range: 'bytes=0-9' },
  ] as const) {
    const { status } = await app.send('/api/token/', headers)
    assert.equal(status, 405, JSON.stringify(headers))
  }
  assert.equal((await app.send('/api/token/?format=json', NAVIGATION)).status, 405)
})

test('BR-11 to BR-12: ?format=api asks for the page, and an unknown format is 404', async () => {
  await using app = open()
  const page = await app.send('/api/token/?format=api', { accept: '*/*' })
  assert.equal(page.headers.get('content-type'), 'text/html; charset=utf-8')
  assert.equal((await app.send('/api/token/?format=xml')).status, 404)
})

test('BR-15: HEAD has the headers of the page', async () => {
  await using app = open()
  const page = await app.send('/api/token/', NAVIGATION, 'HEAD')
  assert.equal(page.headers.get('content-type'), 'text/html; charset=utf-8')
  assert.equal(await page.text(), '')
})

test('BR-20: indented JSON is what it was', async () => {
  await using app = open()
  await app.auth.users.create({ username: 'ada', password: PASSWORD })
  const indented = { accept: 'application/json; indent=4' }
  const me = await app.send('/auth/me/', { ...indented, ...(await app.as('ada')) })
  assert.match(await me.text(), /^\{\n {4}"id": /)
  const answer = await app.send('/api/token/', indented, 'OPTIONS')
  assert.match(await answer.text(), /^\{\n {4}"name": "Token Obtain Pair",/)
})

test('BR-23: with the option off nothing is different', async () => {
  await using app = open({ authentication: [bearer()] })
  const answer = await app.send('/api/token/', NAVIGATION)
  assert.equal(answer.status, 405)
  assert.equal(answer.headers.get('vary'), null)
  assert.equal((await app.send('/auth/browse/', NAVIGATION)).status, 404)
  assert.equal((await app.send('/openapi.json')).status, 404)
  const options = await (await app.send('/api/token/', {}, 'OPTIONS')).json()
  assert.deepEqual(Object.keys(options as object), ['name', 'renders', 'parses'])
})

interface Represented {
  readonly pattern: string
  readonly complete: boolean
  readonly principal?: object
  readonly methods: readonly {
    readonly method: string
    readonly outcome: string
    readonly schemes: readonly string[]
    readonly types: readonly string[]
    readonly body?: { readonly required?: readonly string[] }
  }[]
}

test('BR-19: the description of an endpoint has its methods, their fields, and who may use them', async () => {
  await using app = open()
  await app.auth.users.create({ username: 'ada', password: PASSWORD })
  const asked = async (path: string, headers: Headers = {}): Promise<Represented> =>
    (await (await app.send(path, { ...ROUTE, ...headers })).json()) as Represented

  const token = await asked('/api/token/')
  assert.deepEqual(
    token.methods.map(({ method, outcome }) => [method, outcome]),
    [['POST', 'allowed']],
  )
  assert.deepEqual(token.methods[0]?.body?.required, ['username', 'password'])
  assert.equal(token.methods[0]?.types.length, 3)

  const signedOut = await asked('/auth/me/')
  assert.deepEqual(
    signedOut.methods.map(({ method, outcome }) => [method, outcome]),
    [
      ['GET', 'refused'],
      ['PATCH', 'refused'],
      ['DELETE', 'refused'],
    ],
  )
  assert.deepEqual(signedOut.methods[0]?.schemes, ['bearer', 'session', 'apiToken'])
  const signedIn = await asked('/auth/me/', await app.as('ada'))
  assert.ok(signedIn.methods.every(({ outcome }) => outcome !== 'refused'))
  assert.ok(signedIn.principal !== undefined)
})

test('OPTIONS has the fields of POST in the shape of Django REST framework', async () => {
  await using app = open()
  const answer = await app.send('/api/token/', {}, 'OPTIONS')
  assert.deepEqual(await answer.json(), {
    name: 'Token Obtain Pair',
    renders: ['application/json'],
    parses: [
      'application/json',
      'application/x-www-form-urlencoded',
      'multipart/form-data',
    ],
    description: 'Sign in with a password',
    actions: {
      POST: {
        username: {
          type: 'string',
          required: true,
          read_only: false,
          label: 'Username',
          help_text: 'What the user signs in with.',
        },
        password: {
          type: 'string',
          required: true,
          read_only: false,
          label: 'Password',
          write_only: true,
        },
      },
    },
  })
})

test('OPTIONS of a guarded endpoint says nothing to anonymous callers', async () => {
  await using app = open()
  assert.equal((await app.send('/auth/totp/', {}, 'OPTIONS')).status, 404)
  assert.equal((await app.send('/auth/me/', {}, 'OPTIONS')).status, 401)
})

test('the index lists the endpoints, with links to their pages and to the document', async () => {
  await using app = open()
  const page = await app.send('/auth/browse/', NAVIGATION)
  assert.equal(page.status, 200)
  assert.match(page.headers.get('content-security-policy') ?? '', /default-src 'none'/)
  assert.equal(page.headers.get('cache-control'), 'no-store')
  const text = await page.text()
  assert.match(text, /<a href="..\/..\/api\/token\/"><code>\/api\/token\/<\/code><\/a>/)
  assert.match(text, /<a href="..\/..\/openapi.json">/)
  assert.match(text, /<code>\/auth\/sessions\/:id\/<\/code><\/td><td>Revoke one/)
  assert.doesNotMatch(text, /<script(?![^>]*\ssrc=)|\sstyle=|\son\w+=/)
})

test('the index describes each path for its forms, paths without a GET and with parameters, too', async () => {
  await using app = open()
  await app.auth.users.create({ username: 'ada', password: PASSWORD })
  const asked = async (path: string, headers: Headers = {}) => {
    const query = new URLSearchParams({ path })
    return app.send(`/auth/browse/?${query}`, { ...ROUTE, ...headers })
  }
  const session = await asked('/auth/sessions/:id/', await app.as('ada'))
  assert.equal(session.headers.get('content-type'), ROUTE.accept)
  assert.equal(session.headers.get('cache-control'), 'no-store')
  const { methods, principal } = (await session.json()) as Represented
  assert.deepEqual(
    methods.map(({ method, outcome }) => [method, outcome]),
    [['DELETE', 'allowed']],
  )
  assert.ok(principal !== undefined)
  const { methods: signedOut } = (await (
    await asked('/api/token/')
  ).json()) as Represented
  assert.deepEqual(signedOut[0]?.body?.required, ['username', 'password'])
  assert.equal((await asked('/nothing/')).status, 404)
  const wrong = await asked('/auth/me/', { authorization: 'Bearer x' })
  assert.equal(wrong.status, 401)

  const visitor = await app.send('/auth/browse/', { ...ROUTE, ...(await app.as('ada')) })
  const { principal: who } = (await visitor.json()) as Represented
  assert.deepEqual((who as { user: { label: string } }).user.label, 'ada')
})

test('the index describes nothing to those who may not see it', async () => {
  await using app = open({ ...OPTIONS, proxies: 1, browsableApi: { production: true } })
  await app.auth.users.create({ username: 'bob', password: PASSWORD })
  const asked = async (headers: Headers) =>
    (await app.send('/auth/browse/?path=/auth/me/', { ...ROUTE, ...headers })).status
  assert.equal(await asked({}), 401)
  assert.equal(await asked(await app.as('bob')), 403)
})

test('a page leads to the index, in production only if a navigation may see it', async () => {
  const linked = async (options: TestOptions): Promise<string | undefined> => {
    await using app = open({ ...OPTIONS, ...options })
    const text = await (await app.send('/api/token/refresh/', NAVIGATION)).text()
    return /<li><a href="([^"]+)">API<\/a>/.exec(text)?.[1]
  }
  const production = { proxies: 1, authentication: [bearer()] }
  const index = '../../../auth/browse/'
  assert.equal(await linked({}), index)
  const browsableApi = { production: true } as const
  assert.equal(await linked({ ...production, browsableApi }), undefined)
  const seen = { ...browsableApi, requirements: 'public' } as const
  assert.equal(await linked({ ...production, browsableApi: seen }), index)
  const authentication = [session()]
  assert.equal(await linked({ ...production, browsableApi, authentication }), index)
  assert.equal(await linked({ endpoints: { browseIndex: false } }), undefined)
})

test('BR-40: prefixes of a path that have a page are links above it', async () => {
  await using app = open()
  const text = await (await app.send('/api/token/refresh/', NAVIGATION)).text()
  // `/api/token/` takes POST alone, and `/` is not there.
  assert.deepEqual(
    [...text.matchAll(/<li(?: [^>]*)?>(?:<a href="([^"]+)">)?([^<]+)/g)].map(
      ([, address, name]) => [address, name],
    ),
    [
      ['../../../auth/browse/', 'API'],
      [undefined, 'refresh'],
    ],
  )
})

test('in production the index is for staff alone', async () => {
  await using app = open({ ...OPTIONS, proxies: 1, browsableApi: { production: true } })
  await app.auth.users.create({ username: 'ada', password: PASSWORD, staff: true })
  await app.auth.users.create({ username: 'bob', password: PASSWORD })
  const asked = async (headers: Headers) =>
    (await app.send('/auth/browse/', { ...NAVIGATION, ...headers })).status
  assert.equal(await asked({}), 401)
  assert.equal(await asked(await app.as('bob')), 403)
  assert.equal(await asked(await app.as('ada')), 200)
})

test('in development other machines get neither pages nor the index', async () => {
  await using app = open()
  const asked = async (path: string) => {
    const request = new Request(`http://localhost${path}`, { headers: NAVIGATION })
    return (await app.auth.handler(request, { address: '203.0.113.9' })).status
  }
  assert.equal(await asked('/api/token/'), 405)
  assert.equal(await asked('/auth/browse/'), 404)
})

test('in production the option alone serves no page about endpoints', async () => {
  await using app = open({ ...OPTIONS, proxies: 1 })
  assert.equal((await app.send('/api/token/', NAVIGATION)).status, 405)
  assert.equal((await app.send('/auth/browse/', NAVIGATION)).status, 404)
  assert.equal((await app.send('/openapi.json')).status, 404)
})
