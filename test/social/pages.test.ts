import assert from 'node:assert/strict'
import { test } from 'node:test'
import { oidc, session } from '../../src/index.ts'
import type { TestOptions } from '../../src/testing/index.ts'
import { signIn } from '../pages/own/setup.ts'
import { EMAIL, PASSWORD, pageApp } from '../pages/setup.ts'
import { CLIENT, fakeProvider, type Person } from './provider.ts'

const SUE = { sub: 's-1', email: 'sue@example.com', email_verified: true }

async function socialPages(options: TestOptions = {}) {
  const clock = { now: () => 0 }
  const provider = await fakeProvider(() => clock.now())
  const acme = oidc(provider.issuer, { ...CLIENT, label: 'Acme' })
  const it = await pageApp({
    social: { acme },
    passkeys: true,
    ...options,
  })
  clock.now = () => it.instance.clock.now()
  return {
    ...it,
    provider,
    /** Opens a page that leads to the provider, where a person agrees. @returns the path that the browser comes back to */
    async agreed(path: string, person: Person): Promise<string> {
      const begun = await it.browser.open(path)
      const back = provider.agree(begun.path, person)
      assert.equal(back.origin, 'https://app.example.com')
      return back.pathname + back.search
    },
    [Symbol.asyncDispose]: async () => {
      await it[Symbol.asyncDispose]()
      await provider[Symbol.asyncDispose]()
    },
  }
}

test('the page to sign in has a button for each provider, which signs in and goes on', async () => {
  await using app = await socialPages()
  const { browser } = app
  const page = await browser.open('/account/sign-in/?next=/notes/')
  const [, href = ''] = /href="([^"]+)"[^>]*>Sign in with Acme/.exec(page.text) ?? []
  assert.equal(href, '/account/sign-in/with/acme/?next=%2Fnotes%2F')

  const returned = await browser.open(await app.agreed(href, SUE))

  assert.equal(returned.path, '/notes/')
  const account = await browser.open('/account/')
  assert.match(account.text, /Connected accounts/)
  assert.match(account.text, /sue@example\.com/)
})

test('next leads to no other origin', async () => {
  await using app = await socialPages()
  const path = '/account/sign-in/with/acme/?next=https://evil.example/'

  const returned = await app.browser.open(await app.agreed(path, SUE))

  assert.equal(returned.path, '/account/')
})

test('what does not work is a page in words, without those of the provider', async () => {
  await using app = await socialPages()
  const { browser, provider } = app
  const begin = '/account/sign-in/with/acme/'

  const foreign = await browser.open(
    await app.agreed(begin, { sub: 'x', email: EMAIL, email_verified: true }),
  )
  assert.equal(foreign.status, 409)
  assert.match(foreign.text, /You have an account already/)

  const cancelled = await browser.open(
    '/auth/social/acme/callback/?error=access_denied&state=x',
  )
  assert.equal(cancelled.status, 400)
  assert.match(cancelled.text, /The sign-in did not work/)

  const path = await app.agreed(begin, SUE)
  provider.faults.set('/token', (response) => {
    response.writeHead(400, { 'content-type': 'application/json' })
    response.end('{"error":"invalid_grant","error_description":"private words"}')
  })
  const refused = await browser.open(path)
  assert.equal(refused.status, 400)
  assert.doesNotMatch(refused.text, /private words|invalid_grant/)

  provider.faults.set('/token', (response) => void response.writeHead(502).end())
  const down = await browser.open(await app.agreed(begin, SUE))
  assert.equal(down.status, 503)
  assert.match(down.text, /^<!doctype html>/)
  assert.equal((await browser.open('/account/sign-in/with/nobody/')).status, 404)
})

test('a second factor is asked for on its page', async () => {
  await using app = await socialPages({ secondFactors: { required: ['staff'] } })
  const { browser, instance } = app
  const begin = '/account/sign-in/with/acme/'
  await browser.open(await app.agreed(begin, SUE))
  const user = await instance.auth.users.find({ email: SUE.email })
  await instance.auth.users.change(user?.id ?? '', { staff: true })
  browser.cookies.clear()

  const returned = await browser.open(await app.agreed(begin, SUE))
  assert.match(returned.path, /second-factor\/set-up/)
})

test('a user connects a provider, signs in with it, and disconnects it', async () => {
  await using app = await socialPages()
  const { browser, instance } = app
  await signIn(browser)
  const account = await browser.open('/account/')
  const [, href = ''] = /href="([^"]+)">Connect Acme/.exec(account.text) ?? []

  const shown = await browser.open(await app.agreed(href, SUE))
  assert.equal(shown.path, '/account/?done=identity_connected')
  assert.match(shown.text, /The account is connected/)
  assert.match(shown.text, /sue@example\.com/)
  assert.equal(await instance.auth.users.find({ email: SUE.email }), undefined)

  const [, action = ''] = /action="(\/account\/identities\/[^"]+)"/.exec(shown.text) ?? []
  const removed = await browser.submit({ action })
  assert.equal(removed.path, '/account/?done=identity_disconnected')
})

test('an identity is connected only to the user who began it', async () => {
  await using app = await socialPages()
  const { browser, instance } = app
  const { id } = await instance.auth.users.create({ username: 'eve', password: PASSWORD })
  await signIn(browser)
  const path = await app.agreed('/account/connect/acme/', SUE)
  for (const name of browser.cookies.keys())
    if (name.endsWith('sessionid')) browser.cookies.delete(name)
  await signIn(browser, { login: 'eve' })

  const returned = await browser.open(path)

  assert.equal(returned.status, 400)
  assert.deepEqual(await instance.auth.identities.list(id), [])
  assert.equal((await instance.auth.events.list({ kind: 'identity_linked' })).length, 0)
})

test('the last way to sign in stays, and the page says so', async () => {
  await using app = await socialPages({ accounts: { signInCodes: false } })
  const { browser } = app
  await browser.open(await app.agreed('/account/sign-in/with/acme/', SUE))
  const account = await browser.open('/account/')
  const [, action = ''] =
    /action="(\/account\/identities\/[^"]+)"/.exec(account.text) ?? []

  const refused = await browser.submit({ action })
  assert.equal(refused.status, 400)
  assert.match(refused.text, /the last way to sign in/)
})

test('a provider that returns by a form leads to the page without its cookies', async () => {
  await using app = await socialPages()
  const path = await app.agreed('/account/sign-in/with/acme/', SUE)
  const { search } = new URL(path, 'https://app.example.com')
  const posted = await app.instance.auth.handler(
    new Request('https://app.example.com/auth/social/acme/callback/', {
      method: 'POST',
      headers: {
        'content-type': 'application/x-www-form-urlencoded',
        origin: 'https://appleid.apple.com',
        'sec-fetch-site': 'cross-site',
      },
      body: search.slice(1),
    }),
  )

  assert.equal(posted.status, 303)
  const location = posted.headers.get('location') ?? ''
  assert.equal((await app.browser.open(location)).path, '/account/')
})

test('without pages the callback signs a browser in, and goes on to next', async () => {
  const clock = { now: () => 0 }
  await using provider = await fakeProvider(() => clock.now())
  await using app = await pageApp({
    pages: false,
    authentication: [session()],
    social: { acme: oidc(provider.issuer, CLIENT) },
  })
  clock.now = () => app.instance.clock.now()
  const begun = await app.browser.open('/auth/social/acme/?next=/notes/')
  const back = provider.agree(begun.path, SUE)

  const returned = await app.browser.open(back.pathname + back.search)

  assert.equal(returned.path, '/notes/')
  assert.ok([...app.browser.cookies.keys()].some((name) => name.endsWith('sessionid')))
})
