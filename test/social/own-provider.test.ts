import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type TestContext, test } from 'node:test'
import { mount } from '../../src/adapters/node.ts'
import { type OidcOptions, oidc } from '../../src/index.ts'
import { buildWatchword } from '../build-watchword.ts'
import { cleanUp } from '../cleanup.ts'
import { answerIn, PASSWORD } from '../oauth/consent.ts'
import { ORIGIN, testBrowser } from '../pages/site.ts'

const CALLBACK = '/auth/social/first/callback/'
const EMAIL = 'ada@example.com'

/** An instance that other applications sign in with, on a server of this machine, with a user, ada, and her browser. */
async function provider(t: TestContext) {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const auth = buildWatchword({
    database: 'sqlite::memory:',
    secret: 'a secret of the tests of providers, which is long enough',
    url,
    oauth: true,
    mail: () => {},
  })
  mount(server, auth)
  cleanUp(t, () => auth.close())
  cleanUp(t, () => {
    server.closeAllConnections()
    server.close()
  })
  const ada = await auth.users.create({
    username: 'ada',
    email: EMAIL,
    emailVerified: true,
    password: PASSWORD,
  })
  const handler = async (request: Request): Promise<Response> => {
    // The application is another server.
    if (!request.url.startsWith(`${url}/`)) return new Response('')
    return fetch(request, { redirect: 'manual' })
  }
  const browser = testBrowser({ handler }, url)
  const asked: string[] = []
  return {
    /** What ada was asked. */
    asked,
    auth,
    url,
    ada,
    /** Ada signs in and agrees. @returns the path that her browser is sent back to */
    async agree(authorizationUrl: string, button = 'Allow'): Promise<string> {
      let page = await browser.open(authorizationUrl)
      if (page.heading.includes('Sign in'))
        page = await browser.submit(
          { button: 'Sign in' },
          { login: 'ada', password: PASSWORD },
        )
      if (page.heading.startsWith('Allow')) {
        asked.push(page.heading)
        page = await browser.submit({ button })
      }
      return `${CALLBACK}?${answerIn(page)}`
    },
  }
}

type Provider = Awaited<ReturnType<typeof provider>>

/** An instance whose users sign in with the first. */
async function application(
  t: TestContext,
  { auth: first, url }: Provider,
  options: Partial<OidcOptions> = {},
) {
  const { client, secret = '' } = await first.clients.create({
    name: 'Second',
    redirectUris: [ORIGIN + CALLBACK],
    scopes: ['openid', 'email', 'profile'],
  })
  const auth = buildWatchword({
    database: 'sqlite::memory:',
    secret: 'another secret of the tests of providers, long enough',
    url: ORIGIN,
    pages: true,
    accounts: true,
    mail: () => {},
    social: {
      first: oidc(url, { clientId: client.id, clientSecret: secret, ...options }),
    },
  })
  cleanUp(t, () => auth.close())
  return auth
}

const BEGIN = '/account/sign-in/with/first/?next=/account/'

for (const clientAuth of ['post', 'basic'] as const)
  test(`a new user signs in with another instance, and the next time is not asked again, with client_secret_${clientAuth}`, async (t) => {
    const first = await provider(t)
    const auth = await application(t, first, { clientAuth })

    for (const _ of [1, 2]) {
      const browser = testBrowser(auth)
      const begun = await browser.open(BEGIN)
      assert.ok(begun.path.startsWith(`${first.url}/oauth/authorize?`), begun.path)
      const back = await first.agree(begun.path)
      const returned = await browser.open(back)
      assert.equal(returned.path, '/account/', returned.text)
      assert.match(returned.text, /ada@example\.com/)
      // The code and the state are spent.
      assert.equal((await browser.open(back)).status, 400)
    }

    assert.equal(first.asked.length, 1, first.asked.join())
    const [user, ...others] = await auth.users.list()
    assert.deepEqual(others, [])
    assert.equal(user?.email, EMAIL)
    assert.notEqual(user?.emailVerifiedAt, undefined)
    const identities = await auth.identities.list(user?.id ?? '')
    assert.deepEqual(
      identities.map(({ provider, subject }) => [provider, subject]),
      [['first', first.ada.id]],
    )
  })

test('who does not agree is not signed in', async (t) => {
  const first = await provider(t)
  const auth = await application(t, first)
  const browser = testBrowser(auth)

  const begun = await browser.open(BEGIN)
  const back = await first.agree(begun.path, 'Do not allow')

  assert.match(back, /error=access_denied/)
  const returned = await browser.open(back)
  assert.equal(returned.status, 400)
  assert.match(returned.text, /The sign-in did not work/)
  assert.deepEqual(await auth.users.list(), [])
})

test('a code for another browser signs nobody in', async (t) => {
  const first = await provider(t)
  const auth = await application(t, first)
  const begun = await testBrowser(auth).open(BEGIN)

  const victim = testBrowser(auth)
  await victim.open(BEGIN)
  const returned = await victim.open(await first.agree(begun.path))

  assert.equal(returned.status, 400)
  assert.deepEqual(await auth.users.list(), [])
})
