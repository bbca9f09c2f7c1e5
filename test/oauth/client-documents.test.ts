import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import type { OAuthOptions } from '../../src/features/oauth/options.ts'
import { generateKey, importSigningKey, sign } from '../../src/jwt/index.ts'
import { testClock } from '../../src/testing/clock.ts'
import { buildWatchword } from '../build-watchword.ts'
import { cleanUp } from '../cleanup.ts'
import { sqliteStore } from '../stores/open.ts'
import { withUser } from './consent.ts'
import { providerOf, URL_OF_APP } from './setup.ts'

const ID = 'https://agent.example/oauth/client.json'
const REDIRECT = 'http://127.0.0.1:33418/callback'

const DOCUMENT = {
  client_id: ID,
  client_name: 'Agent',
  redirect_uris: [REDIRECT],
  grant_types: ['authorization_code', 'refresh_token'],
  scope: 'openid posts:read',
}

/** A provider that finds these documents. */
async function withDocuments(t: TestContext, documents: Record<string, unknown>) {
  const fetched: string[] = []
  const app = await withUser(t, {
    oauth: {
      scopes: { 'posts:read': 'Read your posts', 'posts:write': 'Change your posts' },
      registrationScopes: ['posts:read'],
      async clientDocuments(address) {
        fetched.push(address)
        const document = documents[address]
        if (document === undefined) throw new Error('no such document')
        return document
      },
    },
  })
  const open = (id: string, more: Record<string, string> = {}) =>
    app.browser.open(app.address({ id }, { redirect_uri: REDIRECT, ...more }))
  return { ...app, fetched, open }
}

test('the address of a document is a client_id', async (t) => {
  const app = await withDocuments(t, { [ID]: DOCUMENT })
  const client = { id: ID, secret: '' }
  const answer = await app.agree(client, { redirect_uri: REDIRECT })
  const code = answer.get('code') ?? undefined
  const fields = { code, client_id: ID, redirect_uri: REDIRECT }
  const { status, body } = await app.exchange(client, fields)
  assert.equal(status, 200)
  const { principal } = await app.guarded(body.access_token ?? '')
  assert.equal(principal?.client?.id, ID)
  assert.deepEqual(app.fetched, [ID])
  assert.deepEqual(
    (await app.auth.clients.list()).map(({ id, name }) => [id, name]),
    [[ID, 'Agent']],
  )
})

test('the user is always asked, and sees where the application is', async (t) => {
  const app = await withDocuments(t, { [ID]: DOCUMENT })
  await app.signedIn()
  for (let i = 0; i < 2; i++) {
    const page = await app.open(ID)
    assert.equal(page.heading, 'Allow Agent to use your account?')
    assert.match(page.text, /it is of agent\.example\. Nobody has checked/)
  }
})

test('a document is fetched again after five minutes, and what it says holds', async (t) => {
  const documents: Record<string, unknown> = { [ID]: DOCUMENT }
  const app = await withDocuments(t, documents)
  await app.signedIn()
  for (let i = 0; i < 3; i++) await app.open(ID)
  assert.equal(app.fetched.length, 1)

  documents[ID] = {
    ...DOCUMENT,
    client_name: 'New name',
    redirect_uris: ['https://b.example/'],
  }
  app.clock.advance('5m')
  assert.match((await app.open(ID)).text, /Mismatching redirect URI/)
  assert.equal((await app.auth.clients.find(ID))?.name, 'New name')
  assert.equal(app.fetched.length, 2)
})

test('an application that was disabled stays so, and is not fetched', async (t) => {
  const app = await withDocuments(t, { [ID]: DOCUMENT })
  await app.signedIn()
  await app.open(ID)
  assert.equal(await app.auth.clients.disable(ID), true)
  app.clock.advance('1h')
  assert.equal((await app.open(ID)).status, 400)
  assert.equal(app.fetched.length, 1)
})

const REFUSED: Readonly<Record<string, unknown>> = {
  'another client_id': { ...DOCUMENT, client_id: 'https://agent.example/other' },
  'no client_id': { ...DOCUMENT, client_id: undefined },
  'a secret': { ...DOCUMENT, client_secret: 'x' },
  'a method with a secret': {
    ...DOCUMENT,
    token_endpoint_auth_method: 'client_secret_basic',
  },
  'a redirect URI of plain http': {
    ...DOCUMENT,
    redirect_uris: ['http://evil.example/'],
  },
  'no redirect URI': { ...DOCUMENT, redirect_uris: [] },
  'a list': [],
  'a text': 'text',
  null: null,
}

for (const [what, document] of Object.entries(REFUSED))
  test(`a document with ${what} is refused, and nothing is stored`, async (t) => {
    const app = await withDocuments(t, { [ID]: document })
    await app.signedIn()
    const page = await app.open(ID)
    assert.equal(page.status, 400)
    assert.deepEqual(await app.auth.clients.list(), [])
  })

test('other spellings of an address are not fetched', async (t) => {
  const app = await withDocuments(t, {})
  await app.signedIn()
  for (const id of [
    'http://agent.example/client.json',
    'https://agent.example/',
    'https://agent.example',
    'https://agent.example/a/../client.json',
    'https://agent.example/client.json#x',
    'https://user@agent.example/client.json',
    'https://AGENT.example/client.json',
    'https://agent.example:443/client.json',
    `https://agent.example/${'x'.repeat(500)}`,
  ])
    assert.equal((await app.open(id)).status, 400, id)
  assert.deepEqual(app.fetched, [])
})

test('a network has twenty documents fetched in an hour', async (t) => {
  const app = await withDocuments(t, {})
  await app.signedIn()
  for (let i = 0; i < 20; i++)
    assert.equal((await app.open(`https://agent.example/${i}`)).status, 400)
  assert.equal((await app.open('https://agent.example/21')).status, 429)
  assert.equal(app.fetched.length, 20)
})

test('by default only public addresses are fetched', async (t) => {
  const app = await withUser(t, { oauth: { clientDocuments: true } })
  await app.signedIn()
  for (const id of ['https://127.0.0.1/client.json', 'https://169.254.169.254/latest']) {
    const page = await app.browser.open(app.address({ id }))
    assert.equal(page.status, 400)
    assert.match(page.text, /cannot be fetched/)
  }
})

test('without the option an address is no client_id', async (t) => {
  const app = await withUser(t)
  await app.signedIn()
  assert.equal((await app.browser.open(app.address({ id: ID }))).status, 400)
})

test('the token endpoint fetches a document, too, and refuses one that is not valid', async (t) => {
  const app = await withDocuments(t, { [ID]: DOCUMENT })
  const known = await app.exchange({ id: ID, secret: '' }, { client_id: ID, code: 'x' })
  assert.equal((known.body as { error?: string }).error, 'invalid_grant')
  const id = 'https://agent.example/none'
  const unknown = await app.exchange({ id, secret: '' }, { client_id: id, code: 'x' })
  assert.equal((unknown.body as { error?: string }).error, 'invalid_client')
})

const KEYS = [keyOf(), keyOf()] as const

function keyOf() {
  const { publicJwk, kid, privatePem } = generateKey('ES256')
  return {
    publicJwk: { ...publicJwk, kid },
    signing: importSigningKey('ES256', privatePem, { kid }),
  }
}

/** Two instances on one store: one that finds documents, and one without the option. */
async function withKeysIn(t: TestContext, documents: Record<string, unknown>) {
  const store = sqliteStore({ file: ':memory:' })
  const clock = testClock()
  let n = 0
  const open = async (clientDocuments: NonNullable<OAuthOptions['clientDocuments']>) => {
    const auth = buildWatchword({
      store,
      secret: 'a secret of the tests, and long enough',
      clock: clock.now,
      url: URL_OF_APP,
      oauth: { clientDocuments },
    })
    await auth.migrate()
    cleanUp(t, () => auth.close())
    const { form } = providerOf({ auth })
    return async ({ signing }: (typeof KEYS)[number]) => {
      const iat = clock.now()
      const claims = { iss: ID, sub: ID, aud: URL_OF_APP, jti: `j${++n}`, iat }
      const { body } = await form('/oauth/token', {
        grant_type: 'authorization_code',
        code: 'x',
        code_verifier: 'x',
        client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
        client_assertion: sign({ ...claims, exp: iat + 60 }, signing),
      })
      return String(body.error)
    }
  }
  return {
    clock,
    ask: await open(async (address) => documents[address]),
    askWithout: await open(false),
  }
}

test('the keys in a document are those that it has now, and none once the option is off', async (t) => {
  const documents: Record<string, unknown> = {}
  const document = (key: (typeof KEYS)[number]) => ({
    ...DOCUMENT,
    token_endpoint_auth_method: 'private_key_jwt',
    jwks: { keys: [key.publicJwk] },
  })
  const { ask, askWithout, clock } = await withKeysIn(t, documents)
  assert.equal(await ask(KEYS[0]), 'invalid_client', 'there is no document')
  documents[ID] = document(KEYS[0])
  // The application is authenticated, and the code is wrong.
  assert.equal(await ask(KEYS[0]), 'invalid_grant')
  assert.equal(await askWithout(KEYS[0]), 'invalid_client')

  documents[ID] = document(KEYS[1])
  assert.equal(await ask(KEYS[0]), 'invalid_grant')
  clock.advance('5m')
  assert.equal(await ask(KEYS[0]), 'invalid_client')
  assert.equal(await ask(KEYS[1]), 'invalid_grant')
})

test('the metadata says that documents are supported', async (t) => {
  const app = await withDocuments(t, {})
  const { body } = await app.send('GET', '/.well-known/oauth-authorization-server')
  assert.equal(body.client_id_metadata_document_supported, true)
})
