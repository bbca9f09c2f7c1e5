import assert from 'node:assert/strict'
import { test } from 'node:test'
import { proofKeyPair } from '../proofs/key.ts'
import { answerIn, REDIRECT, referenceTo, withUser } from './consent.ts'
import { PARTNER_API, URL_OF_APP } from './setup.ts'

test('a request that was pushed gives a code, and its address shows nothing of it', async (t) => {
  const { shop, pushed, browser, signIn, exchange } = await withUser(t)
  const client = await shop()
  const { status, body, headers } = await pushed(client, { nonce: 'a-nonce' })
  assert.equal(status, 201)
  assert.equal(headers.get('cache-control'), 'no-store')
  assert.equal(body.expires_in, 90)
  const reference = body.request_uri ?? ''
  assert.match(reference, /^urn:ietf:params:oauth:request_uri:[\w-]{43}$/)

  await browser.open(referenceTo(client, reference))
  assert.match(browser.page.heading, /Sign in/)
  assert.doesNotMatch(browser.page.path, /a-nonce|a\+state|posts/)
  await signIn()
  assert.match(browser.page.heading, /^Allow/)
  assert.doesNotMatch(browser.page.path, /a-nonce|posts/)
  await browser.submit({ button: 'Allow' })
  const answer = answerIn(browser.page)
  assert.equal(answer.get('state'), 'a state')
  const tokens = await exchange(client, { code: answer.get('code') ?? '' })
  assert.equal(tokens.status, 200)
})

test('a reference works once, for ninety seconds, and for its application alone', async (t) => {
  const { shop, pushed, browser, signedIn, clock, address } = await withUser(t)
  const [client, other] = [await shop(), await shop()]
  await signedIn()
  const open = async (reference: string | undefined, by = client) => {
    const page = await browser.open(referenceTo(by, reference))
    return page.heading
  }
  const reference = async () => (await pushed(client)).body.request_uri

  const used = await reference()
  assert.match(await open(used), /^Allow/)
  assert.doesNotMatch(await open(used), /^Allow/)
  assert.match(browser.page.text, /was used before/)

  const late = await reference()
  clock.advance(90)
  assert.doesNotMatch(await open(late), /^Allow/)
  assert.doesNotMatch(await open(await reference(), other), /^Allow/)
  for (const unknown of ['urn:ietf:params:oauth:request_uri:', `${used}x`, `${used}'"<`])
    assert.doesNotMatch(await open(unknown), /^Allow/, unknown)
  // A reference of another kind is none, and nothing is fetched.
  await browser.open(address(client, { request_uri: 'https://evil.example/r.jwt' }))
  assert.match(browser.page.path, /error=request_uri_not_supported/)
})

test('of fifty browsers that come with one reference one is asked', async (t) => {
  const { shop, pushed, send } = await withUser(t)
  const client = await shop()
  const { body } = await pushed(client)
  const address = referenceTo(client, body.request_uri)
  const answers = await Promise.all(
    Array.from({ length: 50 }, () => send('GET', address)),
  )
  const statuses = answers.map(({ status }) => status)
  assert.equal(statuses.filter((status) => status === 303).length, 1)
  assert.equal(statuses.filter((status) => status === 400).length, 49)
})

test('the application authenticates before anything else', async (t) => {
  const { shop, pushed, auth } = await withUser(t)
  const client = await shop()
  const wrong = await pushed({ ...client, secret: 'wrong' }, { redirect_uri: 'nonsense' })
  assert.deepEqual([wrong.status, wrong.body.error], [401, 'invalid_client'])
  const none = await pushed({ ...client, secret: '' })
  assert.deepEqual([none.status, none.body.error], [401, 'invalid_client'])
  await auth.clients.disable(client.id)
  assert.equal((await pushed(client)).status, 401)
})

test('what the consent page would refuse is refused at once', async (t) => {
  const { shop, pushed, client } = await withUser(t)
  const app = await shop()
  const faults: [Record<string, string | undefined>, string][] = [
    [{ redirect_uri: 'https://evil.example/cb' }, 'invalid_request'],
    [{ redirect_uri: `${REDIRECT}/` }, 'invalid_request'],
    [{ scope: 'unknown' }, 'invalid_scope'],
    [{ resource: 'https://unknown.example' }, 'invalid_target'],
    [{ code_challenge: undefined }, 'invalid_request'],
    [{ code_challenge_method: 'plain' }, 'invalid_request'],
    [{ response_type: 'token' }, 'invalid_request'],
    [{ request: 'a.b.c' }, 'invalid_request'],
    [{ request_uri: 'urn:ietf:params:oauth:request_uri:x' }, 'invalid_request'],
    [{ dpop_jkt: 'short' }, 'invalid_request'],
    [{ client_id: 'another' }, 'invalid_request'],
  ]
  for (const [fault, error] of faults) {
    const { status, body } = await pushed(app, fault)
    assert.deepEqual([status, body.error], [400, error], JSON.stringify(fault))
  }
  const machine = await client()
  assert.equal((await pushed(machine)).body.error, 'invalid_request')
})

test('secrets are not stored with a request', async (t) => {
  const { shop, form, address, auth, browser, signedIn } = await withUser(t)
  const client = await shop()
  const query = new URLSearchParams(address(client).replace(/^[^?]*\?/, ''))
  query.set('client_secret', client.secret)
  const { status, body } = await form('/oauth/par', query)
  assert.equal(status, 201)
  await signedIn()
  await browser.open(referenceTo(client, body.request_uri))
  assert.ok(!browser.page.text.includes(client.secret))
  assert.ok(!JSON.stringify(await auth.events.list({})).includes(client.secret))
})

test('an application, or every one, can be required to push its requests', async (t) => {
  const { shop, browser, address, pushed, signIn } = await withUser(t)
  const client = await shop({ requirePushedAuthorizationRequests: true })
  const refusedIn = async (path: string) => {
    await browser.open(path)
    return /error=invalid_request/.test(browser.page.path)
  }
  assert.equal(await refusedIn(address(client)), true)
  assert.equal(await refusedIn(address(client, { prompt: 'login' })), true)
  assert.equal(await refusedIn(`${address(client)}&watchword_back=1`), true)
  const long = address(client, { nonce: 'n'.repeat(1500) })
  assert.equal(await refusedIn(long), true)

  // Also after the sign-in.
  const { body } = await pushed(client)
  await browser.open(referenceTo(client, body.request_uri))
  await signIn()
  assert.match(browser.page.heading, /^Allow/)

  const strict = await withUser(t, {
    oauth: { requirePushedAuthorizationRequests: true },
  })
  const any = await strict.shop({ scopes: ['openid'] })
  await strict.signedIn()
  await strict.browser.open(strict.address(any, { scope: 'openid' }))
  assert.match(strict.browser.page.path, /error=invalid_request/)
  const reference = (await strict.pushed(any, { scope: 'openid' })).body.request_uri
  await strict.browser.open(referenceTo(any, reference))
  assert.match(strict.browser.page.heading, /^Allow/)
  const { body: metadata } = await strict.send('GET', '/.well-known/openid-configuration')
  assert.equal(metadata.require_pushed_authorization_requests, true)
  assert.equal(metadata.pushed_authorization_request_endpoint, `${URL_OF_APP}/oauth/par`)
})

test('a form that another site sends does not go round it', async (t) => {
  const { shop, address, send, browser } = await withUser(t)
  const client = await shop({ requirePushedAuthorizationRequests: true })
  const body = address(client, { nonce: 'n'.repeat(1500) }).replace(/^[^?]*\?/, '')
  const headers = { 'content-type': 'application/x-www-form-urlencoded' }
  const { status, headers: answered } = await send('POST', '/oauth/authorize', {
    headers,
    body,
  })
  if (status === 303) {
    await browser.open(answered.get('location') ?? '')
    assert.match(browser.page.path, /error=invalid_request/)
  } else assert.equal(status, 403)
})

test('a proof with a pushed request binds its code to the key', async (t) => {
  const { shop, pushed, browser, signedIn, exchange, form, clock } = await withUser(t)
  const phone = await shop({ proof: 'none' })
  const [key, other] = [proofKeyPair(), proofKeyPair()]
  const at = (path: string, by = key) =>
    by.proof({ url: URL_OF_APP + path, now: clock.now() })
  const mixed = await pushed(phone, { dpop_jkt: other.jkt }, { dpop: at('/oauth/par') })
  assert.deepEqual([mixed.status, mixed.body.error], [400, 'invalid_dpop_proof'])
  const wrong = await pushed(phone, {}, { dpop: at('/oauth/token') })
  assert.equal(wrong.body.error, 'invalid_dpop_proof')

  const { body } = await pushed(phone, {}, { dpop: at('/oauth/par') })
  await signedIn()
  await browser.open(referenceTo(phone, body.request_uri))
  await browser.submit({ button: 'Allow' })
  const code = answerIn(browser.page).get('code') ?? ''
  assert.equal(
    (await exchange(phone, { client_id: phone.id, code })).body.error,
    'invalid_dpop_proof',
  )
  const fields = {
    grant_type: 'authorization_code',
    client_id: phone.id,
    code,
    code_verifier: 'dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk',
  }
  const redeem = (by: typeof key) =>
    form('/oauth/token', fields, undefined, { dpop: at('/oauth/token', by) })
  assert.equal((await redeem(other)).body.error, 'invalid_grant')
  assert.equal((await redeem(key)).body.token_type, 'DPoP')
})

test('the resources of a pushed request are those of its tokens', async (t) => {
  const { shop, pushed, browser, signedIn, exchange } = await withUser(t)
  const client = await shop({ resources: [PARTNER_API] })
  const { body } = await pushed(client, { resource: PARTNER_API })
  await signedIn()
  await browser.open(referenceTo(client, body.request_uri))
  await browser.submit({ button: 'Allow' })
  const code = answerIn(browser.page).get('code') ?? ''
  const token = (await exchange(client, { code })).body.access_token ?? ''
  const { aud } = JSON.parse(
    Buffer.from(token.split('.')[1] ?? '', 'base64url').toString(),
  )
  assert.equal(aud, PARTNER_API)
})
