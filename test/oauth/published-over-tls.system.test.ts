import assert from 'node:assert/strict'
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { type TestContext, test } from 'node:test'
import { generateKey, importSigningKey, sign } from '../../src/jwt/index.ts'
import { cleanUp } from '../cleanup.ts'
import { until } from '../time.ts'
import { Authority } from './certificates.ts'
import { URL_OF_APP } from './setup.ts'

const { publicJwk, privatePem } = generateKey('ES256')
const KEY = importSigningKey('ES256', privatePem)

/** Servers with a certificate that is not valid for their name, and what the log says of it. */
const WRONG = {
  'name.example': /does not match certificate's altnames/,
  'expired.example': /certificate has expired/,
  'self.example': /self-signed certificate/,
  'stranger.example': /unable to verify the first certificate|unable to get local issuer/,
} as const

const HOSTS = ['app.example', 'private.example', ...Object.keys(WRONG)] as const

/** The servers of applications, one name each, with a key set and a document. */
async function applications(t: TestContext) {
  using authority = new Authority()
  using stranger = new Authority()
  const app = authority.certificateOf('app.example')
  const names: string[] = []
  const server = createServer(app, ({ headers: { host = '' }, url = '' }, response) => {
    names.push(host)
    const document = {
      client_id: `https://${host}${url}`,
      redirect_uris: ['https://app.example/cb'],
    }
    const body = url === '/client.json' ? document : { keys: [publicJwk] }
    const headers = { 'content-type': 'application/json', location: '/keys' }
    response.writeHead(url === '/moved' ? 302 : 200, headers)
    response.end(JSON.stringify(body))
  })
  server.addContext('private.example', authority.certificateOf('private.example'))
  server.addContext('name.example', authority.certificateOf('other.example'))
  server.addContext('expired.example', authority.certificateOf('expired.example', -1))
  server.addContext('self.example', authority.selfSigned('self.example'))
  server.addContext('stranger.example', stranger.certificateOf('stranger.example'))
  await once(server.listen(0, '127.0.0.1'), 'listening')
  cleanUp(t, () => void server.close().closeAllConnections())
  const { port } = server.address() as AddressInfo
  const provider = await startProvider(t, authority, port)
  return { ...provider, port, names }
}

interface Message {
  readonly port?: number
  readonly log?: Readonly<Record<string, unknown>>
}

/** A provider in a process of its own that trusts the authority, since Node.js reads it once. */
async function startProvider(t: TestContext, authority: Authority, port: number) {
  const clients = [
    ...HOSTS.map((host) => ({ id: host, jwksUri: `https://${host}:${port}/keys` })),
    { id: 'moved', jwksUri: `https://app.example:${port}/moved` },
    { id: 'closed', jwksUri: 'https://app.example:1/keys' },
  ]
  const named = clients.map((client) => ({ ...client, name: client.id }))
  const child: ChildProcess = fork(
    new URL('tls-provider.ts', import.meta.url),
    [JSON.stringify(named)],
    {
      execArgv: ['--import', new URL('public-names.ts', import.meta.url).href],
      env: { ...process.env, NODE_EXTRA_CA_CERTS: authority.file },
    },
  )
  cleanUp(t, () => child.kill())
  const logged: NonNullable<Message['log']>[] = []
  child.on('message', ({ log }: Message) => void (log && logged.push(log)))
  let own: number | undefined
  while (own === undefined) [{ port: own }] = await once(child, 'message')
  const token = `http://127.0.0.1:${own}/oauth/token`
  return { logged, token, authorize: `http://127.0.0.1:${own}/oauth/authorize` }
}

let assertions = 0

/** What an application is answered that authenticates with its key. */
async function asked(token: string, id: string) {
  const iat = Math.floor(Date.now() / 1000)
  const jti = `a${assertions++}`
  const claims = { iss: id, sub: id, aud: URL_OF_APP, jti, iat, exp: iat + 60 }
  return posted(token, {
    grant_type: 'client_credentials',
    client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
    client_assertion: sign(claims, KEY),
  })
}

async function posted(address: string, fields: Record<string, string>) {
  const body = new URLSearchParams(fields)
  const response = await fetch(address, { method: 'POST', body })
  const text = await response.text()
  return { status: response.status, error: JSON.parse(text).error, text }
}

test('the keys and the document of an application are read over TLS, and only under a valid certificate', async (t) => {
  const { logged, token, authorize, port, names } = await applications(t)
  const reasonOf = async (part: string): Promise<string> => {
    const found = () => logged.find((entry) => JSON.stringify(entry).includes(part))
    await until(() => found() !== undefined)
    const { reason, message } = found() ?? {}
    return String(reason ?? message)
  }

  assert.equal((await asked(token, 'app.example')).status, 200)
  const document = (host: string): string => `https://${host}:${port}/client.json`
  const redeemed = (client_id: string) =>
    posted(token, {
      grant_type: 'authorization_code',
      client_id,
      code: 'x',
      code_verifier: 'x',
    })
  // The application is known, and the code is not.
  assert.equal((await redeemed(document('app.example'))).error, 'invalid_grant')
  assert.deepEqual(
    names.map((name) => name.split(':')[0]),
    ['app.example', 'app.example'],
  )

  for (const [host, reason] of Object.entries(WRONG)) {
    const { status, error, text } = await asked(token, host)
    assert.deepEqual([status, error], [503, 'temporarily_unavailable'], host)
    assert.doesNotMatch(text, /certificate/, host)
    assert.match(await reasonOf(`https://${host}:${port}/keys`), reason)

    const refused = await redeemed(document(host))
    assert.deepEqual([refused.status, refused.error], [401, 'invalid_client'], host)
    assert.match(await reasonOf(document(host)), reason)
    const query = new URLSearchParams({
      client_id: document(host),
      response_type: 'code',
      redirect_uri: 'https://app.example/cb',
    })
    const page = await fetch(`${authorize}?${query}`)
    assert.equal(page.status, 400, host)
    assert.match(await page.text(), /The document at the address in client_id cannot be/)
  }
  for (const [id, address, reason] of [
    ['private.example', 'private.example', /is not on a public address/],
    ['moved', '/moved', /status 302/],
    ['closed', ':1/keys', /ECONNREFUSED/],
  ] as const) {
    assert.equal((await asked(token, id)).status, 503, id)
    assert.match(await reasonOf(address), reason)
  }
  // Of the others, only that with the redirect was sent a request.
  assert.equal(names.length, 3)
})
