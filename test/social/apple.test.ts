import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import type { ServerResponse } from 'node:http'
import { test } from 'node:test'
import { jwtVerify } from 'jose'
import { pageApp } from '../pages/setup.ts'
import { ORIGIN } from '../pages/site.ts'
import { CLIENT, fakeProvider, type Person } from './provider.ts'

const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const KEY = {
  clientId: CLIENT.clientId,
  teamId: 'TEAM123456',
  keyId: 'KEY1234567',
  privateKey: privateKey.export({ type: 'pkcs8', format: 'pem' }) as string,
}

/** What Apple's ID tokens have, with a text where others have a boolean. */
const SUE = {
  sub: '001234.abcdef.5678',
  email: 'sue@privaterelay.example.com',
  email_verified: 'true',
  is_private_email: 'true',
  nonce_supported: true,
}

const json = (body: object) => (response: ServerResponse) => {
  response.writeHead(200, { 'content-type': 'application/json' })
  response.end(JSON.stringify(body))
}

/** An instance whose users sign in with a stand-in for Apple, as Apple's documentation describes it. */
async function appleApp() {
  const clock = { now: () => 0 }
  const secrets: string[] = []
  const provider = await fakeProvider(
    () => clock.now(),
    (secret) => secrets.push(secret ?? '') > 0,
  )
  const { issuer } = provider
  // There is no user info.
  const discovery = {
    issuer,
    authorization_endpoint: `${issuer}/authorize`,
    token_endpoint: `${issuer}/token`,
    jwks_uri: `${issuer}/jwks`,
    response_types_supported: ['code'],
    response_modes_supported: ['query', 'fragment', 'form_post'],
    subject_types_supported: ['pairwise'],
    id_token_signing_alg_values_supported: ['ES256'],
    scopes_supported: ['openid', 'email', 'name'],
    token_endpoint_auth_methods_supported: ['client_secret_post'],
  }
  provider.faults.set('/.well-known/openid-configuration', json(discovery))
  const app = await pageApp({
    user: { first_name: 'string?', last_name: 'string?' },
    social: {
      apple: {
        ...KEY,
        issuer,
        attributes: ({ claims }) => ({
          ...(claims.given_name !== undefined && { first_name: claims.given_name }),
          ...(claims.family_name !== undefined && { last_name: claims.family_name }),
        }),
      },
    },
  })
  clock.now = () => app.instance.clock.now()
  const { auth } = app.instance
  return {
    ...app,
    secrets,
    now: () => clock.now(),
    /** A person agrees, and Apple's page sends a form. @returns the page that the browser sees */
    async signIn(person: Person, user?: string) {
      app.browser.cookies.clear()
      const { path } = await app.browser.open('/account/sign-in/with/apple/')
      const { searchParams } = provider.agree(path, person)
      if (user !== undefined) searchParams.set('user', user)
      searchParams.set('id_token', 'not read')
      const posted = await auth.handler(
        new Request(`${ORIGIN}/auth/social/apple/callback/`, {
          method: 'POST',
          headers: {
            origin: 'https://appleid.apple.com',
            'sec-fetch-site': 'cross-site',
          },
          body: searchParams,
        }),
      )
      const location = posted.headers.get('location') ?? ''
      return {
        asked: new URL(path).searchParams,
        location,
        page: await app.browser.open(location),
      }
    },
    find: () => auth.users.find({ email: SUE.email }),
    [Symbol.asyncDispose]: async () => {
      await app[Symbol.asyncDispose]()
      await provider[Symbol.asyncDispose]()
    },
  }
}

const USER = JSON.stringify({
  name: { firstName: 'Sue', lastName: 'Smith' },
  email: 'ada@example.com',
})

test('Apple is asked for a form, with a nonce and without PKCE, and gets a secret that the key has signed', async () => {
  await using app = await appleApp()
  const { asked, page } = await app.signIn(SUE)
  assert.equal(page.path, '/account/')
  assert.equal(asked.get('response_mode'), 'form_post')
  assert.equal(asked.get('scope'), 'openid email name')
  assert.match(asked.get('nonce') ?? '', /^[\w-]{43}$/)
  assert.equal(asked.get('code_challenge'), null)

  const { protectedHeader, payload } = await jwtVerify(app.secrets[0] ?? '', publicKey, {
    issuer: KEY.teamId,
    subject: KEY.clientId,
    audience: 'https://appleid.apple.com',
    currentDate: new Date(app.now() * 1000),
    maxTokenAge: '5m',
  })
  assert.deepEqual([protectedHeader.alg, protectedHeader.kid], ['ES256', KEY.keyId])
  assert.equal((payload.exp ?? 0) - (payload.iat ?? 0), 300)
})

test('the name that Apple sends the first time becomes that of the account, and stays', async () => {
  await using app = await appleApp()
  const { location } = await app.signIn(SUE, USER)
  // The address beside the name is not signed: it goes nowhere.
  assert.doesNotMatch(location, /ada|user=|id_token/)
  const names = { first_name: 'Sue', last_name: 'Smith' }
  assert.deepEqual((await app.find())?.attributes, names)
  assert.notEqual((await app.find())?.emailVerifiedAt, undefined)

  await app.signIn(SUE)
  await app.signIn(SUE, JSON.stringify({ name: { firstName: 'Eve' } }))
  assert.deepEqual((await app.find())?.attributes, names)
  assert.equal((await app.instance.auth.users.list()).length, 2)
})

for (const user of [
  '{',
  'null',
  '[]',
  '{"name":"Sue"}',
  '{"name":{"firstName":{"a":1}}}',
  JSON.stringify({ name: { firstName: 'x'.repeat(101) } }),
])
  test(`a user of Apple without a name signs in: ${user.slice(0, 40)}`, async () => {
    await using app = await appleApp()
    const { page } = await app.signIn(SUE, user)
    assert.equal(page.path, '/account/')
    assert.deepEqual((await app.find())?.attributes, {})
  })

test('an address that Apple does not call verified is not', async () => {
  await using app = await appleApp()
  await app.signIn({ ...SUE, email_verified: 'false' })
  assert.equal((await app.find())?.emailVerifiedAt, undefined)
})
