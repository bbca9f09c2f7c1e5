/** Answers that an instance signs (RFC 9421 §2.4), as clients verify them. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { type TestContext, test } from 'node:test'
import { createVerifier, httpbis } from 'http-message-signatures'
import * as inNode from '../../src/adapters/node.ts'
import {
  type AnswerToSign,
  type HttpSignatureOptions,
  httpSignature,
} from '../../src/authentication.ts'
import {
  type ResponseVerifierOptions,
  responseVerifier,
  signedFetch,
  httpSignature as signer,
} from '../../src/sign/index.ts'
import { testInstance } from '../../src/testing/index.ts'
import { ASYMMETRIC, keyPairFor } from '../sign/keys.ts'

const SECRET = 'qhr4-7mzt-w2pd-x9kc-and-thirty-two-bytes'
const server = keyPairFor('ed25519')
const SERVER_KEY = {
  keyId: 'server',
  algorithm: 'ed25519',
  key: server.privateJwk,
} as const satisfies HttpSignatureOptions['signAnswers']

interface Sent {
  readonly status: number
  readonly headers: Record<string, string>
  readonly body: string
}

const HELLO: Sent = {
  status: 201,
  headers: { 'Content-Type': 'application/json' },
  body: '{"hello":"ada"}',
}

interface Answers extends HttpSignatureOptions {
  /** The part of the public address that a proxy cuts off. */
  readonly prefix?: string
  /** What is sent in the place of what was signed. */
  readonly changed?: (answer: Sent) => Sent
  readonly signed?: AnswerToSign
}

/** A server whose handler signs its answers, and a user with two keys, `mac` and `pair`. */
async function serving(
  t: TestContext,
  {
    signAnswers = true,
    prefix = '',
    changed = (answer) => answer,
    signed = HELLO,
    ...options
  }: Answers = {},
) {
  const http = createServer()
  t.after(() => http.close().closeAllConnections())
  await once(http.listen(0, '127.0.0.1'), 'listening')
  const origin = `http://127.0.0.1:${(http.address() as AddressInfo).port}`
  const app = testInstance({
    url: origin + prefix,
    authentication: [httpSignature({ ...options, signAnswers })],
  })
  t.after(() => app.auth.close())
  const { id: userId } = await app.auth.users.create({ username: 'ada' })
  const client = keyPairFor('ed25519')
  await app.auth.signingKeys.create({ userId }, { id: 'mac', secret: SECRET })
  await app.auth.signingKeys.create(
    { userId },
    { id: 'pair', algorithm: 'ed25519', publicKey: client.publicJwk },
  )
  const guard = inNode.mount(http, app.auth)
  const handler = guard(async (request, response) => {
    await text(request)
    const added = request.auth.signature?.signAnswer?.(signed)
    const { status, headers, body } = changed({
      ...HELLO,
      headers: { ...HELLO.headers, ...added },
    })
    response.writeHead(status, headers).end(body)
  })
  http.on('request', handler)
  const clock = app.clock.now
  const fetchWith = (keyId: 'mac' | 'pair', keys: ResponseVerifierOptions['keys']) => {
    const key = keyId === 'mac' ? SECRET : client.privateJwk
    const verifyAnswers = responseVerifier({ keys, clock })
    const send = (request: Request) =>
      fetch(new Request(request.url.replace(prefix, ''), request))
    return signedFetch(signer({ keyId, key, clock, verifyAnswers }), { fetch: send })
  }
  return { ...app, notes: `${origin}${prefix}/notes?q=%2F`, fetchWith }
}

const POST = { method: 'POST', body: 'x' }

test('an answer is signed with the secret of the client, who verifies it', async (t) => {
  const app = await serving(t)
  const fetchSigned = app.fetchWith('mac', { mac: SECRET })
  for (const init of [{}, POST, { method: 'HEAD' }]) {
    const answer = await fetchSigned(app.notes, init)
    assert.equal(answer.status, 201)
    assert.equal(await answer.text(), init.method === 'HEAD' ? '' : HELLO.body)
  }
})

for (const algorithm of ASYMMETRIC)
  test(`an answer is signed with a key of the server: ${algorithm}`, async (t) => {
    const pair = keyPairFor(algorithm)
    const key = pair.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
    const app = await serving(t, { signAnswers: { keyId: 'server', algorithm, key } })
    const publicKey = { key: pair.publicJwk, algorithm } as const
    for (const keyId of ['mac', 'pair'] as const) {
      const fetchSigned = app.fetchWith(keyId, { server: publicKey })
      assert.equal((await fetchSigned(app.notes, POST)).status, 201)
    }
  })

test('an answer to a request behind a proxy that cuts a path is signed for what the client has sent', async (t) => {
  const app = await serving(t, { prefix: '/api' })
  const answer = await app.fetchWith('mac', { mac: SECRET })(app.notes, POST)
  assert.equal(answer.status, 201)
})

for (const [what, changed, message] of [
  ['status', (answer: Sent) => ({ ...answer, status: 200 }), /not the one of this/],
  ['body', (answer: Sent) => ({ ...answer, body: 'x' }), /Content-Digest/],
  [
    'type',
    (answer: Sent) => ({
      ...answer,
      headers: { ...answer.headers, 'Content-Type': 'text/html' },
    }),
    /not the one of this/,
  ],
] as const)
  test(`an answer whose ${what} was changed is an error`, async (t) => {
    const app = await serving(t, { changed })
    await assert.rejects(app.fetchWith('mac', { mac: SECRET })(app.notes), {
      name: 'SignatureError',
      message,
    })
  })

test('an answer to the same request, sent another time, is an error', async (t) => {
  let first: Sent | undefined
  const app = await serving(t, { changed: (answer) => (first ??= answer) })
  const fetchSigned = app.fetchWith('mac', { mac: SECRET })
  await fetchSigned(app.notes)
  await assert.rejects(fetchSigned(app.notes), { name: 'SignatureError' })
})

test('a client with a public key gets no signature that is made with a secret', async (t) => {
  const app = await serving(t)
  await assert.rejects(app.fetchWith('pair', { mac: SECRET })(app.notes), {
    name: 'SignatureError',
  })
})

test('without the option, answers are not signed', async (t) => {
  const app = await serving(t, { signAnswers: false })
  await assert.rejects(app.fetchWith('mac', { mac: SECRET })(app.notes), {
    name: 'SignatureError',
  })
})

test('the signature of an answer does not sign a request', async (t) => {
  const app = await serving(t, { components: [], nonce: false })
  const answer = await app.fetchWith('mac', { mac: SECRET })(app.notes)
  const headers = ['signature', 'signature-input', 'content-digest'].map(
    (name): [string, string] => [name, answer.headers.get(name) ?? ''],
  )
  const replayed = await fetch(app.notes, { headers })
  assert.equal(replayed.status, 401)
  assert.match(await replayed.text(), /is not the one of this request/)
})

test('http-message-signatures verifies a signed answer', async (t) => {
  const app = await serving(t, { signAnswers: SERVER_KEY })
  const { headers } = await signer({
    keyId: 'mac',
    key: SECRET,
    clock: app.clock.now,
  }).sign({ url: app.notes })
  const answer = await fetch(app.notes, { headers })
  const verify = (status: number, request: object) =>
    httpbis.verifyMessage(
      {
        keyLookup: async ({ keyid }) => ({
          id: String(keyid),
          algs: ['ed25519'],
          verify: createVerifier(server.publicKey, 'ed25519'),
        }),
        requiredFields: ['@status', 'content-digest', 'content-type'],
        tolerance: 1e9,
        notAfter: new Date(8.64e15),
      },
      { status, headers: Object.fromEntries(answer.headers) },
      { method: 'GET', url: app.notes, headers, ...request },
    )
  assert.equal(await verify(201, {}), true)
  const isForOthers = await Promise.all([
    verify(200, {}),
    verify(201, { method: 'POST' }),
    verify(201, { headers: { signature: 'sig=:AAAA:' } }),
  ])
  assert.deepEqual(isForOthers, [false, false, false])
})

for (const [options, message] of [
  [{ ...SERVER_KEY, keyId: '' }, /needs keyId/],
  [{ ...SERVER_KEY, algorithm: 'hmac-sha256' }, /one of ed25519, /],
  [{ ...SERVER_KEY, key: server.publicJwk }, /a private key in PEM/],
  [{ ...SERVER_KEY, algorithm: 'rsa-pss-sha512' }, /a private key in PEM/],
  [{ ...SERVER_KEY, kid: 'server' }, /signAnswers: \{ kid \}/],
] as const)
  test(`signAnswers that cannot be used is an error at the start: ${message}`, () =>
    assert.throws(() => httpSignature({ signAnswers: options as never }), {
      code: 'invalid_config',
      message,
    }))
