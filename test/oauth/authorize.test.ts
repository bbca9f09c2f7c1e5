import assert from 'node:assert/strict'
import { test } from 'node:test'
import { wordsOf } from '../pages/site.ts'
import { answerIn, REDIRECT, withUser } from './consent.ts'
import { URL_OF_APP } from './setup.ts'

test('a user who is not signed in signs in, agrees, and goes back to the application', async (t) => {
  const { shop, address, browser, signIn } = await withUser(t)
  const client = await shop()

  const first = await browser.open(address(client))
  assert.equal(first.heading, 'Sign in')
  const consent = await signIn()
  assert.equal(consent.heading, 'Allow Shop to use your account?')
  assert.match(wordsOf(consent), /Know who you are Read your posts/)
  assert.match(wordsOf(consent), /signed in as ada.* shop\.example\.com/)
  const policy = consent.headers.get('content-security-policy') ?? ''
  assert.match(policy, /form-action 'self' https:\/\/shop\.example\.com;/)
  assert.match(policy, /frame-ancestors 'none'/)

  const after = await browser.submit({ button: 'Allow' })
  assert.ok(after.path.startsWith(`${REDIRECT}?`), after.path)
  const answer = answerIn(after)
  assert.match(answer.get('code') ?? '', /^[\w-]{43}$/)
  assert.equal(answer.get('state'), 'a state')
  assert.equal(answer.get('iss'), URL_OF_APP)
})

test('a user who does not agree goes back with access_denied (OT-16)', async (t) => {
  const { shop, address, browser, signedIn } = await withUser(t)
  await signedIn()
  await browser.open(address(await shop()))
  const answer = answerIn(await browser.submit({ button: 'Do not allow' }))
  assert.deepEqual(Object.fromEntries(answer), {
    error: 'access_denied',
    state: 'a state',
    iss: URL_OF_APP,
  })
})

test('nothing is sent to an address that is not registered (OT-13, OT-15)', async (t) => {
  const { shop, address, browser, auth, signedIn } = await withUser(t)
  const client = await shop({ redirectUris: [REDIRECT, 'https://a/cb'] })
  const off = await shop()
  await auth.clients.disable(off.id)
  const wrong = [
    address({ id: 'nobody' }),
    address({ id: '' }),
    address(off),
    address(client, { redirect_uri: undefined }),
    address(client, { client_id: undefined }),
    ...[
      'https://a/cb/',
      'https://a/cb?x=1',
      'https://a.evil/cb',
      'http://a/cb',
      'https://a/cb#x',
      'javascript:alert(1)',
      '//evil.example',
      'https://[::1',
    ].map((redirect_uri) => address(client, { redirect_uri })),
    address(client, { redirect_uri: 'https://evil.example/cb', prompt: 'none' }),
    address(client, { redirect_uri: 'https://evil.example/cb', response_type: 'token' }),
    `${address(client)}&state=twice`,
    `${address(client)}&redirect_uri=https://evil.example`,
  ]
  for (const signed of [false, true]) {
    if (signed) await signedIn()
    for (const path of wrong) {
      const page = await browser.open(path)
      assert.equal(page.status, 400, path)
      assert.equal(page.path, path)
      assert.doesNotMatch(page.text, /http-equiv="refresh"/)
    }
  }
  assert.equal((await browser.open('/oauth/authorize?client_id=%ZZ%00')).status, 400)
})

test('the port of a loopback address is that of the application (OT-14)', async (t) => {
  const { shop, agree, exchange, browser } = await withUser(t)
  const client = await shop({ proof: 'none', redirectUris: ['http://127.0.0.1/cb'] })
  const redirect_uri = 'http://127.0.0.1:51004/cb'
  const answer = await agree(client, { redirect_uri })
  assert.ok(browser.page.path.startsWith(`${redirect_uri}?code=`))
  const code = answer.get('code') ?? ''
  const tokens = await exchange(client, { client_id: client.id, code, redirect_uri })
  assert.equal(tokens.status, 200, tokens.text)
})

test('what is wrong with a request is sent to the application (OT-08)', async (t) => {
  const { shop, address, browser } = await withUser(t)
  const client = await shop()
  for (const [more, error, description] of [
    [{ code_challenge: undefined }, 'invalid_request', 'Code challenge required.'],
    [
      { code_challenge_method: undefined },
      'invalid_request',
      'Transform algorithm not supported.',
    ],
    [
      { code_challenge_method: 'plain' },
      'invalid_request',
      'Transform algorithm not supported.',
    ],
    [{ code_challenge: 'short' }, 'invalid_request', undefined],
    [{ response_type: undefined }, 'invalid_request', 'Missing response_type parameter.'],
    [{ response_type: 'token' }, 'unsupported_response_type', undefined],
    [{ response_type: 'code id_token' }, 'unsupported_response_type', undefined],
    [{ response_mode: 'fragment' }, 'invalid_request', undefined],
    [{ scope: 'unknown' }, 'invalid_scope', undefined],
    [{ resource: 'https://evil.example' }, 'invalid_target', undefined],
    [{ prompt: 'none login' }, 'invalid_request', undefined],
    [{ prompt: 'x' }, 'invalid_request', undefined],
    [{ max_age: '-1' }, 'invalid_request', undefined],
    [{ request: 'x.y.z' }, 'request_not_supported', undefined],
    [{ request_uri: 'https://x' }, 'request_uri_not_supported', undefined],
    [{ prompt: 'none' }, 'login_required', undefined],
  ] as const) {
    const page = await browser.open(address(client, more))
    assert.ok(page.path.startsWith(`${REDIRECT}?`), JSON.stringify(more))
    const answer = answerIn(page)
    assert.equal(answer.get('error'), error, JSON.stringify(more))
    assert.equal(answer.get('state'), 'a state')
    assert.equal(answer.get('iss'), URL_OF_APP)
    if (description !== undefined)
      assert.equal(answer.get('error_description'), description)
  }
})

test('a consent is remembered for an application with a secret, for what was agreed to', async (t) => {
  const { shop, address, agree, exchange, browser, auth, ada } = await withUser(t)
  const client = await shop()
  const code = (await agree(client)).get('code') ?? ''
  await exchange(client, { code })

  const again = await browser.open(address(client, { prompt: 'none' }))
  assert.match(answerIn(again).get('code') ?? '', /^[\w-]{43}$/)
  const more = await browser.open(address(client, { scope: 'openid email' }))
  assert.equal(more.heading, 'Allow Shop to use your account?')
  const asked = await browser.open(address(client, { prompt: 'consent' }))
  assert.equal(asked.heading, 'Allow Shop to use your account?')
  const silent = await browser.open(
    address(client, { scope: 'openid email', prompt: 'none' }),
  )
  assert.equal(answerIn(silent).get('error'), 'consent_required')

  const [session] = (await auth.sessions.list(ada.id)).filter(({ clientId }) => clientId)
  await auth.sessions.revoke(session?.id ?? '')
  const revoked = await browser.open(address(client))
  assert.equal(revoked.heading, 'Allow Shop to use your account?')
})

test('an application that cannot keep a secret asks each time, one of your own never', async (t) => {
  const { shop, address, agree, exchange, browser } = await withUser(t)
  const app = await shop({ proof: 'none' })
  const code = (await agree(app)).get('code') ?? ''
  assert.equal((await exchange(app, { client_id: app.id, code })).status, 200)
  const again = await browser.open(address(app))
  assert.equal(again.heading, 'Allow Shop to use your account?')

  const own = await shop({ skipConsent: true })
  const answer = answerIn(await browser.open(address(own)))
  assert.match(answer.get('code') ?? '', /^[\w-]{43}$/)
})

test('after a sign-in without a consent a page goes on: the policy of forms stops redirects', async (t) => {
  const { shop, address, browser, signIn } = await withUser(t)
  const own = await shop({ skipConsent: true })
  await browser.open(address(own))
  const page = await signIn()
  assert.equal(page.status, 200)
  assert.match(page.text, /<meta http-equiv="refresh" content="0;url=https:\/\/shop/)
  assert.match(answerIn(page).get('code') ?? '', /^[\w-]{43}$/)
})

test('an application can ask for a new sign-in', async (t) => {
  const { shop, address, browser, signedIn, signIn, clock } = await withUser(t)
  const client = await shop({ skipConsent: true })
  await signedIn()
  for (const more of [{ prompt: 'login' }, { max_age: '60' }]) {
    clock.advance(61)
    const page = await browser.open(address(client, more))
    assert.equal(page.heading, 'Sign in', JSON.stringify(more))
    const after = await signIn()
    assert.match(answerIn(after).get('code') ?? '', /^[\w-]{43}$/, JSON.stringify(more))
  }
  const recent = await browser.open(address(client, { max_age: '60' }))
  assert.match(answerIn(recent).get('code') ?? '', /^[\w-]{43}$/)
  clock.advance(1)
  const zero = await browser.open(address(client, { max_age: '0' }))
  assert.equal(zero.heading, 'Sign in')
  assert.match(answerIn(await signIn()).get('code') ?? '', /^[\w-]{43}$/)
  clock.advance(1)
  const silent = await browser.open(address(client, { max_age: '0', prompt: 'none' }))
  assert.equal(answerIn(silent).get('error'), 'login_required')
})

test('what strangers let the page keep is limited', async (t) => {
  const { shop, address, auth } = await withUser(t)
  const path = address(await shop(), { prompt: 'login' })
  const ask = async () =>
    (await auth.handler(new Request(`http://127.0.0.1${path}`))).status

  for (let i = 0; i < 100; i++) assert.equal(await ask(), 303)
  assert.equal(await ask(), 429)
})

test('a consent is given once, by the browser that was asked, and by its user', async (t) => {
  const { shop, address, browser, signedIn, auth } = await withUser(t)
  const client = await shop()
  await signedIn()
  const page = await browser.open(address(client))
  const request = /name="request" value="([^"]*)"/.exec(page.text)?.[1] ?? ''
  const token = /name="csrfmiddlewaretoken" value="([^"]*)"/.exec(page.text)?.[1] ?? ''
  const fields = { request, decision: 'allow', csrfmiddlewaretoken: token }

  const foreign = await browser.post('/oauth/authorize', {
    ...fields,
    csrfmiddlewaretoken: '',
  })
  assert.equal(foreign.status, 403)
  const site = { 'sec-fetch-site': 'cross-site', origin: 'https://evil.example' }
  assert.equal((await browser.post('/oauth/authorize', fields, site)).status, 403)

  const { testBrowser } = await import('../pages/site.ts')
  const other = testBrowser(auth)
  await auth.users.create({ username: 'eve', password: 'qhr4-7mzt-w2pd-x9kc' })
  await other.open('/account/sign-in/')
  await other.submit(
    { button: 'Sign in' },
    { login: 'eve', password: 'qhr4-7mzt-w2pd-x9kc' },
  )
  const hers = await other.open(address(client))
  const herToken = /name="csrfmiddlewaretoken" value="([^"]*)"/.exec(hers.text)?.[1] ?? ''
  const stolen = await other.post('/oauth/authorize', {
    ...fields,
    csrfmiddlewaretoken: herToken,
  })
  assert.equal(stolen.status, 400)

  const agreed = await browser.post('/oauth/authorize', fields)
  assert.match(answerIn(agreed).get('code') ?? '', /^[\w-]{43}$/)
  assert.equal((await browser.post('/oauth/authorize', fields)).status, 400)
})

test('the name of an application is shown as it is', async (t) => {
  const { shop, address, browser, signedIn } = await withUser(t)
  await signedIn()
  const client = await shop({ name: '<script>alert(1)</script>' })
  const page = await browser.open(address(client))
  assert.match(page.text, /&lt;script&gt;/)
  assert.doesNotMatch(page.text, /<script>alert/)
})

// OpenID Connect Core 1.0 §3.1.2.1
test('an application may send its request as a form of its own site', async (t) => {
  const { shop, address, browser, signIn, auth } = await withUser(t)
  const client = await shop()
  const fields = new URLSearchParams(address(client).split('?')[1])
  const site = { 'sec-fetch-site': 'cross-site', origin: 'https://shop.example.com' }
  const first = await browser.post('/oauth/authorize', fields, site)
  assert.equal(first.heading, 'Sign in')
  assert.equal((await signIn()).heading, 'Allow Shop to use your account?')
  const after = await browser.submit({ button: 'Allow' })
  assert.match(answerIn(after).get('code') ?? '', /^[\w-]{43}$/)

  const long = new URLSearchParams([...fields, ['unknown', 'x'.repeat(3000)]])
  long.set('state', 'y'.repeat(500))
  const stored = await browser.post('/oauth/authorize', long, site)
  assert.equal(stored.heading, 'Allow Shop to use your account?')
  const agreed = answerIn(await browser.submit({ button: 'Allow' }))
  assert.equal(agreed.get('state'), 'y'.repeat(500))

  const twice = new URLSearchParams(`${fields}&state=twice`)
  assert.equal((await browser.post('/oauth/authorize', twice, site)).status, 400)
  const inBoth = await browser.post('/oauth/authorize?state=twice', fields, site)
  assert.equal(inBoth.status, 400)
  const foreign = new URLSearchParams(fields)
  foreign.set('redirect_uri', 'https://evil.example')
  assert.equal((await browser.post('/oauth/authorize', foreign, site)).status, 400)
  // Without a cookie the answer is an address: browsers send none with a form of another site.
  const plain = await auth.handler(
    new Request('https://app.example.com/oauth/authorize', {
      method: 'POST',
      body: fields,
      headers: site,
    }),
  )
  assert.equal(plain.status, 303)
  assert.equal(plain.headers.get('location'), `/oauth/authorize?${fields}`)
})
