import assert from 'node:assert/strict'
import { createHash, createHmac, randomUUID } from 'node:crypto'
import { test } from 'node:test'
import { guardOf } from '../../src/adapters/fetch.ts'
import { bearer, type HawkOptions, hawk } from '../../src/authentication.ts'
import { serializeHeader } from '../../src/hawk/attributes.ts'
import { serializeBewit } from '../../src/hawk/bewit.ts'
import {
  hostAndPort,
  normalizedString,
  PAYLOAD_END,
  payloadStart,
} from '../../src/hawk/normalized-string.ts'
import { signedFetch, hawk as signer } from '../../src/sign/index.ts'
import { testInstance } from '../../src/testing/index.ts'
import { type Credentials, Hawk, type HeaderOptions } from './reference.ts'

const ORIGIN = 'https://api.example.com'

interface Signed extends Partial<HeaderOptions> {
  readonly method?: string
  /** What is signed. */
  readonly path?: string
  readonly origin?: string
}

/** An instance with a guarded route, and a user whose key signs requests to it with the reference. */
async function setUp(options: HawkOptions = {}, url = ORIGIN) {
  const app = testInstance({ url, authentication: [hawk(options), bearer()] })
  const { auth } = app
  const ada = await auth.users.create({ username: 'ada' })
  const { key, secret = '' } = await auth.signingKeys.create(
    { userId: ada.id },
    { algorithm: 'hawk-sha256' },
  )
  const credentials: Credentials = { id: key.id, key: secret, algorithm: 'sha256' }
  const handler = guardOf(auth)(async (request) => {
    const body = JSON.stringify({
      user: request.auth.user.username,
      body: await request.text(),
      ...request.auth.signature?.parameters,
    })
    const headers = { 'Content-Type': 'application/json' }
    const signed = request.auth.signature?.signAnswer?.({ headers, body })
    return new Response(body, { headers: { ...headers, ...signed } })
  })
  const sign = ({
    method = 'GET',
    path = '/notes?page=2',
    origin = url,
    ...rest
  }: Signed = {}) =>
    Hawk.client.header(origin + path, method, {
      credentials,
      timestamp: app.clock.now(),
      nonce: randomUUID(),
      ...rest,
    })
  const send = (authorization: string, init: RequestInit = {}, path = '/notes?page=2') =>
    handler(
      new Request(ORIGIN + path, {
        ...init,
        headers: { authorization, ...init.headers },
      }),
    )
  return { ...app, ada, key, credentials, handler, sign, send }
}

const CONTENT = { 'content-type': 'text/plain; charset=utf-8' }

async function refusedAs(answer: Response, text: string): Promise<void> {
  const { detail } = (await answer.json()) as { readonly detail: string }
  assert.equal(`${answer.status} ${detail}`, text)
}

test('a request that the reference signs is that of the owner of its key, and its body is still there', async () => {
  await using app = await setUp()
  const { header } = app.sign({ ext: 'some-data', app: 'app-1', dlg: 'app-2' })
  const read = await app.send(header)
  const parameters = { ext: 'some-data', app: 'app-1', dlg: 'app-2' }
  assert.deepEqual(
    [read.status, await read.json()],
    [200, { user: 'ada', body: '', ...parameters }],
  )

  const payload = '{"title":"é"}'
  const { header: written } = app.sign({
    method: 'POST',
    payload,
    contentType: 'text/plain',
  })
  const answer = await app.send(written, {
    method: 'POST',
    body: payload,
    headers: CONTENT,
  })
  assert.deepEqual(await answer.json(), { user: 'ada', body: payload })
})

test('a delegation that is not signed is not passed to handlers', async () => {
  await using app = await setUp()
  const { header } = app.sign({ ext: 'some-data' })
  const answer = await app.send(`${header}, dlg="added on the way"`)
  const expected = { user: 'ada', body: '', ext: 'some-data' }
  assert.deepEqual([answer.status, await answer.json()], [200, expected])
})

test('HK-27, HK-34: a request is not accepted in another form than it was signed in', async () => {
  await using app = await setUp()
  const signed = () => app.sign({ ext: 'a', app: 'app-1', dlg: 'app-2' }).header
  for (const answer of [
    await app.send(signed(), { method: 'OPTIONS' }),
    await app.send(signed(), {}, '/notes?page=3'),
    await app.send(app.sign({ path: '/notes?b=1&a=2' }).header, {}, '/notes?a=2&b=1'),
    await app.send(signed().replace('ext="a"', 'ext="b"')),
    await app.send(signed().replace(/, app=.*/, '')),
    await app.send(signed().replace(/, dlg=.*/, '')),
    await app.send(signed().replace(/nonce="[^"]*"/, 'nonce="n"')),
    await app.send(app.sign({ origin: 'https://evil.example.com' }).header),
    await app.send(app.sign({ origin: `${ORIGIN}:8443` }).header),
  ]) {
    assert.equal(answer.headers.get('www-authenticate'), 'Hawk error="Bad mac"')
    await refusedAs(answer, '401 Bad mac')
  }
})

test('HK-39: what a request says of its host decides nothing', async () => {
  await using app = await setUp()
  const { header } = app.sign({ origin: 'https://evil.example.com' })
  const forged = { host: 'evil.example.com', 'x-forwarded-host': 'evil.example.com' }
  await refusedAs(await app.send(header, { headers: forged }), '401 Bad mac')
  assert.equal((await app.send(app.sign().header, { headers: forged })).status, 200)
})

test('a proxy may cut off the path of the public address', async () => {
  await using app = await setUp({}, `${ORIGIN}/app`)
  assert.equal((await app.send(app.sign().header)).status, 200)
})

test('HK-28 to HK-30: the hash is that of the payload and its type', async () => {
  await using app = await setUp()
  const payload = 'something'
  const post = { method: 'POST', body: payload, headers: CONTENT }
  const signed = (more: Signed) => app.sign({ method: 'POST', ...more }).header
  const hashed = { payload, contentType: 'text/plain' }
  assert.equal((await app.send(signed(hashed), post)).status, 200)
  const other = await app.send(signed(hashed), { ...post, body: 'other' })
  await refusedAs(other, '401 Bad payload hash')
  const json = { 'content-type': 'application/json' }
  await refusedAs(
    await app.send(signed(hashed), { ...post, headers: json }),
    '401 Bad payload hash',
  )
  await refusedAs(await app.send(signed({}), post), '401 Missing required payload hash')
})

test('a request that changes something needs a hash, unless the option leaves that to bodies', async () => {
  for (const [payloadHash, status] of [
    ['unsafe', 401],
    ['body', 200],
  ] as const) {
    await using app = await setUp({ payloadHash })
    const { header } = app.sign({ method: 'DELETE' })
    assert.equal((await app.send(header, { method: 'DELETE' })).status, status)
    const withBody = app.sign({ method: 'DELETE' }).header
    const answer = await app.send(withBody, { method: 'DELETE', body: 'x' })
    await refusedAs(answer, '401 Missing required payload hash')
  }
})

test('HK-25: a client of the reference corrects its clock by a stale answer', async () => {
  await using app = await setUp()
  const now = app.clock.now()
  for (const timestamp of [now - 60, now + 60])
    assert.equal((await app.send(app.sign({ timestamp }).header)).status, 200)
  for (const timestamp of [now - 61, now + 61, 10 ** 15]) {
    const { header, artifacts } = app.sign({ timestamp })
    const answer = await app.send(header)
    await refusedAs(answer.clone(), '401 Stale timestamp')
    const headers = Object.fromEntries(answer.headers)
    const challenge = headers['www-authenticate'] ?? ''
    assert.match(challenge, new RegExp(`^Hawk ts="${now}", tsm="[^"]+", error=`))
    Hawk.client.authenticate({ headers }, app.credentials, artifacts, {})
  }
})

test('HK-26: of 20 requests with one nonce at once, one is accepted', async () => {
  await using app = await setUp()
  const { header } = app.sign()
  const answers = await Promise.all(Array.from({ length: 20 }, () => app.send(header)))
  assert.equal(answers.filter(({ status }) => status === 200).length, 1)
  await refusedAs(await app.send(header), '401 Invalid nonce')
})

test('a request that is refused does not use up its nonce', async () => {
  await using app = await setUp()
  const nonce = 'one'
  const post = { method: 'POST', payload: 'x', contentType: 'text/plain', nonce }
  const { header } = app.sign(post)
  const sent = (body: string) =>
    app.send(header, { method: 'POST', body, headers: CONTENT })
  await refusedAs(await sent('y'), '401 Bad payload hash')
  await refusedAs(await app.send(header.replace(/mac="/, 'mac="A')), '401 Bad mac')
  const now = app.clock.now()
  app.clock.set(now + 61)
  await refusedAs(await sent('x'), '401 Stale timestamp')
  app.clock.set(now)
  assert.equal((await sent('x')).status, 200)
  assert.equal((await sent('x')).status, 401)
})

test('HK-33: unknown, revoked and other keys are answered like a wrong MAC', async () => {
  await using app = await setUp()
  const { auth, ada } = app
  const other = await auth.signingKeys.create({ userId: ada.id })
  const credentials = (id: string, key = '') =>
    ({ id, key, algorithm: 'sha256' }) as const
  await refusedAs(
    await app.send(
      app.sign({ credentials: credentials('nobody', 'x'.repeat(43)) }).header,
    ),
    '401 Bad mac',
  )
  const { header } = app.sign({ credentials: credentials(other.key.id, other.secret) })
  await refusedAs(await app.send(header), '401 Bad mac')
  // The MAC of the key in the place of one that does not exist.
  const parts = { ts: String(app.clock.now()), nonce: 'n' }
  const of = {
    ...parts,
    ...hostAndPort(ORIGIN),
    method: 'GET',
    resource: '/notes?page=2',
  }
  const mac = createHmac('sha256', Buffer.alloc(32))
    .update(normalizedString('header', of))
    .digest('base64')
  await refusedAs(
    await app.send(serializeHeader({ id: 'nobody', ...parts, mac })),
    '401 Bad mac',
  )
  await auth.signingKeys.revoke(app.key.id)
  await refusedAs(await app.send(app.sign().header), '401 Bad mac')
})

test('the key of a deactivated user is not accepted', async () => {
  await using app = await setUp()
  await app.auth.users.change(app.ada.id, { active: false })
  await refusedAs(await app.send(app.sign().header), '401 Unknown credentials')
})

test('HK-31: what is not written as Hawk asks is a 400, and no more of it is looked at', async () => {
  await using app = await setUp()
  const { header } = app.sign()
  for (const [wrong, text] of [
    [`${header}, id="a"`, 'Duplicate attribute: id'],
    [`${header}, colour="a"`, 'Unknown attribute: colour'],
    [`${header}, ext="a\\"b"`, 'Bad header format'],
    [`${header}, ext="é"`, 'Bad attribute value: ext'],
    [`${header}, ext="${'a'.repeat(4096)}"`, 'Header length too long'],
    [header.replace(/ts="\d+"/, 'ts="soon"'), 'Bad attribute value: ts'],
    [header.replace(/, mac="[^"]*"/, ''), 'Missing attributes'],
    ['Hawk', 'Invalid header syntax'],
  ] as const) {
    const answer = await app.send(wrong)
    assert.equal(answer.headers.get('www-authenticate'), null)
    await refusedAs(answer, `400 ${text}`)
  }
})

test('HK-32: other credentials are left to other schemes', async () => {
  await using app = await setUp()
  const none = await app.handler(new Request(ORIGIN))
  assert.equal(none.headers.get('www-authenticate'), 'Hawk, Bearer realm="api"')
  const { access } = await app.auth.signIn(app.ada.id)
  assert.equal((await app.send(`Bearer ${access}`)).status, 200)
  assert.equal((await app.send('Hawkish id="a"')).status, 401)
})

test('a body that is too large is not read', async () => {
  await using app = await setUp({ bodyLimit: 10 })
  const payload = 'x'.repeat(11)
  const { header } = app.sign({ method: 'POST', payload, contentType: 'text/plain' })
  const answer = await app.send(header, {
    method: 'POST',
    body: payload,
    headers: CONTENT,
  })
  assert.equal(answer.status, 413)
})

test('HK-35: a client of the reference verifies the answer, and finds one that is changed', async () => {
  await using app = await setUp({ signAnswers: true })
  const { header, artifacts } = app.sign({ ext: 'a' })
  const answer = await app.send(header)
  const headers = Object.fromEntries(answer.headers)
  const payload = await answer.text()
  const verify = (of: object, body: string) =>
    Hawk.client.authenticate({ headers }, app.credentials, of, {
      payload: body,
      required: true,
    })
  verify(artifacts, payload)
  assert.throws(() => verify(artifacts, `${payload} `), /Bad response payload mac/)
  assert.throws(() => verify(app.sign().artifacts, payload), /Bad response mac/)
})

test('watchword/sign signs for it, verifies its answers and corrects its clock by them', async () => {
  await using app = await setUp({ signAnswers: true })
  const { id: keyId, key } = app.credentials
  const clock = () => app.clock.now() - 600
  const fetchSigned = signedFetch(signer({ keyId, key, verifyAnswers: true, clock }), {
    fetch: app.handler,
  })
  const init = { method: 'POST', body: 'x', headers: CONTENT }
  const answer = await fetchSigned(`${ORIGIN}/notes?a=%2F`, init)
  assert.deepEqual(await answer.json(), { user: 'ada', body: 'x' })
})

test('without the option, answers are not signed', async () => {
  await using app = await setUp()
  const answer = await app.send(app.sign().header)
  assert.equal(answer.headers.get('server-authorization'), null)
})

test('a header, and a bewit, that are written here are those of the reference', async () => {
  const credentials = { id: 'a', key: 'k'.repeat(32), algorithm: 'sha256' } as const
  const macOf = (text: string) =>
    createHmac('sha256', credentials.key).update(text).digest('base64')
  const now = Math.floor(Date.now() / 1000)
  const where = { ...hostAndPort(ORIGIN), method: 'POST', resource: '/notes?a=%2F' }
  const payload = 'é'
  const hash = createHash('sha256')
    .update(payloadStart('text/plain') + payload + PAYLOAD_END)
    .digest('base64')
  const parts = { ts: String(now), nonce: 'n', hash, ext: 'x', app: 'y', dlg: 'z' }
  const mac = macOf(normalizedString('header', { ...where, ...parts }))
  const headers = {
    host: 'api.example.com',
    authorization: serializeHeader({ id: 'a', ...parts, mac }),
    'content-type': 'text/plain',
  }
  const find = async () => credentials
  const request = { method: 'POST', url: where.resource, headers }
  const options = { port: 443, payload }
  await assert.doesNotReject(Hawk.server.authenticate(request, find, options))

  const exp = String(now + 60)
  const of = { ...where, method: 'GET', ts: exp, nonce: '', ext: 'x' }
  const bewit = serializeBewit({
    id: 'a',
    exp,
    mac: macOf(normalizedString('bewit', of)),
    ext: 'x',
  })
  const url = `${where.resource}&bewit=${bewit}`
  const got = { method: 'GET', url, headers: { host: 'api.example.com' } }
  await assert.doesNotReject(Hawk.uri.authenticate(got, find, { port: 443 }))
})

/** A bewit of the reference, whose clock is the real one. */
const bewitOf = (
  { credentials, clock }: Awaited<ReturnType<typeof setUp>>,
  path: string,
  ttlSec = 60,
): string =>
  Hawk.client.getBewit(ORIGIN + path, {
    credentials,
    ttlSec,
    localtimeOffsetMsec: clock.now() * 1000 - Date.now(),
  })

test('HK-36, HK-37: a bewit of the reference is accepted wherever it stands in the query, until it expires', async () => {
  await using app = await setUp({ bewit: '60s' })
  const get = (path: string, init?: RequestInit) =>
    app.handler(new Request(ORIGIN + path, init))
  const b = `bewit=${bewitOf(app, '/file?a=1&b=2')}`
  for (const path of [`a=1&b=2&${b}`, `${b}&a=1&b=2`, `a=1&${b}&b=2`])
    assert.equal((await get(`/file?${path}`)).status, 200, path)
  assert.equal((await get(`/file?bewit=${bewitOf(app, '/file')}`)).status, 200)
  const path = `/file?a=1&b=2&${b}`
  assert.equal((await get(path, { method: 'HEAD' })).status, 200)
  await refusedAs(await get(path, { method: 'POST' }), '401 Invalid method')
  const headers = { authorization: 'Bearer x' }
  await refusedAs(await get(path, { headers }), '400 Multiple authentications')
  await refusedAs(await get('/file?bewit='), '401 Empty bewit')
  await refusedAs(await get(`/file?a=2&b=2&${b}`), '401 Bad mac')
  const long = `/file?bewit=${bewitOf(app, '/file', 120)}`
  await refusedAs(await get(long), '401 Access lasts too long')
  app.clock.advance('61s')
  const expired = await get(path)
  assert.equal(expired.headers.get('referrer-policy'), 'no-referrer')
  await refusedAs(expired, '401 Access expired')
  await refusedAs(await get(`/file?a=3&b=2&${b}`), '401 Bad mac')
})

test('without the option, a bewit is a parameter like others', async () => {
  await using app = await setUp()
  const path = `/file?bewit=${bewitOf(app, '/file')}`
  await refusedAs(
    await app.handler(new Request(ORIGIN + path)),
    '401 Authentication credentials were not provided.',
  )
  assert.equal((await app.send(app.sign({ path }).header, {}, path)).status, 200)
})

test('options that cannot be used stop the start', () => {
  for (const [options, message] of [
    [{ clockskew: 1 }, /Did you mean "hawk\({ clockSkew }\)"/],
    [{ clockSkew: '2m' }, /"1s" to "60s"/],
    [{ bewit: '2h' }, /"1s" to "3600s"/],
    [{ payloadHash: false }, /"unsafe" or "body"/],
    [{ bodyLimit: -1 }, /number of bytes/],
  ] as const)
    assert.throws(() => hawk(options as HawkOptions), message)
  assert.throws(() => testInstance({ authentication: [hawk()] }), /for hawk\(\) set url/)
})
