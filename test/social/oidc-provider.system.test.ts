import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type TestContext, test } from 'node:test'
import Provider from 'oidc-provider'
import { oidc } from '../../src/index.ts'
import { buildWatchword } from '../build-watchword.ts'
import { cleanUp } from '../cleanup.ts'
import { ORIGIN, testBrowser } from '../pages/site.ts'
import { aDatabase } from '../services/postgres.ts'
import { CLIENT } from './provider.ts'

/** A provider of another author, whose users agree at once. @returns its address */
async function otherProvider(t: TestContext): Promise<string> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  cleanUp(t, () => {
    server.closeAllConnections()
    server.close()
  })
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const provider = new Provider(issuer, {
    clients: [
      {
        client_id: CLIENT.clientId,
        client_secret: CLIENT.clientSecret,
        redirect_uris: [`${ORIGIN}/auth/social/acme/callback/`],
        token_endpoint_auth_method: 'client_secret_post',
      },
    ],
    pkce: { required: () => true },
    claims: { openid: ['sub'], email: ['email', 'email_verified'], profile: ['name'] },
    features: { devInteractions: { enabled: false } },
    interactions: { url: (_, { uid }) => `/interaction/${uid}` },
    findAccount: (_, accountId) => ({
      accountId,
      claims: async () => ({
        sub: accountId,
        email: `${accountId}@example.com`,
        email_verified: true,
      }),
    }),
    async loadExistingGrant({ oidc: { client, session } }) {
      const grant = new provider.Grant({
        clientId: client?.clientId ?? '',
        accountId: session?.accountId ?? '',
      })
      grant.addOIDCScope('openid email profile')
      await grant.save()
      return grant
    },
  })
  const answer = provider.callback()
  server.on('request', (request, response) => {
    if (request.url?.startsWith('/interaction/') !== true)
      return void answer(request, response)
    const login = { accountId: 'sue' }
    void provider.interactionFinished(request, response, { login })
  })
  return issuer
}

/** A browser at the provider. @returns the address that it is sent back to */
async function agreedAt(authorizationUrl: string): Promise<URL> {
  const cookies = new Map<string, string>()
  let url = authorizationUrl
  for (let step = 0; step < 8; step++) {
    const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ')
    const response = await fetch(url, { redirect: 'manual', headers: { cookie } })
    for (const each of response.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(each) ?? []
      cookies.set(name, value)
    }
    const location = response.headers.get('location')
    assert.ok(location !== null, `${response.status} ${await response.text()}`)
    const next = new URL(location, url)
    if (next.origin === ORIGIN) return next
    url = next.href
  }
  throw new Error('The provider does not send the browser back.')
}

const SQLITE = { url: 'sqlite::memory:', drop: () => undefined }

for (const [name, open] of [
  ['SQLite', async () => SQLITE],
  ['PostgreSQL', aDatabase],
] as const)
  test(`${name}: a person signs in with oidc-provider, twice, to one account`, async (t) => {
    const database = await open()
    if (typeof database === 'string') return t.skip(database)
    const issuer = await otherProvider(t)
    const auth = buildWatchword({
      database: database.url,
      secret: 'a secret of the tests of pages, which is long enough',
      url: ORIGIN,
      pages: true,
      accounts: true,
      mail: () => {},
      social: { acme: oidc(issuer, CLIENT) },
    })
    cleanUp(t, () => database.drop())
    cleanUp(t, () => auth.close())

    for (const _ of [1, 2]) {
      const browser = testBrowser(auth)
      const begun = await browser.open('/account/sign-in/with/acme/?next=/account/')
      const back = await agreedAt(begun.path)
      const returned = await browser.open(back.pathname + back.search)
      assert.equal(returned.path, '/account/', returned.text)
      assert.match(returned.text, /sue@example\.com/)
      // The code and the state are spent.
      const again = await browser.open(back.pathname + back.search)
      assert.equal(again.status, 400)
    }

    const users = await auth.users.list()
    assert.equal(users.length, 1)
    assert.notEqual(users[0]?.emailVerifiedAt, undefined)
    const identities = await auth.identities.list(users[0]?.id ?? '')
    assert.deepEqual(
      identities.map(({ provider, subject }) => [provider, subject]),
      [['acme', 'sue']],
    )
  })
