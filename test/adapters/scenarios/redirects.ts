import assert from 'node:assert/strict'
import { NAVIGATION, sent } from '../browser-request.ts'
import type { Client } from '../client.ts'
import type { Scenario } from '../scenario.ts'
import { PASSWORD } from '../seed.ts'

const SIGN_IN = '/account/sign-in/?next=%2Fhello%2F%3Fa%3D1'

/** Requests that are no navigation of a browser's window. */
const OTHERS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'a script': {
    accept: 'text/html',
    'sec-fetch-mode': 'cors',
    'sec-fetch-dest': 'empty',
    'sec-fetch-site': 'same-origin',
  },
  'a program': { accept: '*/*' },
  'a program that asks for JSON': { accept: 'application/json' },
  'a frame': { ...NAVIGATION, 'sec-fetch-dest': 'iframe' },
}

/** The option `pages.redirect`. */
export const REDIRECTS: readonly Scenario[] = [
  {
    name: 'with pages.redirect a navigation that a guard refuses is redirected to the page to sign in',
    setup: 'redirecting',
    async run({ url }) {
      for (const method of ['GET', 'HEAD']) {
        const { status, headers } = await sent(`${url}/hello/?a=1`, NAVIGATION, method)
        assert.equal(status, 302, method)
        assert.equal(headers.location, SIGN_IN, method)
      }
      const page = await sent(url + SIGN_IN, NAVIGATION)
      assert.equal(page.status, 200)
      assert.match(page.headers['content-type'] ?? '', /^text\/html/)
    },
  },
  {
    name: 'with pages.redirect a browser signs in, and comes back to the route',
    setup: 'redirecting',
    async run({ url }) {
      const { status, location, cookies } = await signInOnPage(url)
      assert.equal(status, 303)
      assert.equal(location, '/hello/?a=1')
      const received = await sent(url + location, { ...NAVIGATION, cookie: cookies })
      assert.equal(received.status, 200)
      assert.deepEqual(JSON.parse(received.text), { user: 'ada', scheme: 'session' })
    },
  },
  ...Object.entries(OTHERS).map(
    ([name, headers]): Scenario => ({
      name: `with pages.redirect ${name} gets 401`,
      setup: 'redirecting',
      run: ({ url }) => assertRefused(url, headers),
    }),
  ),
  {
    name: 'with pages.redirect a form gets 401, and a user without the right 403',
    setup: 'redirecting',
    async run(client) {
      await assertRefused(client.url, NAVIGATION, 'POST', '/echo/')
      const authorization = `Bearer ${client.bob}`
      const refused = await sent(`${client.url}/posts/1/`, {
        ...NAVIGATION,
        authorization,
      })
      assert.equal(refused.status, 403)
    },
  },
  {
    name: 'without pages.redirect a navigation gets 401',
    run: ({ url }) => assertRefused(url, NAVIGATION),
  },
]

async function assertRefused(
  url: string,
  headers: Readonly<Record<string, string>>,
  method = 'GET',
  path = '/hello/?a=1',
): Promise<void> {
  const received = await sent(url + path, headers, method)
  assert.equal(received.status, 401)
  assert.equal(received.headers.location, undefined)
  assert.equal(received.headers['content-type'], 'application/json')
}

/** Sends the form of the page to sign in. */
async function signInOnPage(url: Client['url']) {
  const page = await fetch(url + SIGN_IN)
  const [, token = ''] =
    /name="csrfmiddlewaretoken" value="([^"]*)"/.exec(await page.text()) ?? []
  const fields = { login: 'ada', password: PASSWORD, next: '/hello/?a=1' }
  const answer = await fetch(`${url}/account/sign-in/`, {
    method: 'POST',
    redirect: 'manual',
    headers: { origin: new URL(url).origin, cookie: cookiesOf(page) },
    body: new URLSearchParams({ ...fields, csrfmiddlewaretoken: token }),
  })
  return {
    status: answer.status,
    location: answer.headers.get('location') ?? '',
    cookies: cookiesOf(answer),
  }
}

const cookiesOf = ({ headers }: Response): string =>
  headers
    .getSetCookie()
    .map((text) => text.replace(/;.*/, ''))
    .join('; ')
