import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { type Options, oauth2, watchword } from '../../src/index.ts'
import { testInstance } from '../../src/testing/index.ts'
import { CLIENT } from './provider.ts'
import { agreed, BACK, bearer, begin, PASSWORD, signInAs, socialApp } from './setup.ts'

const SUE = { sub: 's-1', email: 'sue@example.com', email_verified: true }

test('the first sign-in of a person creates an account, and the next one finds it', async () => {
  await using app = await socialApp()

  const first = await signInAs(app, SUE)
  const second = await signInAs(app, SUE)

  assert.equal(first.status, 200, JSON.stringify([first.body, app.log]))
  assert.equal(first.body.created, true)
  assert.equal(second.body.created, false)
  const me = await app.request('GET', '/auth/identities/', undefined, bearer(second))
  assert.equal(me.body.length, 1)
  assert.equal(me.body[0].provider, 'acme')
  assert.equal(me.body[0].subject, 's-1')
  const user = await app.auth.users.find({ email: 'sue@example.com' })
  assert.notEqual(user?.emailVerifiedAt, undefined)
  const [event] = await app.auth.events.list({ kind: 'signed_in' })
  assert.deepEqual(event?.detail, { methods: ['social'] })
})

test('the way to the provider has state, nonce and PKCE, and none of their secrets is stored', async () => {
  await using app = await socialApp()

  const { url, cookie } = await begin(app)

  const query = new URL(url).searchParams
  assert.equal(query.get('client_id'), 'app-1')
  assert.equal(query.get('redirect_uri'), BACK)
  assert.equal(query.get('response_type'), 'code')
  assert.equal(query.get('scope'), 'openid email profile')
  assert.equal(query.get('code_challenge_method'), 'S256')
  for (const name of ['state', 'nonce', 'code_challenge'])
    assert.match(query.get(name) ?? '', /^[\w-]{43}$/)
  assert.match(cookie, /^__Host-watchword-social=[\w-]{43}$/)
})

test('a state is its browser’s alone, and redeemed once', async () => {
  await using app = await socialApp()
  const { proof, cookie } = await agreed(app, SUE)
  const other = await begin(app)

  assert.equal((await app.signIn(proof)).body.code, 'invalid_code')
  assert.equal(
    (await app.signIn(proof, { cookie: other.cookie })).body.code,
    'invalid_code',
  )
  assert.equal((await app.signIn(proof, { cookie })).status, 200)
  assert.equal((await app.signIn(proof, { cookie })).body.code, 'invalid_code')
})

test('a state expires after ten minutes', async () => {
  await using app = await socialApp()
  const { proof, cookie } = await agreed(app, SUE)
  app.clock.advance('601s')

  assert.equal((await app.signIn(proof, { cookie })).body.code, 'invalid_code')
})

test('a state of one provider is refused by another', async () => {
  await using app = await socialApp()
  const { proof, cookie } = await agreed(app, SUE)

  const answer = await app.request('POST', '/auth/social/github/', proof, { cookie })
  assert.equal(answer.body.code, 'invalid_code')
})

test('a code that was injected does not fit the PKCE verifier and the nonce of the state', async () => {
  await using app = await socialApp()
  const attacker = await agreed(app, SUE)
  const victim = await agreed(app, { sub: 'victim' })

  const answer = await app.signIn(
    { code: attacker.proof.code, state: victim.proof.state },
    { cookie: victim.cookie },
  )

  assert.equal(answer.status, 400)
  assert.equal(answer.body.code, 'provider_refused')
})

test('only allowed addresses are returned to, and they are compared as text', async () => {
  await using app = await socialApp()

  for (const uri of [`${BACK}/more`, `${BACK}?x=1`, 'https://evil.example/done', '']) {
    const answer = await app.request(
      'GET',
      `/auth/social/acme/?redirect_uri=${encodeURIComponent(uri)}`,
    )
    assert.equal(answer.status, 400, uri)
    assert.deepEqual(answer.body.redirect_uri, [
      'This address is not allowed: list it in redirectUris of the provider.',
    ])
  }
})

test('a provider that the options do not name is not found', async () => {
  await using app = await socialApp()

  for (const name of ['nobody', 'constructor', '__proto__'])
    assert.equal((await app.request('GET', `/auth/social/${name}/`)).status, 404)
})

for (const [what, sub] of [
  ['without a subject', undefined],
  ['with null', null],
  ['with an empty one', ''],
  ['with true', true],
] as const)
  test(`a profile ${what} is refused`, async () => {
    await using app = await socialApp({}, { profile: ({ id }) => ({ subject: id }) })

    const answer = await signInAs(app, { sub: 's', id: sub, email: 'a@b.example' })

    assert.equal(answer.body.code, 'provider_refused')
    assert.equal(await app.auth.users.find({ email: 'a@b.example' }), undefined)
  })

test('subjects are compared as texts, and 0 is one', async () => {
  await using app = await socialApp({}, { profile: ({ id }) => ({ subject: id }) })
  const created = async (id: unknown) => (await signInAs(app, { sub: 's', id })).body

  assert.equal((await created(900)).created, true)
  assert.equal((await created('900')).created, false)
  assert.equal((await created(0)).created, true)
  assert.equal((await created('0')).created, false)
})

test('an inactive account is refused, however it signs in (UM-01)', async () => {
  await using app = await socialApp()
  await signInAs(app, SUE)
  const user = await app.auth.users.find({ email: SUE.email })
  await app.auth.users.change(user?.id ?? '', { active: false })

  const byCode = await signInAs(app, SUE)
  const byIdToken = await app.signIn({ id_token: app.provider.idToken(SUE) })
  const byToken = await app.signIn({ access_token: app.provider.accessToken(SUE) })

  for (const { status, body } of [byCode, byIdToken, byToken]) {
    assert.equal(status, 401)
    assert.equal(body.detail, 'No active account found with the given credentials')
  }
})

test('the address of an account does not sign in to it by default, verified or not (SO-09)', async () => {
  await using app = await socialApp()
  await app.auth.users.create({
    username: 'ada',
    password: PASSWORD,
    email: 'ada@example.com',
    emailVerified: true,
  })

  for (const email_verified of [true, false]) {
    // The same address in other letters is the same (SO-11).
    const person = { sub: 'x', email: 'Ada@Example.com', email_verified }
    const answer = await signInAs(app, person)
    assert.equal(answer.status, 409)
    assert.equal(answer.body.code, 'account_exists')
  }
  assert.equal((await app.auth.events.list({ kind: 'identity_linked' })).length, 0)
})

test('with the switch, an address that both sides have verified links (SO-10)', async () => {
  await using app = await socialApp({}, { linkByVerifiedEmail: true })
  const { id } = await app.auth.users.create({
    username: 'ada',
    password: PASSWORD,
    email: 'ada@example.com',
    emailVerified: true,
  })
  const person = { sub: 'x', email: 'ada@example.com' }

  assert.equal(
    (await signInAs(app, { ...person, email_verified: false })).body.code,
    'account_exists',
  )
  assert.equal(
    (await signInAs(app, { ...person, email_verified: 'true' })).body.code,
    'account_exists',
  )
  const linked = await signInAs(app, { ...person, email_verified: true })

  assert.equal(linked.status, 200)
  assert.equal(linked.body.created, false)
  const [event] = await app.auth.events.list({ kind: 'identity_linked' })
  assert.equal(event?.userId, id)
  // The password is the owner's.
  const byPassword = await app.request('POST', '/api/token/', {
    username: 'ada',
    password: PASSWORD,
  })
  assert.equal(byPassword.status, 200)
})

test('an account whose address nobody has verified here does not link, unless its user signed up with it', async () => {
  await using app = await socialApp({}, { linkByVerifiedEmail: true })
  await app.auth.users.create({
    username: 'ada',
    password: PASSWORD,
    email: 'ada@example.com',
  })

  const answer = await signInAs(app, {
    sub: 'x',
    email: 'ada@example.com',
    email_verified: true,
  })
  assert.equal(answer.body.code, 'account_exists')
})

for (const linkByVerifiedEmail of [true, false])
  test(`who signed up with another person’s address loses it to the owner (UM-03), link ${linkByVerifiedEmail}`, async () => {
    await using app = await socialApp(
      {
        accounts: { requireActivation: false },
        mail: () => {},
      },
      { linkByVerifiedEmail },
    )
    const credentials = { username: 'mallory', password: PASSWORD }
    const signedUp = await app.request('POST', '/auth/users/', {
      ...credentials,
      email: 'victim@example.com',
    })
    assert.ok([201, 202].includes(signedUp.status), JSON.stringify(signedUp.body))
    const stranger = await app.request('POST', '/api/token/', credentials)
    assert.equal(stranger.status, 200)

    const victim = await signInAs(app, {
      sub: 'victim',
      email: 'victim@example.com',
      email_verified: true,
    })

    assert.equal(victim.status, 200, JSON.stringify(victim.body))
    assert.equal((await app.request('POST', '/api/token/', credentials)).status, 401)
    const refresh = { refresh: stranger.body.refresh }
    assert.equal((await app.request('POST', '/api/token/refresh/', refresh)).status, 401)
    const user = await app.auth.users.find({ email: 'victim@example.com' })
    const sessions = await app.auth.sessions.list(user?.id ?? '')
    assert.equal(sessions.filter(({ revokedAt }) => revokedAt === undefined).length, 1)
    assert.notEqual(user?.emailVerifiedAt, undefined)
  })

test('an identity with an address that it has not verified loses the account to the owner', async () => {
  await using app = await socialApp({
    accounts: { requireActivation: false },
    mail: () => {},
  })
  const person = { email: 'victim@example.com', email_verified: false }
  const stranger = await signInAs(app, { ...person, sub: 'mallory' })
  assert.equal(stranger.status, 200)

  const victim = await signInAs(app, { ...person, sub: 'victim', email_verified: true })

  assert.equal(victim.status, 200, JSON.stringify(victim.body))
  const refresh = { refresh: stranger.body.refresh }
  assert.equal((await app.request('POST', '/api/token/refresh/', refresh)).status, 401)
  const { body } = await app.request(
    'GET',
    '/auth/identities/',
    undefined,
    bearer(victim),
  )
  assert.deepEqual(
    body.map((each: { subject: string }) => each.subject),
    ['victim'],
  )
  assert.equal(
    (await signInAs(app, { ...person, sub: 'mallory' })).body.code,
    'account_exists',
  )
})

test('an ID token signs in: its audience, issuer, times, nonce and signature are checked (SO-03, SO-17)', async () => {
  await using app = await socialApp({}, { trustedAudiences: ['phone-app'] })
  const { provider } = app
  const of = (claims: object = {}) => provider.idToken({ ...SUE, ...claims })
  const now = app.clock.now()
  const [header = '', payload = '', signature = ''] = of().split('.')
  const none = Buffer.from('{"alg":"none"}').toString('base64url')
  const forged = Buffer.from(
    JSON.stringify({
      ...JSON.parse(Buffer.from(payload, 'base64url').toString()),
      sub: 'x',
    }),
  )

  for (const [what, id_token, nonce] of [
    ['another application', of({ aud: 'other-app' })],
    ['several applications', of({ aud: ['app-1', 'other-app'] })],
    ['another issuer', of({ iss: 'https://evil.example' })],
    ['expired', of({ iat: now - 600, exp: now - 300 })],
    ['a nonce that was not sent', of({ nonce: 'a' })],
    ['another nonce', of({ nonce: 'a' }), 'b'],
    ['no nonce', of(), 'b'],
    ['no algorithm', `${none}.${payload}.`],
    ['other claims', `${header}.${forged.toString('base64url')}.${signature}`],
    ['no token', 'x'],
    ['no object', `${header}.${Buffer.from('null').toString('base64url')}.${signature}`],
  ] as const) {
    const answer = await app.signIn({ id_token, ...(nonce && { nonce }) })
    assert.equal(answer.status, 400, what)
    assert.equal(answer.body.code, 'provider_refused', what)
  }
  assert.equal((await app.signIn({ id_token: of() })).status, 200)
  assert.equal((await app.signIn({ id_token: of({ aud: 'phone-app' }) })).status, 200)
  assert.equal(
    (await app.signIn({ id_token: of({ nonce: 'a' }), nonce: 'a' })).status,
    200,
  )
})

test('an access token signs in only if the provider proves that it is the application’s (SO-03)', async () => {
  await using app = await socialApp({}, { trustedAudiences: ['phone-app'] })
  const { provider } = app

  const foreign = provider.accessToken(SUE, 'other-app')
  for (const access_token of [foreign, 'unknown'])
    assert.equal((await app.signIn({ access_token })).body.code, 'provider_refused')
  assert.equal(await app.auth.users.find({ email: SUE.email }), undefined)

  const own = await app.signIn({ access_token: provider.accessToken(SUE) })
  const ofPhone = provider.accessToken(SUE, 'phone-app')
  assert.equal(own.body.created, true)
  assert.equal((await app.signIn({ access_token: ofPhone })).body.created, false)
})

test('a provider that cannot prove whose access tokens are takes none', async () => {
  const outer = await socialApp()
  await using _ = outer
  const { endpoints } = outer.provider
  await using app = await socialApp({
    social: {
      acme: oauth2({ ...CLIENT, endpoints, profile: ({ sub }) => ({ subject: sub }) }),
    },
  })

  const access_token = outer.provider.accessToken(SUE)
  assert.equal((await app.signIn({ access_token })).body.code, 'provider_refused')
  assert.ok(!outer.provider.requested.includes('/me'))
})

test('an application that begins by itself sends the code with its verifier', async () => {
  await using app = await socialApp()
  const code_verifier = 'v'.repeat(43)
  const { createHash } = await import('node:crypto')
  const challenge = createHash('sha256').update(code_verifier).digest('base64url')
  const query = new URLSearchParams({ redirect_uri: BACK, code_challenge: challenge })
  const codeOf = () =>
    app.provider.agree(`https://x/?${query}`, SUE).searchParams.get('code') ?? ''

  const wrong = { code: codeOf(), redirect_uri: BACK, code_verifier: 'w'.repeat(43) }
  assert.equal((await app.signIn(wrong)).body.code, 'provider_refused')
  const elsewhere = {
    code: codeOf(),
    redirect_uri: 'https://evil.example',
    code_verifier,
  }
  assert.deepEqual((await app.signIn(elsewhere)).body.redirect_uri, [
    'This address is not allowed: list it in redirectUris of the provider.',
  ])
  const right = { code: codeOf(), redirect_uri: BACK, code_verifier }
  assert.equal((await app.signIn(right)).status, 200)
})

test('a request without a code and without a token is invalid', async () => {
  await using app = await socialApp()

  const answer = await app.signIn({})
  assert.equal(answer.status, 400)
  assert.deepEqual(answer.body.non_field_errors, [
    'Send a code, an ID token or an access token.',
  ])
})

test('what the provider says of an error is in the log alone (SO-06)', async () => {
  await using app = await socialApp()
  const { proof, cookie } = await agreed(app, SUE)

  const answer = await app.signIn({ ...proof, code: 'wrong' }, { cookie })

  assert.deepEqual(answer.body, {
    detail: 'The provider did not confirm the sign-in.',
    code: 'provider_refused',
  })
  assert.match(JSON.stringify(app.log), /private words of the provider/)
})

test('a provider that is down is a 503 (SO-07)', async () => {
  await using app = await socialApp()
  const { proof, cookie } = await agreed(app, SUE)
  app.provider.faults.set('/token', (response) => void response.writeHead(502).end())

  const answer = await app.signIn(proof, { cookie })

  assert.equal(answer.status, 503)
  assert.equal(answer.body.code, 'temporarily_unavailable')
  assert.ok(Number(answer.headers.get('retry-after')) > 0)
})

test('a discovery document that could not be read is read again', async () => {
  await using app = await socialApp()
  const path = '/.well-known/openid-configuration'
  app.provider.faults.set(path, (response) => void response.writeHead(500).end())
  assert.equal((await begin(app)).begun.status, 503)

  app.provider.faults.clear()
  assert.equal((await begin(app)).begun.status, 200)
})

test('a name that the provider suggests is taken if it is free', async () => {
  await using app = await socialApp(
    {},
    { profile: ({ sub, nick }) => ({ subject: sub, username: nick }) },
  )
  for (const sub of ['1', '2'])
    assert.equal((await signInAs(app, { sub, nick: 'sue' })).body.created, true)

  const page = await app.auth.users.list()
  const names = page.map((user) => user.username)
  assert.ok(names.includes('sue'))
  assert.equal(names.length, 2)
})

test('no account is created if the options say so', async () => {
  for (const [options, provider] of [
    [{}, { signUp: false }],
    [{ accounts: { signUp: 'off', requireActivation: false } }, {}],
  ] as const) {
    await using app = await socialApp(options, provider)
    assert.equal((await signInAs(app, SUE)).status, 401)
    assert.equal(await app.auth.users.find({ email: SUE.email }), undefined)
  }
})

test('fields of the option user come from the profile', async () => {
  await using app = await socialApp(
    { user: { first_name: 'string' } },
    { attributes: ({ claims }) => ({ first_name: claims.given_name }) },
  )

  await signInAs(app, { ...SUE, given_name: 'Sue' })
  const user = await app.auth.users.find({ email: SUE.email })
  assert.deepEqual(user?.attributes, { first_name: 'Sue' })
})

test('a second factor is asked for', async () => {
  await using app = await socialApp({ secondFactors: { required: ['staff'] } })
  await signInAs(app, SUE)
  const user = await app.auth.users.find({ email: SUE.email })
  await app.auth.users.change(user?.id ?? '', { staff: true })

  const answer = await signInAs(app, SUE)
  assert.equal(answer.status, 403)
  assert.equal(answer.body.code, 'mfa_required')
})

test('a user who is signed in connects a provider, and another user cannot', async () => {
  await using app = await socialApp()
  for (const username of ['ada', 'eve'])
    await app.auth.users.create({ username, password: PASSWORD })
  const link = async (username: string) =>
    app.request(
      'POST',
      '/auth/identities/',
      { provider: 'acme', id_token: app.provider.idToken(SUE) },
      await app.as(username),
    )

  const linked = await link('ada')
  assert.equal(linked.status, 201, JSON.stringify(linked.body))
  assert.equal((await link('ada')).body.id, linked.body.id)
  const taken = await link('eve')
  assert.equal(taken.status, 400)
  assert.deepEqual(taken.body.non_field_errors, [
    'This account is connected to another user.',
  ])
  const signedIn = await app.signIn({ id_token: app.provider.idToken(SUE) })
  assert.equal(signedIn.body.created, false)
})

test('connecting and disconnecting take a fresh sign-in', async () => {
  await using app = await socialApp()
  await app.auth.users.create({ username: 'ada', password: PASSWORD })
  const headers = await app.as('ada')
  app.clock.advance('601s')
  const again = await app.request('POST', '/api/token/', {
    username: 'ada',
    password: PASSWORD,
  })
  const fresh = bearer(again)
  const id_token = app.provider.idToken(SUE)
  const link = { provider: 'acme', id_token }

  const stale = await app.request('POST', '/auth/identities/', link, headers)
  assert.equal(stale.status, 401)
  const { body } = await app.request('POST', '/auth/identities/', link, fresh)
  app.clock.advance('250s')
  const gone = await app.request(
    'DELETE',
    `/auth/identities/${body.id}/`,
    { current_password: PASSWORD },
    fresh,
  )
  assert.equal(gone.status, 204, JSON.stringify(gone.body))
})

test('the last way to sign in cannot be removed (SO-14)', async () => {
  await using app = await socialApp({ passkeys: true })
  const signedIn = await signInAs(app, SUE)
  const headers = bearer(signedIn)
  const list = await app.request('GET', '/auth/identities/', undefined, headers)
  const path = `/auth/identities/${list.body[0].id}/`
  const remove = (at = path) => app.request('DELETE', at, {}, headers)

  const last = await remove()
  assert.equal(last.status, 400)
  assert.deepEqual(last.body.non_field_errors, [
    'This is the last way to sign in: set a password first.',
  ])
  const other = await app.request(
    'POST',
    '/auth/identities/',
    { provider: 'acme', id_token: app.provider.idToken({ sub: 's-2' }) },
    headers,
  )
  assert.equal(other.status, 201)
  assert.equal((await remove()).status, 204)
  assert.equal((await remove()).status, 404)
  assert.equal((await remove(`/auth/identities/${other.body.id}/`)).status, 400)
})

test('an identity of a provider that the options name no more is no way to sign in', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'watchword-'))
  const provider = { clientId: 'app-1', clientSecret: 'secret' }
  const open = (social: NonNullable<Options['social']>) =>
    watchword({ database: `sqlite:${join(directory, 'auth.db')}`, social, log: () => {} })
  const before = open({ google: provider, github: provider })
  const { id } = await before.users.create({ username: 'sue' })
  await before.identities.link(id, { provider: 'github', subject: 'former' })
  const { id: only } = await before.identities.link(id, {
    provider: 'google',
    subject: 's-1',
  })
  await before.close()

  const after = open({ google: provider })
  await assert.rejects(after.identities.unlink(id, only), { code: 'invalid' })
  await after.close()
  rmSync(directory, { recursive: true })
})

test('another user’s identity is not found', async () => {
  await using app = await socialApp()
  const { body } = await signInAs(app, SUE)
  const [identity] = await app.auth.identities.list(
    (await app.auth.users.find({ email: SUE.email }))?.id ?? '',
  )
  await app.auth.users.create({ username: 'eve', password: PASSWORD })
  assert.ok(body.access)

  const path = `/auth/identities/${identity?.id}/`
  const answer = await app.request('DELETE', path, {}, await app.as('eve'))
  assert.equal(answer.status, 404)
})

test('the identities of a deleted user are gone, and the person signs up anew', async () => {
  await using app = await socialApp()
  await signInAs(app, SUE)
  const user = await app.auth.users.find({ email: SUE.email })
  await app.auth.users.delete(user?.id ?? '')

  assert.equal((await signInAs(app, SUE)).body.created, true)
})

test('two first sign-ins of a person at once make one account', async () => {
  await using app = await socialApp()
  const person = { sub: 's-9' }
  const proofs = await Promise.all([agreed(app, person), agreed(app, person)])

  const answers = await Promise.all(
    proofs.map(({ proof, cookie }) => app.signIn(proof, { cookie })),
  )

  assert.deepEqual(
    answers.map(({ status }) => status),
    [200, 200],
  )
  assert.equal((await app.auth.users.list()).length, 1)
})

test('too many sign-ins of a network are throttled before the provider is asked', async () => {
  await using app = await socialApp()
  const proof = { access_token: 'x' }
  const statuses = new Set<number>()
  for (let i = 0; i < 101; i++) statuses.add((await app.signIn(proof)).status)

  assert.ok(statuses.has(429))
  const before = app.provider.requested.length
  await app.signIn(proof)
  assert.equal(app.provider.requested.length, before)
})

for (const [social, message] of [
  [{ keycloak: { clientId: 'x' } }, /social\.keycloak needs "issuer".*tenant\.$/],
  [
    { nobody: { clientId: 'x' } },
    /social\.nobody is not a built-in provider: .*"provider"/,
  ],
  [
    { apple: { clientId: 'x' } },
    /social\.apple needs teamId, keyId and privateKey: copy them/,
  ],
  [{ Google: { clientId: 'x' } }, /must be lower-case letters/],
] as const)
  test(`the option social with ${Object.keys(social)} is refused with what to add`, () => {
    assert.throws(() => testInstance({ social }), { code: 'invalid_config', message })
  })
