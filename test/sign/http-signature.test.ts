import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type TestContext, test } from 'node:test'
import { createVerifier, httpbis } from 'http-message-signatures'
import { guardOf } from '../../src/adapters/fetch.ts'
import {
  httpSignature as httpSignatureScheme,
  type HttpSignatureOptions as ServerOptions,
} from '../../src/authentication.ts'
import {
  type HttpSignatureOptions,
  httpSignature,
  type KeyAndAlgorithm,
  type KeyInput,
  type SignatureAlgorithm,
  SignatureError,
  signedFetch,
} from '../../src/sign/index.ts'
import { readSignatures } from '../../src/signatures/read-signatures.ts'
import type { ReadSignature } from '../../src/signatures/signature-base.ts'
import { testInstance } from '../../src/testing/index.ts'
import { privateKeyNamed, type Recorded, recordings } from '../signatures/recordings.ts'
import { ASYMMETRIC, keyPairFor, WEB_ALGORITHMS } from './keys.ts'

const ORIGIN = 'https://api.example.com'
const NOTES = `${ORIGIN}/notes?page=2`

/** A guarded handler, and a user whose key signs requests to it. */
async function setUp(options: ServerOptions = {}) {
  const app = testInstance({
    url: ORIGIN,
    authentication: [httpSignatureScheme(options)],
  })
  const ada = await app.auth.users.create({ username: 'ada' })
  const { key, secret = '' } = await app.auth.signingKeys.create({ userId: ada.id })
  const handler = guardOf(app.auth)(async (request) =>
    Response.json({ user: request.auth.user.username, body: await request.text() }),
  )
  const clock = app.clock.now
  const fetchWith = (more: Partial<HttpSignatureOptions> = {}) =>
    signedFetch(httpSignature({ keyId: key.id, key: secret, clock, ...more }), {
      fetch: (request) => handler(request),
    })
  return { ...app, ada, key, secret, clock, handler, fetchWith }
}

async function assertAccepted(answer: Response, body = ''): Promise<void> {
  assert.deepEqual([answer.status, await answer.json()], [200, { user: 'ada', body }])
}

test('a secret as `signing-key create` prints it signs requests that the server accepts', async () => {
  await using app = await setUp()
  const fetch = app.fetchWith()
  await assertAccepted(await fetch(NOTES))
  await assertAccepted(await fetch(new URL(`${NOTES}#top`)))
  await assertAccepted(await fetch(`${ORIGIN}/notes?`))
  await assertAccepted(await fetch(new Request(NOTES, { method: 'DELETE' })))
  const body = '{"title":"Ü"}'
  for (const sent of [
    body,
    new TextEncoder().encode(body),
    new Blob([body], { type: 'application/json' }),
  ])
    await assertAccepted(await fetch(NOTES, { method: 'POST', body: sent }), body)
  const request = new Request(NOTES, { method: 'PUT', body })
  await assertAccepted(await fetch(request), body)
  const form = new URLSearchParams({ title: 'x' })
  await assertAccepted(await fetch(NOTES, { method: 'POST', body: form }), 'title=x')
  const parts = new FormData()
  parts.set('title', 'x')
  assert.equal((await fetch(NOTES, { method: 'POST', body: parts })).status, 200)
})

for (const algorithm of ASYMMETRIC) {
  test(`${algorithm}: JSON Web Keys, PEM and keys of WebCrypto sign requests that the server accepts`, async () => {
    await using app = await setUp()
    const { publicJwk, privateJwk, privateKey } = keyPairFor(algorithm)
    const { key } = await app.auth.signingKeys.create(
      { userId: app.ada.id },
      { algorithm, publicKey: publicJwk },
    )
    const pem = String(privateKey.export({ format: 'pem', type: 'pkcs8' }))
    const webKey = privateKey.toCryptoKey(WEB_ALGORITHMS[algorithm], false, ['sign'])
    const given: readonly Partial<HttpSignatureOptions>[] = [
      { key: privateJwk, algorithm },
      { key: pem, algorithm },
      { key: webKey as unknown as KeyInput },
    ]
    for (const options of given) {
      const fetch = app.fetchWith({ keyId: key.id, ...options })
      await assertAccepted(await fetch(NOTES, { method: 'POST', body: 'x' }), 'x')
    }
  })
}

test('the body, the address and the method that arrive are those that were signed', async () => {
  await using app = await setUp()
  const through = (change: (request: Request) => Request) =>
    signedFetch(httpSignature({ keyId: app.key.id, key: app.secret, clock: app.clock }), {
      fetch: (request) => app.handler(change(request)),
    })
  const post = { method: 'POST', body: 'x' }
  for (const change of [
    (request: Request) => new Request(request, { body: 'y' }),
    (request: Request) => new Request(`${request.url}&z`, request),
    (request: Request) => new Request(request, { method: 'PUT' }),
  ]) {
    assert.equal((await through(change)(NOTES, post)).status, 401)
  }
  assert.equal((await through((request) => request)(NOTES, post)).status, 200)
})

test('tag, expiry and further components are as the server asks for them', async () => {
  await using app = await setUp({
    tag: 'notes',
    components: ['@method', '@authority', '"@query-param";name="page"', 'x-tenant'],
  })
  const options = {
    tag: 'notes',
    expiresIn: '2m',
    components: ['@method', '@authority', '"@query-param";name="page"', 'x-tenant'],
  } as const
  const headers = { 'X-Tenant': 'north' }
  await assertAccepted(await app.fetchWith(options)(NOTES, { headers }))
  assert.equal((await app.fetchWith()(NOTES, { headers })).status, 401)
  await assert.rejects(app.fetchWith(options)(NOTES), {
    name: 'SignatureError',
    message: 'The message has no field "x-tenant".',
  })
})

test('by default the fields that change the meaning of a request are signed, too', async () => {
  const signer = httpSignature({
    keyId: 'k',
    key: 'secret',
    nonce: false,
    clock: () => 1,
  })
  const { headers, signed } = await signer.sign({
    method: 'POST',
    url: NOTES,
    headers: { Authorization: 'Bearer x', 'Content-Type': 'text/plain', Accept: '*/*' },
    body: 'x',
  })
  assert.equal(
    headers['signature-input'],
    'sig=("@method" "@target-uri" "authorization" "content-type" "content-digest");created=1;keyid="k"',
  )
  assert.equal(
    signed,
    [
      '"@method": POST',
      `"@target-uri": ${NOTES}`,
      '"authorization": Bearer x',
      '"content-type": text/plain',
      `"content-digest": sha-256=:${createHash('sha256').update('x').digest('base64')}:`,
      '"@signature-params": ("@method" "@target-uri" "authorization" "content-type" "content-digest");created=1;keyid="k"',
    ].join('\n'),
  )
})

test('a further signature leaves the first one and the digest as they are', async () => {
  await using app = await setUp({ tag: 'client' })
  const proxy = httpSignature({
    keyId: 'proxy',
    key: 'another secret',
    components: ['"signature";key="sig"', 'content-digest'],
    clock: app.clock,
  })
  const client = httpSignature({
    keyId: app.key.id,
    key: app.secret,
    tag: 'client',
    digest: 'sha-512',
    clock: app.clock,
  })
  const behind = signedFetch(proxy, { fetch: (request) => app.handler(request) })
  const fetch = signedFetch(client, { fetch: (request) => behind(request) })
  await assertAccepted(await fetch(NOTES, { method: 'POST', body: 'x' }), 'x')

  const first = await client.sign({ url: NOTES, body: 'x' })
  const second = await proxy.sign({ url: NOTES, body: 'x', headers: first.headers })
  assert.equal(second.headers['content-digest'], undefined)
  assert.ok(second.headers.signature?.startsWith(`${first.headers.signature}, sig2=:`))
  await assert.rejects(
    proxy.sign({ url: NOTES, body: 'y', headers: first.headers }),
    new SignatureError('Content-Digest is not the one of the body.'),
  )
  const again = httpSignature({ keyId: 'k', key: 'x', label: 'sig' })
  await assert.rejects(
    again.sign({ url: NOTES, body: 'x', headers: first.headers }),
    new SignatureError('The request has a signature "sig" already.'),
  )
})

test('a redirect is not followed, and the signature stays with the address that it is for', async (t) => {
  const seen: string[] = []
  const elsewhere = await serving(t, (request, response) => {
    seen.push(String(request.headers.signature))
    response.end()
  })
  const server = await serving(t, (_request, response) => {
    response.writeHead(307, { location: `${elsewhere}/there` }).end()
  })
  const fetch = signedFetch(httpSignature({ keyId: 'k', key: 'secret' }))
  await assert.rejects(fetch(`${server}/here`), {
    name: 'SignatureError',
    message: `${server}/here redirects to ${elsewhere}/there, and the signature is not for that. Send the request there, or set \`redirect: 'manual'\` and read the answer.`,
  })
  const answer = await fetch(`${server}/here`, { redirect: 'manual' })
  assert.equal(answer.headers.get('location'), `${elsewhere}/there`)
  assert.deepEqual(seen, [])
})

/** The address of a server with this handler. */
async function serving(t: TestContext, handler: RequestListener): Promise<string> {
  const server = createServer(handler).listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => void server.close().closeAllConnections())
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

test('a body that is a stream is an error that says what to do, or is read if the program says so', async () => {
  await using app = await setUp()
  const stream = () => new Blob(['x']).stream()
  const init = () => ({ method: 'POST', body: stream(), duplex: 'half' }) as const
  await assert.rejects(app.fetchWith()(NOTES, init()), /set `buffer: true`/)
  const signer = httpSignature({ keyId: app.key.id, key: app.secret, clock: app.clock })
  const fetch = signedFetch(signer, {
    buffer: true,
    fetch: (request) => app.handler(request),
  })
  await assertAccepted(await fetch(NOTES, init()), 'x')
})

test('a key is not used with another algorithm, and what is no key says so', async () => {
  const { privateJwk } = keyPairFor('ecdsa-p256-sha256')
  const rsa = keyPairFor('rsa-pss-sha512').privateJwk
  const withKey = (key: KeyInput, algorithm?: SignatureAlgorithm) =>
    httpSignature({ keyId: 'k', key, ...(algorithm && { algorithm }) })
  assert.throws(() => withKey(privateJwk, 'ed25519'), {
    name: 'TypeError',
    message: 'The key cannot be used with ed25519, but with ecdsa-p256-sha256.',
  })
  assert.throws(() => withKey('secret', 'ed25519'), /but with hmac-sha256/)
  assert.throws(() => withKey(privateJwk, 'hmac-sha256'), /but with ecdsa-p256/)
  assert.throws(() => withKey(rsa), /set `algorithm` to one of rsa-pss-sha512, rsa-v1_5/)
  assert.throws(() => withKey({ kty: 'EC', crv: 'P-521' }), /fits none of the algorithms/)
  await assert.rejects(withKey({ ...privateJwk, d: 'x' }).sign({ url: NOTES }), {
    name: 'TypeError',
    message: /^The key cannot be read as one for ES256 that can sign/,
  })
  const traditional = '-----BEGIN EC PRIVATE KEY-----\nAAAA\n-----END EC PRIVATE KEY-----'
  await assert.rejects(
    withKey(traditional, 'ecdsa-p256-sha256').sign({ url: NOTES }),
    (error: Error) => /openssl pkcs8/.test(String((error.cause as Error).message)),
  )
})

test('options that cannot be used are errors at once', () => {
  for (const [options, message] of [
    [{ label: 'Sig 1' }, /`label`/],
    [{ expiresIn: '5 minutes' as '5m' }, /`expiresIn`/],
    [{ components: ['"@method'] }, /`components` must be as in Signature-Input/],
  ] as const) {
    assert.throws(() => httpSignature({ keyId: 'k', key: 'x', ...options }), {
      name: 'TypeError',
      message,
    })
  }
})

for (const algorithm of ['hmac-sha256', ...ASYMMETRIC] as const) {
  test(`MS-31: what is signed with ${algorithm} is valid for another library`, async () => {
    const pair = algorithm === 'hmac-sha256' ? undefined : keyPairFor(algorithm)
    const signer = httpSignature({
      keyId: 'k',
      key: pair?.privateJwk ?? 'secret',
      algorithm,
      alg: true,
    })
    const request = {
      method: 'POST',
      url: NOTES,
      headers: { 'Content-Type': 'text/plain' },
    }
    const { headers } = await signer.sign({ ...request, body: 'x' })
    const all = { ...request, headers: { ...request.headers, ...headers } }
    const verify = createVerifier(pair?.publicKey ?? Buffer.from('secret'), algorithm)
    const isValid = (message: typeof all) =>
      httpbis.verifyMessage(
        { keyLookup: async () => ({ id: 'k', algs: [algorithm], verify }) },
        message,
      )
    assert.equal(await isValid(all), true)
    await assert.rejects(
      isValid({ ...all, url: `${NOTES}0` }).then((is) => assert.ok(is)),
    )
  })
}

/** Their signatures have nothing random, so that signing again gives the same. */
const DETERMINISTIC = ['hmac-sha256', 'ed25519', 'rsa-v1_5-sha256']

test('requests of RFC 9421 and of other libraries get the same signature again', async () => {
  const signedAgain: string[] = []
  for (const recorded of recordings().filter(({ standard }) => standard === 'valid')) {
    const [signature, ...more] = readSignatures(recorded.message.headers)
    const key = privateKeyNamed(signature?.keyid)
    const isPossible =
      more.length === 0 &&
      // The signer knows the types of standard fields only, and joins the lines of a field.
      signature?.components.some(({ params }) => params.has('sf') || params.has('bs')) ===
        false &&
      recorded.message.method !== undefined &&
      DETERMINISTIC.includes(String(key?.algorithm)) &&
      /^created keyid( alg)?( expires)?( nonce)?( tag)?$/.test(paramNamesIn(signature))
    if (!isPossible || signature === undefined || key === undefined) continue
    assert.equal(await signAgain(recorded, signature, key), true, recorded.id)
    signedAgain.push(`${recorded.id} ${key.algorithm}`)
  }
  assert.ok(signedAgain.includes('rfc9421/vector/B.2.5-hmac hmac-sha256'))
  assert.ok(signedAgain.includes('rfc9421/vector/B.2.6-ed25519 ed25519'))
  assert.ok(signedAgain.some((each) => each.endsWith('rsa-v1_5-sha256')))
  assert.ok(signedAgain.length > 20, signedAgain.join('\n'))
})

/** In the order in which they were sent. */
const paramNamesIn = (signature: ReadSignature | undefined): string =>
  [...(signature?.serialized.matchAll(/;([a-z]+)=/g) ?? [])]
    .map(([, name]) => name)
    .join(' ')

/** Whether our signer makes the recorded signature. */
async function signAgain(
  { message }: Recorded,
  {
    keyid,
    bytes,
    components,
    created = 0,
    expires,
    nonce,
    tag,
    alg,
    label,
  }: ReadSignature,
  key: KeyAndAlgorithm,
): Promise<boolean> {
  const { url = '', method = '', headers } = message
  const host = headers.find(([name]) => name.toLowerCase() === 'host')?.[1]
  const signer = httpSignature({
    ...key,
    keyId: String(keyid),
    components: components.map(({ identifier }) => identifier),
    nonce: nonce === undefined ? false : () => nonce,
    alg: alg !== undefined,
    label,
    clock: () => created,
    ...(tag !== undefined && { tag }),
    ...(expires !== undefined && { expiresIn: expires - created }),
  })
  const { origin } = new URL(url)
  const others = headers.filter(([name]) => !/^signature(-input)?$/i.test(name))
  const { headers: added } = await signer.sign({
    method,
    url: url.replace(
      /^https?:\/\/[^/?]*/,
      origin.replace(/\/\/.*/, `//${host ?? new URL(url).host}`),
    ),
    headers: others.map(([name, value]): [string, string] => [name, value]),
  })
  return added.signature === `${label}=:${Buffer.from(bytes).toString('base64')}:`
}
