import assert from 'node:assert/strict'
import { createHash, generateKeyPairSync, type KeyObject, randomUUID } from 'node:crypto'
import { test } from 'node:test'
import { httpbis } from 'http-message-signatures'
import { guardOf } from '../../src/adapters/fetch.ts'
import {
  bearer,
  type HttpSignatureOptions,
  httpSignature,
} from '../../src/authentication.ts'
import { hasScope } from '../../src/permissions/index.ts'
import { testInstance } from '../../src/testing/index.ts'
import { type ForeignAlgorithm, foreignKey } from './foreign-key.ts'

const ORIGIN = 'https://api.example.com'
const PASSWORD = 'qhr4-7mzt-w2pd-x9kc'

const digestOf = (body: string, name = 'sha256'): string =>
  createHash(name).update(body).digest('base64')

interface Signed {
  readonly method?: string
  readonly path?: string
  readonly body?: string
  readonly fields?: string[]
  readonly nonce?: string | undefined
  readonly created?: Date
  readonly headers?: Record<string, string>
  readonly tag?: string
}

/** An instance with a guarded route, and a user whose key signs requests to it as another library does. */
async function setUp(options: HttpSignatureOptions = {}) {
  const app = testInstance({ url: ORIGIN, authentication: [httpSignature(options)] })
  const { auth } = app
  const ada = await auth.users.create({ username: 'ada', password: PASSWORD })
  const { key, secret } = await auth.signingKeys.create({ userId: ada.id })
  const handler = guardOf(auth)(async (request) =>
    Response.json({ user: request.auth.user.username, body: await request.text() }),
  )
  const ask = (request: Request) => handler(request)
  const sign = signerOf(app.clock.now, key.id, 'hmac-sha256', String(secret))
  return { ...app, ada, key, handler, ask, sign, secret: String(secret) }
}

const signerOf =
  (now: () => number, keyid: string, alg: ForeignAlgorithm, secret: KeyObject | string) =>
  async ({
    method = 'GET',
    path = '/notes?page=2',
    body,
    fields = [
      '@method',
      '@target-uri',
      ...(body === undefined ? [] : ['content-digest']),
    ],
    created = new Date(now() * 1000),
    headers = {},
    ...params
  }: Signed = {}): Promise<Request> => {
    const nonce = 'nonce' in params ? params.nonce : randomUUID()
    const url = ORIGIN + path
    const all: Record<string, string> = {
      ...(body !== undefined && { 'content-digest': `sha-256=:${digestOf(body)}:` }),
      ...headers,
    }
    const signed = await httpbis.signMessage(
      {
        key: foreignKey(secret, alg, keyid),
        fields,
        params: [
          'created',
          'keyid',
          ...(nonce ? ['nonce'] : []),
          ...(params.tag ? ['tag'] : []),
        ],
        paramValues: { created, nonce: String(nonce), tag: String(params.tag) },
      },
      { method, url, headers: all },
    )
    return new Request(url, {
      method,
      headers: signed.headers as Record<string, string>,
      ...(body !== undefined && { body }),
    })
  }

/** The same request with something changed. */
const changed = (
  request: Request,
  { url = request.url, headers = {}, ...init }: RequestInit & { readonly url?: string },
): Request =>
  new Request(url, {
    method: request.method,
    ...init,
    headers: { ...Object.fromEntries(request.headers), ...headers },
  })

async function refusedBecause(answer: Response, reason: RegExp): Promise<void> {
  assert.equal(answer.status, 401)
  const { detail, code } = (await answer.json()) as { detail: string; code: string }
  assert.equal(code, 'invalid_signature')
  assert.match(detail, reason)
}

test('a signed request is that of the owner of its key, and its body is still there', async () => {
  await using app = await setUp()
  const read = await app.ask(await app.sign())
  assert.deepEqual([read.status, await read.json()], [200, { user: 'ada', body: '' }])

  const body = '{"title":"x"}'
  const written = await app.ask(await app.sign({ method: 'POST', body }))
  assert.deepEqual(await written.json(), { user: 'ada', body })
})

for (const [alg, type, options] of [
  ['ed25519', 'ed25519', {}],
  ['ecdsa-p256-sha256', 'ec', { namedCurve: 'P-256' }],
  ['ecdsa-p384-sha384', 'ec', { namedCurve: 'P-384' }],
  ['rsa-v1_5-sha256', 'rsa', { modulusLength: 2048 }],
  ['rsa-pss-sha512', 'rsa', { modulusLength: 2048 }],
] as const) {
  test(`MS-31: a request that another library signs with ${alg} is accepted`, async () => {
    await using app = await setUp()
    const generate = generateKeyPairSync as (
      type: string,
      options: object,
    ) => {
      publicKey: KeyObject
      privateKey: KeyObject
    }
    const { publicKey, privateKey } = generate(type, options)
    const { key } = await app.auth.signingKeys.create(
      { userId: app.ada.id },
      { algorithm: alg, publicKey: publicKey.export({ format: 'jwk' }) },
    )
    const sign = signerOf(app.clock.now, key.id, alg, privateKey)
    assert.equal((await app.ask(await sign())).status, 200)
  })
}

test('a request is not accepted in another form than it was signed in', async () => {
  await using app = await setUp()
  const body = '{"title":"x"}'
  const request = () => app.sign({ method: 'POST', body })
  const invalid = /not the one of this request/
  await refusedBecause(
    await app.ask(changed(await request(), { method: 'PUT', body })),
    invalid,
  )
  await refusedBecause(
    await app.ask(changed(await request(), { url: `${ORIGIN}/notes?page=3`, body })),
    invalid,
  )
  const digest = { 'content-digest': `sha-256=:${digestOf('{}')}:` }
  await refusedBecause(
    await app.ask(changed(await request(), { body: '{}', headers: digest })),
    invalid,
  )
  await refusedBecause(
    await app.ask(changed(await request(), { body: '{}' })),
    /Content-Digest is not the one of the body/,
  )
})

test('what a signature does not say for certain is not accepted', async () => {
  await using app = await setUp()
  const body = 'x'
  for (const [signed, reason] of [
    [{ fields: ['@method'] }, /does not cover "@target-uri"/],
    [{ nonce: undefined }, /has no nonce/],
    [{ method: 'POST', body, fields: ['@method', '@target-uri'] }, /"content-digest"/],
    [{ created: new Date((app.clock.now() - 301) * 1000) }, /too old/],
    [{ created: new Date((app.clock.now() + 61) * 1000) }, /in the future/],
  ] as const) {
    const answer = await app.ask(await app.sign(signed as Signed))
    assert.equal(
      answer.headers.get('accept-signature'),
      'sig=("@method" "@target-uri");created;keyid;nonce',
    )
    await refusedBecause(answer, reason)
  }
  const md5 = { 'content-digest': `md5=:${digestOf(body, 'md5')}:` }
  const request = await app.sign({ method: 'POST', body, headers: md5 })
  await refusedBecause(await app.ask(request), /sha-256 or sha-512/)
})

test('a nonce is accepted once, of twenty at the same time, too', async () => {
  await using app = await setUp()
  const request = await app.sign()
  const answers = await Promise.all(
    Array.from({ length: 20 }, () => app.ask(request.clone())),
  )
  const statuses = answers.map(({ status }) => status).toSorted()
  assert.deepEqual(statuses, [200, ...Array(19).fill(401)])
})

test('a request that is refused does not use up its nonce', async () => {
  await using app = await setUp()
  const request = await app.sign({ method: 'POST', body: 'x' })
  assert.equal((await app.ask(changed(request, { body: 'y' }))).status, 401)
  assert.equal((await app.ask(request)).status, 200)
})

test('unknown, revoked and other keys, and those of deactivated users, are refused alike', async () => {
  await using app = await setUp()
  const alike =
    /^The key is not known, or the signature is not the one of this request\.$/
  const unknown = signerOf(app.clock.now, 'nobody', 'hmac-sha256', app.secret)
  await refusedBecause(await app.ask(await unknown()), alike)
  const other = signerOf(app.clock.now, app.key.id, 'hmac-sha256', 'x'.repeat(43))
  await refusedBecause(await app.ask(await other()), alike)
  const hawk = await app.auth.signingKeys.create(
    { userId: app.ada.id },
    { algorithm: 'hawk-sha256' },
  )
  const ofHawk = signerOf(app.clock.now, hawk.key.id, 'hmac-sha256', String(hawk.secret))
  await refusedBecause(await app.ask(await ofHawk()), alike)
  await app.auth.users.change(app.ada.id, { active: false })
  await refusedBecause(await app.ask(await app.sign()), alike)
})

test('a revoked key is refused at once', async () => {
  await using app = await setUp()
  assert.equal((await app.ask(await app.sign())).status, 200)
  await app.auth.signingKeys.revoke(app.key.id)
  await refusedBecause(await app.ask(await app.sign()), /The key is not known/)
})

test('if the store does not know whether a nonce was used, the answer is 503', async () => {
  await using app = await setUp()
  const request = await app.sign()
  app.faults.fail('proofs.use')
  assert.equal((await app.ask(request)).status, 503)
})

test('a body that is larger than the limit is a 413', async () => {
  await using app = await setUp({ bodyLimit: 10 })
  const request = await app.sign({ method: 'POST', body: 'x'.repeat(11) })
  assert.equal((await app.ask(request)).status, 413)
  assert.equal((await app.ask(await app.sign({ method: 'POST', body: 'x' }))).status, 200)
})

test('of several signatures the one with the tag counts', async () => {
  await using app = await setUp({ tag: 'app' })
  assert.equal((await app.ask(await app.sign({ tag: 'app' }))).status, 200)
  await refusedBecause(await app.ask(await app.sign({ tag: 'proxy' })), /one signature/)
})

test('of several tags each needs its signature, and the first one says who it is', async () => {
  await using app = await setUp({ tag: ['app', 'gateway'] })
  const { id: userId } = await app.auth.users.create({ username: 'gateway' })
  const { key, secret } = await app.auth.signingKeys.create({ userId })
  const gateway = signerOf(app.clock.now, key.id, 'hmac-sha256', String(secret))
  /** Both on one request, as a gateway adds its own. */
  const both = async (second: Signed) => {
    const [one, two] = [await app.sign({ tag: 'app' }), await gateway(second)]
    const headers = Object.fromEntries(
      ['signature', 'signature-input'].map((name) => [
        name,
        `${one.headers.get(name)}, ${two.headers.get(name)?.replace('sig=', 'gw=')}`,
      ]),
    )
    return changed(one, { headers })
  }
  const request = await both({ tag: 'gateway' })
  assert.deepEqual(await (await app.ask(request.clone())).json(), {
    user: 'ada',
    body: '',
  })
  await refusedBecause(await app.ask(request), /nonce was used/)
  await refusedBecause(await app.ask(await both({ tag: 'other' })), /each purpose/)
  await refusedBecause(
    await app.ask(await both({ tag: 'gateway', path: '/other' })),
    /not the one of this request/,
  )
  const alone = await app.ask(await app.sign({ tag: 'app' }))
  assert.equal(
    alone.headers.get('accept-signature'),
    ['app', 'gateway']
      .map(
        (tag, i) =>
          `sig${i === 0 ? '' : 2}=("@method" "@target-uri");created;keyid;nonce;tag="${tag}"`,
      )
      .join(', '),
  )
})

test('the scopes of a key limit what a guard with a scope admits', async () => {
  await using app = await setUp()
  const route = guardOf(app.auth)(hasScope('notes'), () => new Response('ok'))
  assert.equal((await route(await app.sign())).status, 403)
  const { key, secret } = await app.auth.signingKeys.create(
    { userId: app.ada.id },
    { scopes: ['notes'] },
  )
  const sign = signerOf(app.clock.now, key.id, 'hmac-sha256', String(secret))
  assert.equal((await route(await sign())).status, 200)
})

test('an application signs for itself until it is disabled', async () => {
  await using app = testInstance({
    url: ORIGIN,
    authentication: [httpSignature()],
    oauth: { scopes: { notes: 'Read notes' } },
  })
  const { client } = await app.auth.clients.create({
    name: 'Backup',
    grants: ['client_credentials'],
    scopes: ['notes'],
  })
  const { key, secret } = await app.auth.signingKeys.create(
    { clientId: client.id },
    { scopes: ['notes'] },
  )
  const sign = signerOf(app.clock.now, key.id, 'hmac-sha256', String(secret))
  const forClients = { permissions: hasScope('notes'), clients: true } as const
  const route = guardOf(app.auth)(forClients, ({ auth }) =>
    Response.json(auth.client?.id),
  )
  assert.equal(await (await route(await sign())).json(), client.id)
  const unscoped = guardOf(app.auth)(() => new Response('ok'))
  assert.equal((await unscoped(await sign())).status, 403)
  await app.auth.clients.disable(client.id)
  await refusedBecause(await route(await sign()), /The key is not known/)
})

test('a request without a signature is tried with the next scheme', async () => {
  await using app = testInstance({
    url: ORIGIN,
    authentication: [httpSignature(), bearer()],
  })
  await app.auth.users.create({ username: 'ada', password: PASSWORD })
  const route = guardOf(app.auth)(() => new Response('ok'))
  const headers = await app.as('ada')
  assert.equal((await route(new Request(ORIGIN, { headers }))).status, 200)
  const none = await route(new Request(ORIGIN))
  assert.equal(none.status, 401)
  assert.match(String(none.headers.get('www-authenticate')), /^Signature realm="api"/)
})

test('headers that are no signatures are refused, and cost little', async () => {
  await using app = await setUp()
  for (const headers of [
    { signature: 'x' },
    {
      'signature-input': `a=("@method" "@target-uri" "no header");created=1893456000;keyid="${app.key.id}";nonce="n"`,
      signature: 'a=:AA==:',
    },
    { 'signature-input': 'x=()', signature: 'y=:AA==:' },
    { 'signature-input': '((((', signature: '::' },
    { 'signature-input': `a=("x"${' "x"'.repeat(3000)})`, signature: 'a=:AA==:' },
    {
      'signature-input': Array.from({ length: 100 }, (_, i) => `a${i}=()`).join(', '),
      signature: Array.from({ length: 100 }, (_, i) => `a${i}=:AA==:`).join(', '),
    },
  ] as const)
    await refusedBecause(await app.ask(new Request(ORIGIN, { headers })), /./)
})

test('options that cannot be used stop the start', () => {
  for (const [options, message] of [
    [{ maxage: 1 }, /Did you mean "httpSignature\({ maxAge }\)"/],
    [{ maxAge: '2h' }, /"1s" to "1h"/],
    [{ components: ['"'] }, /as in Signature-Input/],
    [{ bodyLimit: -1 }, /number of bytes/],
    [{ tag: ['a', 'a'] }, /different ones/],
    [{ tag: 'é' }, /text of ASCII/],
  ] as const)
    assert.throws(() => httpSignature(options as HttpSignatureOptions), message)
})

test('without the public address there is no instance or guard with signatures', async () => {
  const fault = {
    code: 'invalid_config',
    message: /httpSignature\(\) set url \(WATCHWORD_URL\)/,
  }
  assert.throws(() => testInstance({ authentication: [httpSignature()] }), fault)
  await using app = testInstance()
  const guard = guardOf(app.auth)
  const requirement = { schemes: [httpSignature()] }
  assert.throws(() => guard(requirement, () => new Response('ok')), fault)
})
