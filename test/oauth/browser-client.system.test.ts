import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import cors from 'cors'
import express from 'express'
import { mount } from '../../src/adapters/express.ts'
import { buildWatchword } from '../build-watchword.ts'
import { cleanUp } from '../cleanup.ts'
import { withoutTools } from '../clients/servers/tools.ts'
import { openBrowser } from '../services/chromium.ts'
import { freePort } from '../services/free-port.ts'
import { createAda, EMAIL, optionsFor, register } from './code-flow.ts'
import { PASSWORD } from './consent.ts'

const LIBRARY = join(
  import.meta.dirname,
  '../clients/servers/node_modules/oidc-client-ts/dist/browser/oidc-client-ts.min.js',
)

test('oidc-client-ts in Chromium signs a user in with PKCE, renews the tokens, reads the user and signs out', {
  skip: withoutTools,
  timeout: 120_000,
}, async (t) => {
  const browser = await openBrowser(t)
  if (browser === undefined) return t.skip('chromium is not installed')
  const site = await listening(t, createServer())
  const { url, auth, ada } = await provider(t, site.origin)
  const { client } = await register(auth, {
    proof: 'none',
    redirectUris: [`${site.origin}/callback`],
    postLogoutRedirectUris: [`${site.origin}/signed-out`],
  })
  const settings = {
    authority: url,
    client_id: client.id,
    redirect_uri: `${site.origin}/callback`,
    post_logout_redirect_uri: `${site.origin}/signed-out`,
    scope: 'openid email posts:read',
    loadUserInfo: true,
  }
  site.server.on('request', application(settings))
  const page = await (await browser.newContext()).newPage()

  await page.goto(site.origin)
  // The page is left before its promise is resolved.
  await page.evaluate('void manager.signinRedirect({ state: "/notes" })')
  await page.getByLabel('Username').fill('ada')
  await page.getByLabel('Password', { exact: true }).fill(PASSWORD)
  await page.getByRole('button', { name: 'Sign in', exact: true }).click()
  await page.getByRole('button', { name: 'Allow', exact: true }).click()
  await page.waitForURL(/\/callback\?code=/)
  const user = await page.evaluate<Signed>('manager.signinRedirectCallback()')
  assert.equal(user.profile.sub, ada.id)
  assert.equal(user.profile.email, EMAIL)
  assert.equal(user.state, '/notes')

  const renewed = await page.evaluate<Signed>('manager.signinSilent()')
  assert.notEqual(renewed.refresh_token, user.refresh_token)
  assert.equal(renewed.profile.sub, ada.id)
  const headers = { authorization: `Bearer ${renewed.access_token}` }
  const requirement = { scope: 'posts:read' } as const
  const principal = await auth.require(new Request(url, { headers }), requirement)
  assert.equal(principal.user.username, 'ada')

  await page.evaluate('manager.revokeTokens(["refresh_token"])')
  await assert.rejects(auth.require(new Request(url, { headers }), requirement), {
    code: 'revoked',
  })

  await page.evaluate('void manager.signoutRedirect()')
  await page.waitForURL(`${site.origin}/signed-out*`)
  await page.goto(`${url}/account/`)
  assert.match(await page.title(), /Sign in/)
})

interface Signed {
  readonly profile: { readonly sub: string; readonly email: string }
  readonly state: unknown
  readonly access_token: string
  readonly refresh_token: string
}

async function listening(t: TestContext, server: Server, port = 0) {
  await once(server.listen(port, '127.0.0.1'), 'listening')
  cleanUp(t, () => {
    server.closeAllConnections()
    server.close()
  })
  const { port: given } = server.address() as AddressInfo
  return { server, origin: `http://127.0.0.1:${given}` }
}

/** A provider that lets the page of another origin read its answers. */
async function provider(t: TestContext, origin: string) {
  const port = await freePort()
  const url = `http://127.0.0.1:${port}`
  const auth = buildWatchword(optionsFor('sqlite::memory:', url))
  cleanUp(t, () => auth.close())
  const app = express()
  app.use(cors({ origin }))
  mount(app, auth)
  await listening(t, createServer(app), port)
  return { auth, url, ada: await createAda(auth) }
}

/** A page with the library, at every path. */
function application(settings: object) {
  const app = express()
  app.get('/library.js', (_, res) => res.sendFile(LIBRARY))
  app.use((_, res) => {
    res.type('html').send(`<!doctype html><title>Application</title>
      <script src="/library.js"></script>
      <script>manager = new oidc.UserManager(${JSON.stringify(settings)})</script>`)
  })
  return app
}
