/** Signed requests behind nginx, which may pass the path of the public address on, or cut it off. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type TestContext, test } from 'node:test'
import { mount } from '../../src/adapters/node.ts'
import { hawk, httpSignature } from '../../src/authentication.ts'
import * as signers from '../../src/sign/index.ts'
import { testInstance } from '../../src/testing/index.ts'
import { anNginx } from '../services/nginx.ts'

const PUBLIC = 'https://auth.example.com/api'

const LOCATIONS = {
  'passed on': 'location /api/ { proxy_pass http://watchword; }',
  'cut off': 'location /api/ { proxy_pass http://watchword/; }',
}

const SIGNERS = ['httpSignature', 'hawk'] as const

/** An instance behind nginx that signs its answers, and what sends signed requests to it; a text: why there is none. */
async function behindNginx(t: TestContext, path: keyof typeof LOCATIONS) {
  const { auth, clock } = testInstance({
    url: PUBLIC,
    authentication: [httpSignature({ signAnswers: true }), hawk({ signAnswers: true })],
    proxies: 1,
  })
  t.after(() => auth.close())
  const server = createServer()
  const guard = mount(server, auth)
  server.on(
    'request',
    guard((request, response) => {
      const body = String(request.url)
      response.writeHead(200, request.auth.signature?.signAnswer?.({ body })).end(body)
    }),
  )
  await once(server.listen(0, '127.0.0.1'), 'listening')
  t.after(() => server.close().closeAllConnections())
  const nginx = await anNginx(`127.0.0.1:${(server.address() as AddressInfo).port}`, [
    ['location / {', `${LOCATIONS[path]}\nlocation / {`],
  ])
  if (typeof nginx === 'string') return nginx
  t.after(() => nginx.stop())
  const { id: userId } = await auth.users.create({ username: 'ada' })
  const origin = `http://127.0.0.1:${nginx.port}`
  const send = (request: Request) =>
    fetch(new Request(request.url.replace('https://auth.example.com', origin), request))
  const fetchWith = async (scheme: (typeof SIGNERS)[number]) => {
    const algorithm = scheme === 'hawk' ? 'hawk-sha256' : 'hmac-sha256'
    const { key, secret = '' } = await auth.signingKeys.create({ userId }, { algorithm })
    const options = { keyId: key.id, key: secret, clock: clock.now }
    const verifyAnswers = signers.responseVerifier({
      keys: { [key.id]: secret },
      clock: clock.now,
    })
    const signer =
      scheme === 'hawk'
        ? signers.hawk({ ...options, verifyAnswers: true })
        : signers.httpSignature({ ...options, verifyAnswers })
    return signers.signedFetch(signer, { fetch: send })
  }
  return { fetchWith }
}

/** nginx writes a path again if it cuts something off: then it is not the one that was signed. */
const ANSWERS = {
  'passed on': { '/a%2Fb': 200, '/%7Ea?b': 200, '//a': 200 },
  'cut off': { '/a%2Fb': 401, '/%7Ea?b': 401, '//a': 401 },
} as const

for (const path of ['passed on', 'cut off'] as const)
  for (const scheme of SIGNERS)
    test(`${scheme}() behind nginx, with the path of the address ${path}`, async (t) => {
      const site = await behindNginx(t, path)
      if (typeof site === 'string') return t.skip(site)
      const fetchSigned = await site.fetchWith(scheme)
      const statusOf = async (target: string, init?: RequestInit) =>
        (await fetchSigned(PUBLIC + target, init)).status
      assert.equal(await statusOf('/notes'), 200)
      assert.equal(await statusOf('/notes?q=%2F&r=%7E+b&&=&s=ü'), 200)
      assert.equal(await statusOf('/notes?', { method: 'POST', body: 'x' }), 200)
      for (const [target, status] of Object.entries(ANSWERS[path]))
        assert.equal(await statusOf(target), status, target)
    })
