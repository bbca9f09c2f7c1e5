import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { testBrowser } from '../pages/site.ts'
import { PASSWORD, withUser } from './consent.ts'

const AFTER = 'https://shop.example.com/bye'

/** An application that the user, who is signed in, has let in. */
async function signedIn(t: TestContext) {
  const app = await withUser(t)
  const client = await app.shop({ postLogoutRedirectUris: [AFTER] })
  const code = (await app.agree(client)).get('code') ?? ''
  const { id_token: hint = '', access_token: access = '' } = (
    await app.exchange(client, { code })
  ).body
  const open = (fields: Record<string, string>) =>
    app.browser.open(`/oauth/logout?${new URLSearchParams(fields)}`)
  const isSignedIn = async () =>
    !(await app.browser.open('/account/sign-in/')).path.startsWith('/account/sign-in/')
  return { ...app, client, hint, access, open, isSignedIn }
}

test('with its ID token an application signs the user out, and gets the browser back (OT-27)', async (t) => {
  const { open, hint, isSignedIn, clock } = await signedIn(t)
  assert.equal(await isSignedIn(), true)
  // Also after it has expired.
  clock.advance('2h')
  const page = await open({
    id_token_hint: hint,
    post_logout_redirect_uri: AFTER,
    state: 'a b',
  })
  assert.equal(page.path, `${AFTER}?state=a+b`)
  assert.equal(await isSignedIn(), false)
})

test('a sign-out for another address or another application is refused (OT-27)', async (t) => {
  const { open, hint, access, client, shop, isSignedIn } = await signedIn(t)
  const other = await shop()
  for (const fields of [
    { id_token_hint: hint, post_logout_redirect_uri: `${AFTER}/` },
    { id_token_hint: hint, post_logout_redirect_uri: 'https://evil.example' },
    { id_token_hint: hint, client_id: other.id },
    { post_logout_redirect_uri: AFTER },
    { client_id: 'nobody', post_logout_redirect_uri: AFTER },
    { client_id: other.id, post_logout_redirect_uri: AFTER },
    { id_token_hint: access, post_logout_redirect_uri: AFTER },
    { id_token_hint: `${hint}x`, post_logout_redirect_uri: AFTER },
    { id_token_hint: 'x' },
  ]) {
    const page = await open(fields as Record<string, string>)
    assert.equal(page.status, 400, JSON.stringify(fields).slice(0, 80))
  }
  assert.equal(await isSignedIn(), true)
  assert.ok(client)
})

test('without an ID token the user is asked', async (t) => {
  const { open, client, browser, isSignedIn } = await signedIn(t)
  await open({ client_id: client.id, post_logout_redirect_uri: AFTER, state: 's' })
  assert.equal(browser.page.heading, 'Sign out')
  assert.equal(await isSignedIn(), true)
  await open({ client_id: client.id, post_logout_redirect_uri: AFTER, state: 's' })
  const after = await browser.submit({ action: '/oauth/logout' })
  assert.equal(after.path, `${AFTER}?state=s`)
  assert.equal(await isSignedIn(), false)
})

test('an ID token signs out its own user at once, and no other: these are asked', async (t) => {
  const { open, hint, browser, auth, isSignedIn } = await signedIn(t)
  await auth.users.create({ username: 'eve', password: PASSWORD })
  await browser.open('/account/sign-in/?again=1')
  await browser.submit({ button: 'Sign in' }, { login: 'eve', password: PASSWORD })
  const asked = await open({ id_token_hint: hint, post_logout_redirect_uri: AFTER })
  assert.equal(asked.heading, 'Sign out')
  assert.equal(await isSignedIn(), true)

  // Sessions of two users, of which one may be an attacker's, are not ended either.
  const other = testBrowser(auth)
  await other.open('/account/sign-in/')
  await other.submit({ button: 'Sign in' }, { login: 'ada', password: PASSWORD })
  const cookieOf = (from: typeof browser) =>
    [...from.cookies].find(([name]) => name.endsWith('sessionid')) ?? []
  const [name = '', hers = ''] = cookieOf(browser)
  const [, his = ''] = cookieOf(other)
  for (const fields of [{ id_token_hint: hint }, {}] as Record<string, string>[]) {
    const cookie = `${name}=${hers}; ${name}=${his}`
    const path = `/oauth/logout?${new URLSearchParams(fields)}`
    const page = await browser.open(path, { cookie })
    assert.equal(page.heading, 'Sign out', JSON.stringify(fields))
  }
  assert.equal(await isSignedIn(), true)
})
