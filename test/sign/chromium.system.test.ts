import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type TestContext, test } from 'node:test'
import { getRequestListener } from '@hono/node-server'
import { guardOf } from '../../src/adapters/fetch.ts'
import { bearer, hawk, httpSignature } from '../../src/authentication.ts'
import { testInstance } from '../../src/testing/index.ts'
import { openBrowser } from '../services/chromium.ts'
import { bundled } from './bundled.ts'
import { keyPairFor } from './keys.ts'

const PASSWORD = 'qhr4-7mzt-w2pd-x9kc'

/** A server with a page, `watchword/sign` as a module, and a guarded route. */
async function serve(t: TestContext) {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => void server.close().closeAllConnections())
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const { auth, clock } = testInstance({
    url,
    dpop: { nonces: true },
    authentication: [httpSignature(), hawk(), bearer()],
  })
  t.after(() => auth.close())
  const ada = await auth.users.create({ username: 'ada', password: PASSWORD })
  const guarded = guardOf(auth)(async (request) =>
    Response.json({ user: request.auth.user.username, body: await request.text() }),
  )
  const module = await bundled('signedFetch, httpSignature, hawk, dpop, dpopKey')
  const answer = (request: Request): Response | Promise<Response> => {
    const { pathname } = new URL(request.url)
    if (pathname === '/notes') return guarded(request)
    if (pathname.startsWith('/api/'))
      return auth.handler(request, { address: '127.0.0.1' })
    if (pathname === '/moved') return Response.redirect(`${url}/notes`, 307)
    if (pathname !== '/sign.js')
      return new Response('<!doctype html><title>Page</title>', {
        headers: { 'content-type': 'text/html' },
      })
    return new Response(module, { headers: { 'content-type': 'text/javascript' } })
  }
  server.on('request', getRequestListener(answer))
  return { url, auth, ada, now: clock.now() }
}

test('requests that Chromium signs are accepted', async (t) => {
  const browser = await openBrowser(t)
  if (browser === undefined) return t.skip('Chromium is not installed')
  const { url, auth, ada, now } = await serve(t)
  const owner = { userId: ada.id }
  const secret = await auth.signingKeys.create(owner)
  const hawkKey = await auth.signingKeys.create(owner, { algorithm: 'hawk-sha256' })
  const { publicJwk, privateJwk } = keyPairFor('ecdsa-p256-sha256')
  const pair = await auth.signingKeys.create(owner, { publicKey: publicJwk })
  const page = await browser.newPage()
  await page.goto(url)
  const program = `(async () => {
    const { signedFetch, httpSignature, hawk, dpop, dpopKey } = await import('/sign.js')
    const clock = () => ${now}
    const post = { method: 'POST', body: '{"title":"Ü"}' }
    const call = async (signer, init = post) => {
      const answer = await signedFetch(signer)('/notes?page=2', init)
      return [answer.status, (await answer.json()).user]
    }
    const hmac = httpSignature({ keyId: '${secret.key.id}', key: '${secret.secret}', clock })
    const key = await dpopKey()
    const signIn = await signedFetch(dpop({ key, clock }))('/api/token/', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ username: 'ada', password: '${PASSWORD}' }),
    })
    const { access } = await signIn.json()
    return {
      secret: await call(hmac),
      read: await call(hmac, {}),
      pair: await call(httpSignature({
        keyId: '${pair.key.id}', key: ${JSON.stringify(privateJwk)}, clock,
      })),
      hawk: await call(hawk({ keyId: '${hawkKey.key.id}', key: '${hawkKey.secret}', clock })),
      dpop: await call(dpop({ key, accessToken: access, clock })),
      moved: await signedFetch(hmac)('/moved').catch(({ name }) => name),
    }
  })()`
  const accepted = [200, 'ada']
  assert.deepEqual(await page.evaluate(program), {
    secret: accepted,
    read: accepted,
    pair: accepted,
    hawk: accepted,
    dpop: accepted,
    moved: 'SignatureError',
  })
})
