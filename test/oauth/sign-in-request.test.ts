import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { TOTP } from 'otpauth'
import { wordsOf } from '../pages/site.ts'
import { answerIn, PASSWORD, withUser } from './consent.ts'
import { claimsOf } from './setup.ts'

const withOwn = async (t: TestContext, options = {}) => {
  const app = await withUser(t, options)
  const client = await app.shop({ skipConsent: true })
  /** The claims of the ID token that an answer leads to. */
  const idTokenOf = async (answer: URLSearchParams) => {
    const code = answer.get('code') ?? ''
    const { body } = await app.exchange(client, { code })
    return claimsOf(body.id_token ?? '')
  }
  const open = (more: Record<string, string>) =>
    app.browser.open(app.address(client, more))
  return { ...app, client, idTokenOf, open }
}

test('with select_account the user chooses to go on, or another account', async (t) => {
  const { open, browser, signedIn, auth, ada, idTokenOf, clock } = await withOwn(t)
  await signedIn()
  clock.advance(5)
  const choice = await open({ prompt: 'select_account' })
  assert.equal(choice.heading, 'Which account for Shop?')
  const [same = '', other = ''] = [
    ...choice.text.matchAll(/class="btn[^>]*href="([^"]*)"/g),
  ].map(([, href = '']) => href.replaceAll('&amp;', '&'))
  assert.match(wordsOf(choice), /Continue as ada/)
  const gone = await browser.open(same)
  assert.equal((await idTokenOf(answerIn(gone))).sub, ada.id)

  const eve = await auth.users.create({ username: 'eve', password: PASSWORD })
  assert.equal((await browser.open(other)).heading, 'Sign in')
  const fields = { login: 'eve', password: PASSWORD }
  const after = await browser.submit({ button: 'Sign in' }, fields)
  assert.equal((await idTokenOf(answerIn(after))).sub, eve.id)
  // What ada has chosen is not what eve has chosen.
  assert.equal((await browser.open(same)).heading, 'Which account for Shop?')
})

test('login_hint fills in the name, whether or not there is such an account', async (t) => {
  const { open } = await withOwn(t)
  for (const hint of ['ada@example.com', 'nobody@example.com', '"><script>']) {
    const page = await open({ login_hint: hint })
    assert.equal(page.heading, 'Sign in')
    const [, value = ''] = /name="login"[^>]* value="([^"]*)"/.exec(page.text) ?? []
    const shown = value.replaceAll('&quot;', '"').replaceAll('&gt;', '>')
    assert.equal(shown.replaceAll('&lt;', '<'), hint)
  }
  const long = await open({ login_hint: 'x'.repeat(300) })
  assert.doesNotMatch(long.text, /name="login"[^>]* value="x/)
})

test('ui_locales is the language of the pages before that of the browser', async (t) => {
  const { address, client, browser } = await withOwn(t)
  const english = { 'accept-language': 'en' }
  const page = await browser.open(address(client, { ui_locales: 'fr de-AT' }), english)
  assert.equal(page.heading, 'Anmelden')
})

test('a sign-in for a request counts for ten minutes, whatever max_age', async (t) => {
  const { open, browser, signIn, clock } = await withOwn(t)
  await open({ max_age: '0' })
  const { path } = browser.page
  assert.match(answerIn(await signIn()).get('code') ?? '', /^[\w-]{43}$/)
  const back = new URL(path, 'https://app.example.com').searchParams.get('next') ?? ''
  clock.advance('11m')
  assert.equal((await browser.open(back)).heading, 'Sign in')
})

test('claims names what userinfo and ID tokens have, also after a refresh', async (t) => {
  const { shop, address, browser, signedIn, exchange, refresh, send } = await withUser(t)
  const client = await shop()
  await signedIn()
  const claims = JSON.stringify({
    userinfo: { email: { essential: true }, phone_number: null, unknown: null },
    id_token: {
      preferred_username: null,
      email_verified: { value: true },
      address: null,
    },
  })
  const page = await browser.open(address(client, { claims }))
  assert.match(wordsOf(page), /See your name/)
  assert.match(wordsOf(page), /See your email address/)
  assert.doesNotMatch(wordsOf(page), /phone/)
  const code = answerIn(await browser.submit({ button: 'Allow' })).get('code') ?? ''
  const { body } = await exchange(client, { code })
  const again = await refresh(client, body.refresh_token ?? '')
  for (const tokens of [body, again.body]) {
    const token = claimsOf(tokens.id_token ?? '')
    assert.deepEqual(
      [token.preferred_username, token.email_verified, token.email],
      ['ada', true, undefined],
    )
    const authorization = `Bearer ${tokens.access_token}`
    const info = await send('GET', '/oauth/userinfo', { headers: { authorization } })
    assert.deepEqual(Object.keys(info.body).toSorted(), ['email', 'sub'])
  }
  // The scopes that were granted do not cover it.
  const silent = answerIn(await browser.open(address(client, { claims, prompt: 'none' })))
  assert.equal(silent.get('error'), 'consent_required')
})

test('claims of scopes that an application may not ask for are ignored', async (t) => {
  const { shop, address, browser, signedIn, exchange } = await withUser(t)
  const client = await shop({ scopes: ['openid'], skipConsent: true })
  await signedIn()
  const claims = '{"id_token":{"email":{"essential":true}},"userinfo":{"email":null}}'
  const page = await browser.open(address(client, { scope: 'openid', claims }))
  const { body } = await exchange(client, { code: answerIn(page).get('code') ?? '' })
  assert.equal('email' in claimsOf(body.id_token ?? ''), false)
  assert.equal('userinfo_claims' in claimsOf(body.access_token ?? ''), false)
})

test('malformed claims are an error of the request', async (t) => {
  const { open } = await withOwn(t)
  const long = JSON.stringify({ userinfo: { ['x'.repeat(2001)]: null } })
  for (const claims of [
    '{',
    '[]',
    '7',
    'null',
    '{"userinfo":7}',
    '{"id_token":[]}',
    long,
  ]) {
    const answer = answerIn(await open({ claims }))
    assert.equal(answer.get('error'), 'invalid_request', claims.slice(0, 30))
  }
  for (const claims of ['{"__proto__":1,"userinfo":{"constructor":null}}', '{}'])
    assert.equal((await open({ claims })).heading, 'Sign in')
})

test('only the user of sub in claims, or of id_token_hint, is signed in', async (t) => {
  const { open, browser, signedIn, auth, ada, idTokenOf, client, exchange, clock } =
    await withOwn(t)
  const eve = await auth.users.create({ username: 'eve', password: PASSWORD })
  await signedIn()
  const first = answerIn(await open({})).get('code') ?? ''
  const hint = (await exchange(client, { code: first })).body.id_token ?? ''
  clock.advance(5)
  const claims = JSON.stringify({ id_token: { sub: { value: eve.id } } })
  assert.equal(
    answerIn(await open({ claims, prompt: 'none' })).get('error'),
    'login_required',
  )
  assert.equal((await open({ claims })).heading, 'Sign in')
  const wrong = await browser.submit(
    { button: 'Sign in' },
    { login: 'ada', password: PASSWORD },
  )
  assert.equal(answerIn(wrong).get('error'), 'login_required')
  clock.advance(5)
  await open({ claims })
  const fields = { login: 'eve', password: PASSWORD }
  const right = await browser.submit({ button: 'Sign in' }, fields)
  assert.equal((await idTokenOf(answerIn(right))).sub, eve.id)

  const other = answerIn(await open({ id_token_hint: hint, prompt: 'none' }))
  assert.equal(other.get('error'), 'login_required')
  assert.equal((await open({ id_token_hint: hint })).heading, 'Sign in')
  const bad = answerIn(await open({ id_token_hint: `${hint}x` }))
  assert.equal(bad.get('error'), 'invalid_request')
  assert.equal(claimsOf(hint).sub, ada.id)
})

const AAL2 = JSON.stringify({ id_token: { acr: { essential: true, values: ['aal2'] } } })

test('a user without a second factor cannot reach aal2: essential, that is an error', async (t) => {
  const { open, signedIn, idTokenOf } = await withOwn(t, { secondFactors: true })
  await signedIn()
  const wish = await open({ acr_values: 'aal2 other' })
  assert.equal((await idTokenOf(answerIn(wish))).acr, 'aal1')
  const essential = answerIn(await open({ claims: AAL2 }))
  assert.equal(essential.get('error'), 'unmet_authentication_requirements')
  const unknown = JSON.stringify({ id_token: { acr: { essential: true, value: 'x' } } })
  assert.equal(
    answerIn(await open({ claims: unknown })).get('error'),
    'unmet_authentication_requirements',
  )
  assert.equal(
    (await idTokenOf(answerIn(await open({ acr_values: 'aal1' })))).acr,
    'aal1',
  )
})

test('a user with a second factor shows it once more when an application asks for aal2', async (t) => {
  const options = { secondFactors: { rememberDevice: '30d' } }
  const app = await withOwn(t, options)
  const { open, browser, signIn, idTokenOf, send, as, clock } = app
  const authorization = { ...(await as('ada')), 'content-type': 'application/json' }
  const post = async (path: string, body: object) =>
    (await send('POST', path, { headers: authorization, body: JSON.stringify(body) }))
      .body
  const made = await post('/auth/totp/', { current_password: PASSWORD, label: 'Phone' })
  const { id, secret = '' } = made as { id?: string; secret?: string }
  const code = () => new TOTP({ secret }).generate({ timestamp: clock.now() * 1000 })
  await post('/auth/totp/confirm/', { id, code: code() })

  // Signs in with two steps, and then on the remembered device with one.
  clock.advance(60)
  await browser.open('/account/sign-in/')
  await signIn()
  await browser.submit({ button: 'Continue' }, { code: code(), remember_device: 'yes' })
  clock.advance(60)
  await browser.open('/account/sign-in/?again=1')
  await signIn()
  assert.equal((await idTokenOf(answerIn(await open({})))).acr, 'aal1')

  for (const more of [{ acr_values: 'aal2' }, { claims: AAL2 }]) {
    const page = await open(more)
    assert.match(page.path, /^\/account\/again\//, JSON.stringify(more))
    if ('claims' in more) {
      const silent = answerIn(await open({ ...more, prompt: 'none' }))
      assert.equal(silent.get('error'), 'interaction_required')
      await open(more)
    } else {
      const silent = await open({ ...more, prompt: 'none' })
      assert.equal((await idTokenOf(answerIn(silent))).acr, 'aal1')
      continue
    }
    clock.advance(60)
    const after = await browser.submit({ button: 'Continue' }, { code: code() })
    const token = await idTokenOf(answerIn(after))
    assert.deepEqual([token.acr, token.amr], ['aal2', ['pwd', 'otp']])
  }
})

test('a user with the id of an application gets no tokens that could be its own', async (t) => {
  const { auth, shop, client, browser, address, exchange, form } = await withUser(t)
  const chosen = await client({ id: 'reports' })
  await auth.users.create({ id: 'reports', username: 'reports', password: PASSWORD })
  const web = await shop({ skipConsent: true })
  await browser.open('/account/sign-in/')
  const fields = { login: 'reports', password: PASSWORD }
  await browser.submit({ button: 'Sign in' }, fields)
  const code = answerIn(await browser.open(address(web))).get('code') ?? ''
  assert.equal((await exchange(web, { code })).body.error, 'invalid_grant')
  const { basicOf } = await import('./setup.ts')
  const own = await form(
    '/oauth/token',
    { grant_type: 'client_credentials' },
    basicOf(chosen.id, chosen.secret),
  )
  assert.deepEqual([own.status, own.body.error], [400, 'unauthorized_client'])
})
