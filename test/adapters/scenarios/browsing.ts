import assert from 'node:assert/strict'
import { NAVIGATION, type Received, ROUTE, sent } from '../browser-request.ts'
import type { Client } from '../client.ts'
import type { Scenario } from '../scenario.ts'

const ACCEPT = NAVIGATION.accept

/** Headers of a request to `/shown/`, and whether the page is the answer. */
const NEGOTIATED: readonly (readonly [
  claim: string,
  headers: Readonly<Record<string, string>>,
  isPage: boolean,
])[] = [
  ['BR-01: a navigation', NAVIGATION, true],
  ['BR-02: any type', { accept: '*/*' }, false],
  ['BR-02: no Accept', {}, false],
  ['BR-03: JSON and HTML', { accept: 'application/json, text/html' }, false],
  ['BR-04: HTML after JSON', { accept: 'text/html;q=0.9, application/json' }, false],
  ['BR-05: HTML without Sec-Fetch headers', { accept: 'text/html' }, true],
  ['BR-06: any text', { accept: 'text/*' }, false],
  ['BR-06: HTML is refused', { accept: 'text/html;q=0' }, false],
  ['BR-07: a frame', { ...NAVIGATION, 'sec-fetch-dest': 'iframe' }, false],
  ['BR-07: an embedded document', { ...NAVIGATION, 'sec-fetch-dest': 'embed' }, false],
  ['BR-07: an object', { ...NAVIGATION, 'sec-fetch-dest': 'object' }, false],
  [
    'BR-08: a script',
    { accept: 'text/html', 'sec-fetch-dest': 'empty', 'sec-fetch-mode': 'cors' },
    false,
  ],
  ['BR-09: a program with a token', { accept: ACCEPT, authorization: 'Bearer x' }, false],
  [
    'BR-09: a navigation with Basic credentials',
    { ...NAVIGATION, authorization: 'Basic YTpi' },
    true,
  ],
  ['BR-21: a range', { ...NAVIGATION, range: 'bytes=0-9' }, false],
  [
    'an old-fashioned script',
    { accept: ACCEPT, 'x-requested-with': 'XMLHttpRequest' },
    false,
  ],
  ['BR-18: 2,000 ranges', { accept: 'text/html,'.repeat(1_000) }, false],
  ['BR-18: malformed ranges', { accept: ';;q=,text/html;q=x;"' }, false],
]

export const BROWSING: readonly Scenario[] = [
  ...NEGOTIATED.map(
    ([claim, headers, isPage]): Scenario => ({
      name: `${claim} gets ${isPage ? 'the page' : 'the answer of the route'}`,
      async run({ url }) {
        const received = await sent(`${url}/shown/`, headers)
        if (isPage) return assertPage(received)
        assert.equal(received.status, 401)
        assert.equal(received.headers['content-type'], 'application/json')
        assert.match(received.headers.vary ?? '', /\bAccept\b/)
      },
    }),
  ),
  {
    name: 'BR-10, BR-11, BR-13: ?format=json and other values are JSON, ?format=api is the page',
    async run({ url }) {
      const json = await sent(`${url}/shown/?format=json`, NAVIGATION)
      assert.equal(json.status, 401)
      const page = await sent(`${url}/shown/?format=api`, { accept: '*/*' })
      assertPage(page)
      const csv = await sent(`${url}/shown/?format=csv`, NAVIGATION)
      assert.equal(csv.status, 401)
    },
  },
  {
    name: 'BR-111: with browsable: "rendered" the page has the answer of a public route, and programs get it as before',
    async run({ url, ada }) {
      const page = await sent(`${url}/rendered/`, NAVIGATION)
      assert.equal(page.status, 200)
      assert.match(page.headers['content-type'] ?? '', /^text\/html/)
      assert.equal(page.headers['cache-control'], 'no-store')
      assert.match(page.headers['content-security-policy'] ?? '', /default-src 'none'/)
      assert.match(
        page.text,
        /\{&quot;user&quot;:null,&quot;scheme&quot;:&quot;anonymous&quot;\}/,
      )
      const program = await sent(`${url}/rendered/`, { authorization: `Bearer ${ada}` })
      assert.deepEqual(JSON.parse(program.text), { user: 'ada', scheme: 'bearer' })
      assert.match(program.headers.vary ?? '', /\bAccept\b/)
    },
  },
  {
    name: 'BR-14, BR-15: other methods are unchanged, and HEAD has the headers of the page alone',
    async run({ url }) {
      const post = await sent(`${url}/shown/`, NAVIGATION, 'POST')
      assert.equal(post.status, 401)
      const head = await sent(`${url}/shown/`, NAVIGATION, 'HEAD')
      assert.equal(head.status, 200)
      assert.equal(head.text, '')
      assert.match(head.headers['content-type'] ?? '', /^text\/html/)
    },
  },
  {
    name: 'BR-16, BR-17: a route that is not browsable, and a path without a route, are unchanged',
    async run({ url }) {
      const plain = await sent(`${url}/hello/`, NAVIGATION)
      assert.equal(plain.status, 401)
      assert.equal(plain.headers['content-type'], 'application/json')
      assert.doesNotMatch(plain.headers.vary ?? '', /\bAccept(?!-)/)
      const nothing = await sent(`${url}/nothing/`, NAVIGATION)
      assert.equal(nothing.status, 404)
    },
  },
  {
    name: 'BR-19: the description of a route shows its methods and what the user may do, to anonymous requests, too',
    async run(client) {
      // Next shows a method when it has been used.
      await sent(`${client.url}/shown/`, {}, 'POST')
      const anonymous = await routeOf(client, '/shown/')
      const get = anonymous.methods.find(({ method }) => method === 'GET')
      assert.equal(get?.outcome, 'refused')
      assert.equal(get?.summary, 'Notes <of> ada')
      assert.equal(anonymous.principal, undefined)

      const ada = await routeOf(client, '/shown/', client.ada)
      assert.equal(ada.principal?.user.label, 'ada')
      assert.deepEqual(outcomesOf(ada), { GET: 'allowed', POST: 'allowed' })
      const post = ada.methods.find(({ method }) => method === 'POST')
      assert.deepEqual(post?.body, TITLE)
      assert.equal(post?.needs, 'has "posts.change"')

      const bob = await routeOf(client, '/shown/', client.bob)
      assert.deepEqual(outcomesOf(bob), { GET: 'allowed', POST: 'refused' })
    },
    needs: ['methods'],
  },
  {
    name: 'BR-57: a function of the application is not called for the description',
    async run(client) {
      const route = await routeOf(client, '/shown/7/', client.ada)
      assert.equal(route.methods[0]?.outcome, 'refused')
      assert.equal(route.methods[0]?.needs, 'staff, and mirror')
      const refused = await client.get('/shown/7/', `Bearer ${client.ada}`)
      assert.equal(refused.status, 403)
    },
  },
  {
    name: 'BR-19: a route that is not browsable reads the media type as any other',
    async run({ url, ada }) {
      const headers = { ...ROUTE, authorization: `Bearer ${ada}` }
      const plain = await sent(`${url}/hello/`, headers)
      assert.deepEqual(JSON.parse(plain.text), { user: 'ada', scheme: 'bearer' })
    },
  },
  {
    name: 'BR-110: the files of the page are found from every depth',
    async run({ url }) {
      await assertFiles(`${url}/shown/`)
      await assertFiles(`${url}/shown/7/`)
    },
  },
  {
    name: 'BR-110: the same below a prefix',
    setup: 'below',
    async run({ url }) {
      await assertFiles(`${url}/shown/`)
      await assertFiles(`${url}/shown/7/`)
    },
  },
]

const TITLE = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  type: 'object',
  properties: { title: { type: 'string', maxLength: 200 } },
  required: ['title'],
}

interface Route {
  readonly principal?: { readonly user: { readonly label: string } }
  readonly methods: readonly {
    readonly method: string
    readonly outcome: string
    readonly summary?: string
    readonly needs?: string
    readonly body?: unknown
  }[]
}

async function routeOf({ url }: Client, path: string, token?: string): Promise<Route> {
  const authorization = token === undefined ? {} : { authorization: `Bearer ${token}` }
  const received = await sent(url + path, { ...ROUTE, ...authorization })
  assert.equal(received.status, 200)
  assert.equal(received.headers['content-type'], ROUTE.accept)
  assert.equal(received.headers['cache-control'], 'no-store')
  return JSON.parse(received.text) as Route
}

const outcomesOf = ({ methods }: Route): object =>
  Object.fromEntries(methods.map(({ method, outcome }) => [method, outcome]))

function assertPage({ status, headers, text }: Received): void {
  assert.equal(status, 200)
  assert.equal(headers['content-type'], 'text/html; charset=utf-8')
  assert.equal(headers['cache-control'], 'no-store')
  assert.match(headers.vary ?? '', /\bAccept\b/)
  assert.equal(headers['x-frame-options'], 'DENY')
  assert.match(headers['content-security-policy'] ?? '', /frame-ancestors 'none'/)
  assert.equal(headers['www-authenticate'], undefined)
  assert.match(text, /<h1>Notes &lt;of&gt; ada<\/h1>/)
  assert.match(text, /<p>One<\/p>\n<p>two<\/p>/)
}

async function assertFiles(page: string): Promise<void> {
  const { text } = await sent(page, NAVIGATION)
  const files = [...text.matchAll(/(?:href|src)="([^"]+\.(?:css|js))"/g)]
  assert.equal(files.length, 3)
  for (const [, file = ''] of files) {
    const received = await sent(new URL(file, page).href)
    assert.equal(received.status, 200, file)
    assert.match(received.headers['cache-control'] ?? '', /immutable/)
  }
}
