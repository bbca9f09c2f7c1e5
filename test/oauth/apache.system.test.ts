import assert from 'node:assert/strict'
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { cleanUp } from '../cleanup.ts'
import { anApache, withoutApache } from '../services/apache.ts'
import { freePort } from '../services/free-port.ts'
import { EMAIL } from './code-flow.ts'
import { served } from './served.ts'

const PASSPHRASE = 'a passphrase of the sessions of Apache, long enough'

test('mod_auth_openidc of Apache protects a page, and knows the user', {
  skip: withoutApache,
}, async (t) => {
  const { register, browser, url, ada } = await served(t)
  const port = await freePort()
  const site = `http://127.0.0.1:${port}`
  const redirect = `${site}/private/callback`
  const { id, secret } = await register({
    redirectUris: [redirect],
    postLogoutRedirectUris: [`${site}/open`],
  })
  const stop = await anApache(port, (root) => {
    writeFileSync(join(root, 'open'), 'open')
    mkdirSync(join(root, 'private'))
    writeFileSync(join(root, 'private/page'), 'private')
    // Its processes run as another user.
    chmodSync(dirname(root), 0o755)
    return `
DocumentRoot ${root}
OIDCProviderMetadataURL ${url}/.well-known/openid-configuration
OIDCClientID ${id}
OIDCClientSecret ${secret}
OIDCRedirectURI ${redirect}
OIDCCryptoPassphrase "${PASSPHRASE}"
OIDCPKCEMethod S256
OIDCScope "openid email"
OIDCIDTokenSignedResponseAlg ES256
OIDCSSLValidateServer Off
<Location /private>
  AuthType openid-connect
  Require valid-user
  # Otherwise it sends only navigations to the provider, and fetch makes others.
  OIDCUnAuthAction auth true
  Header always set X-Subject expr=%{HTTP:OIDC_CLAIM_sub}
  Header always set X-Email expr=%{HTTP:OIDC_CLAIM_email}
</Location>
`
  })
  cleanUp(t, stop)

  assert.equal((await browser.open(`${site}/open`)).text, 'open')
  await browser.open(`${site}/private/page`)
  assert.match(browser.page.heading, /Sign in/)
  const page = await browser.agree()
  assert.equal(page.text, 'private')
  assert.equal(page.headers.get('x-subject'), ada.id)
  assert.equal(page.headers.get('x-email'), EMAIL)

  const after = encodeURIComponent(`${site}/open`)
  const signedOut = await browser.open(`${redirect}?logout=${after}`)
  assert.equal(signedOut.text, 'open')
  assert.match((await browser.open(`${url}/account/`)).heading, /Sign in/)
})
