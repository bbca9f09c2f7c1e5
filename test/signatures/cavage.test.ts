import assert from 'node:assert/strict'
import {
  createHash,
  createHmac,
  generateKeyPairSync,
  type KeyObject,
  sign,
} from 'node:crypto'
import { test } from 'node:test'
import httpSignaturePackage from 'http-signature'
import { guardOf } from '../../src/adapters/fetch.ts'
import {
  type DraftCavageOptions,
  draftCavage,
  httpSignature,
} from '../../src/authentication.ts'
import { parseCavage, signingString } from '../../src/signatures/draft-cavage.ts'
import { testInstance } from '../../src/testing/index.ts'

const ORIGIN = 'https://api.example.test'
const SECRET = 'qhr4-7mzt-w2pd-x9kc-and-thirty-two-bytes'

interface Signing {
  readonly keyId: string
  readonly algorithm: string
  readonly sign: (text: string) => string
}

/** A client of the draft. */
interface Sent {
  readonly method?: string
  readonly target?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly cover?: readonly string[]
  readonly params?: string
  readonly body?: string
  readonly carrier?: 'authorization' | 'signature'
}

async function setUp(options: DraftCavageOptions = {}) {
  const app = testInstance({ url: ORIGIN, authentication: [draftCavage(options)] })
  const { id: userId } = await app.auth.users.create({ username: 'alice' })
  const { signingKeys } = app.auth
  await signingKeys.create({ userId }, { id: 'mac', secret: SECRET })
  const route = guardOf(app.auth)(({ auth }) => new Response(auth.user.username))
  const ask = (request: Request) => route(request)
  const date = (ago = 0) => new Date((app.clock.now() - ago) * 1000).toUTCString()
  const mac: Signing = {
    keyId: 'mac',
    algorithm: 'hmac-sha256',
    sign: (text) => createHmac('sha256', SECRET).update(text).digest('base64'),
  }
  const signed = (sent: Sent = {}, by = mac): Request => {
    const { method = 'GET', target = '/notes?page=2', body, params = '' } = sent
    const { cover = ['(request-target)', 'date'], carrier = 'authorization' } = sent
    const fields = { date: date(), ...sent.headers }
    const [created] = /(?<=created=)\d+/.exec(params) ?? []
    const text = signingString(
      {
        algorithm: 'hs2019',
        headers: cover,
        created: created === undefined ? undefined : Number(created),
        expires: undefined,
      },
      { method, target, fields: Object.entries(fields) },
    )
    const header = `keyId="${by.keyId}",algorithm="${by.algorithm}"${params},headers="${cover.join(' ')}",signature="${by.sign(text)}"`
    return new Request(ORIGIN + target, {
      method,
      headers: {
        ...fields,
        [carrier]: carrier === 'authorization' ? `Signature ${header}` : header,
      },
      ...(body !== undefined && { body }),
    })
  }
  return { ...app, userId, ask, date, signed, mac }
}

async function refused(answer: Response): Promise<void> {
  assert.equal(answer.status, 401)
  assert.equal(
    answer.headers.get('www-authenticate'),
    'Signature realm="api",headers="(request-target) date"',
  )
  const { detail } = (await answer.json()) as { readonly detail: string }
  assert.equal(detail, 'Invalid signature.')
}

const digest = (body: string, name: string): string =>
  createHash(name).update(body).digest('base64')

test('a request signed in either header is that of the owner of the key', async () => {
  await using app = await setUp()
  for (const [i, carrier] of (['authorization', 'signature'] as const).entries()) {
    const answer = await app.ask(app.signed({ target: `/notes?page=${i}`, carrier }))
    assert.equal(await answer.text(), 'alice')
  }
})

test('CV-20: a signature is accepted once, of twenty at the same time, too', async () => {
  await using app = await setUp()
  const request = app.signed()
  const answers = await Promise.all(
    Array.from({ length: 20 }, () => app.ask(request.clone())),
  )
  const statuses = answers.map(({ status }) => status).toSorted()
  assert.deepEqual(statuses, [200, ...Array(19).fill(401)])
  await using lenient = await setUp({ once: false })
  const again = lenient.signed()
  assert.equal((await lenient.ask(again.clone())).status, 200)
  assert.equal((await lenient.ask(again)).status, 200)
})

test('CV-12, CV-14, CV-18: uncovered, stale and unknown are refused alike', async () => {
  await using app = await setUp()
  const tooOld = { headers: { date: app.date(301) } }
  const tooNew = { headers: { date: app.date(-301) } }
  await refused(await app.ask(app.signed({ cover: ['date'] })))
  await refused(await app.ask(app.signed(tooOld)))
  await refused(await app.ask(app.signed(tooNew)))
  await refused(await app.ask(app.signed({}, { ...app.mac, keyId: 'nobody' })))
  await app.auth.signingKeys.revoke('mac')
  await refused(await app.ask(app.signed()))
})

test('CV-15: a body is the one that was signed', async () => {
  await using app = await setUp()
  const cover = ['(request-target)', 'date', 'digest']
  const post = (headers: Record<string, string>, body = '{}', covered = cover) =>
    app.ask(app.signed({ method: 'POST', headers, cover: covered, body }))
  const sha256 = { digest: `SHA-256=${digest('{}', 'sha256')}` }
  assert.equal((await post(sha256)).status, 200)
  const both = `sha-512=${digest('{}', 'sha512')},MD5=x,SHA-256=${digest('{}', 'sha256')}`
  assert.equal((await post({ digest: both })).status, 200)
  await refused(await post(sha256, '{"a":1}'))
  await refused(await post({ digest: `MD5=${digest('{}', 'md5')}` }))
  await refused(await post({ digest: 'SHA-256=***' }))
  await refused(await post(sha256, '{}', ['(request-target)', 'date']))
  await using lenient = await setUp({ digest: false })
  const plain = lenient.signed({ method: 'POST', body: 'x' })
  assert.equal((await lenient.ask(plain)).status, 200)
})

test('CV-10, CV-11: (created) is covered with hs2019 only', async () => {
  await using app = await setUp()
  const { publicKey, privateKey } = generateKeyPairSync('ed25519')
  const jwk = publicKey.export({ format: 'jwk' })
  await app.auth.signingKeys.create(
    { userId: app.userId },
    { id: 'ed', algorithm: 'ed25519', publicKey: jwk },
  )
  const cover = ['(request-target)', '(created)']
  const params = `,created=${app.clock.now()}`
  const by = (algorithm: string): Signing => ({
    keyId: 'ed',
    algorithm,
    sign: (text) => sign(null, Buffer.from(text), privateKey).toString('base64'),
  })
  const ask = (algorithm: string, more = params) =>
    app.ask(app.signed({ cover, params: more }, by(algorithm)))
  assert.equal((await ask('hs2019')).status, 200)
  await refused(await ask('rsa-sha256'))
  await refused(await ask('hs2019', `,created=${app.clock.now() - 301}`))
  await refused(await ask('hs2019', `${params},expires=${app.clock.now() - 1}`))
})

test('a header that no signature can cover is refused', async () => {
  await using app = await setUp()
  const header = `Signature keyId="mac",algorithm="hmac-sha256",headers="(request-target) date (x) a:b é",signature="AAAA"`
  const headers = { authorization: header, date: app.date() }
  await refused(await app.ask(new Request(ORIGIN, { headers })))
})

test('if the store does not know whether a signature was used, the answer is 503', async () => {
  await using app = await setUp()
  app.faults.fail('proofs.use')
  assert.equal((await app.ask(app.signed())).status, 503)
})

test('listed before httpSignature(), it leaves it what belongs to it', async () => {
  await using app = testInstance({
    url: ORIGIN,
    authentication: [draftCavage(), httpSignature()],
  })
  const headers = { signature: 'a=:AA==:', 'signature-input': 'a=()' }
  const route = guardOf(app.auth)(() => new Response('ok'))
  const answer = await route(new Request(ORIGIN, { headers }))
  assert.match(await answer.text(), /does not cover \\"@method\\"/)
})

const PAIRS: Readonly<
  Record<string, () => { readonly publicKey: KeyObject; readonly privateKey: KeyObject }>
> = {
  'rsa-v1_5-sha256': () => generateKeyPairSync('rsa', { modulusLength: 2048 }),
  'ecdsa-p256-sha256': () => generateKeyPairSync('ec', { namedCurve: 'P-256' }),
}

/** What the package signs. */
function signedByPackage(key: string, keyId: string, algorithm: string, date: string) {
  const headers: Record<string, string> = { date, host: 'api.example.test' }
  httpSignaturePackage.sign(
    {
      method: 'GET',
      path: '/notes?page=2',
      getHeader: (name: string) => headers[name.toLowerCase()],
      setHeader: (name: string, value: string) => {
        headers[name.toLowerCase()] = value
      },
    } as never,
    { key, keyId, algorithm, headers: ['(request-target)', 'host', 'date'] },
  )
  return headers
}

for (const [algorithm, name] of [
  ['hmac-sha256', 'hmac-sha256'],
  ['rsa-v1_5-sha256', 'rsa-sha256'],
  ['ecdsa-p256-sha256', 'ecdsa-sha256'],
] as const) {
  test(`what the package http-signature signs with ${name} is accepted`, async () => {
    await using app = await setUp()
    const pair = PAIRS[algorithm]?.()
    if (pair !== undefined)
      await app.auth.signingKeys.create(
        { userId: app.userId },
        { id: 'pair', algorithm, publicKey: pair.publicKey.export({ format: 'jwk' }) },
      )
    const pem = pair?.privateKey.export({ format: 'pem', type: 'pkcs8' })
    const keyId = pair === undefined ? 'mac' : 'pair'
    const headers = signedByPackage(String(pem ?? SECRET), keyId, name, app.date())
    const request = new Request(`${ORIGIN}/notes?page=2`, { headers })
    assert.equal((await app.ask(request)).status, 200)
  })
}

test('what is signed here is valid for the package http-signature', async () => {
  await using app = await setUp()
  const { headers, method } = app.signed()
  const parsed = httpSignaturePackage.parseRequest(
    { method, url: '/notes?page=2', headers: Object.fromEntries(headers) } as never,
    { clockSkew: 1e12, headers: ['(request-target)', 'date'] } as never,
  )
  assert.equal(httpSignaturePackage.verifyHMAC(parsed, SECRET), true)
  const read = parseCavage(headers.get('authorization')?.slice(10) ?? '')
  assert.deepEqual(read.headers, ['(request-target)', 'date'])
})

test('options that cannot be used stop the start', () => {
  for (const [options, message] of [
    [{ header: [] }, /Did you mean "draftCavage\({ headers }\)"/],
    [{ headers: ['host'] }, /"date" or "\(created\)" among them/],
    [{ headers: ['date', 'a b'] }, /names of headers/],
    [{ clockSkew: '2h' }, /"1s" to "1h"/],
    [{ bodyLimit: 0.5 }, /number of bytes/],
  ] as const)
    assert.throws(() => draftCavage(options as DraftCavageOptions), message)
})
