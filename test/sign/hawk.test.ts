import assert from 'node:assert/strict'
import { test } from 'node:test'
import { guardOf } from '../../src/adapters/fetch.ts'
import { hawk as hawkScheme } from '../../src/authentication.ts'
import {
  type HawkOptions,
  hawk,
  hawkBewit,
  SignatureError,
  signedFetch,
} from '../../src/sign/index.ts'
import { testInstance } from '../../src/testing/index.ts'
import { Hawk } from '../hawk/reference.ts'

const ORIGIN = 'https://api.example.com'
const NOTES = `${ORIGIN}/notes?page=2`

/** A guarded handler, and a user whose key signs requests to it. */
async function setUp() {
  const app = testInstance({ url: ORIGIN, authentication: [hawkScheme({ bewit: '5m' })] })
  const ada = await app.auth.users.create({ username: 'ada' })
  const { key, secret = '' } = await app.auth.signingKeys.create(
    { userId: ada.id },
    { algorithm: 'hawk-sha256' },
  )
  const guarded = guardOf(app.auth)(async (request) =>
    Response.json({ user: request.auth.user.username, body: await request.text() }),
  )
  const answers: Response[] = []
  const send = async (request: Request): Promise<Response> => {
    const answer = await guarded(request)
    answers.push(answer)
    return answer
  }
  const fetchWith = (options: Partial<HawkOptions> = {}, fetch = send) =>
    signedFetch(hawk({ keyId: key.id, key: secret, clock: app.clock.now, ...options }), {
      fetch,
    })
  return { ...app, key, secret, send, answers, fetchWith }
}

async function assertAccepted(answer: Response, body = ''): Promise<void> {
  assert.deepEqual([answer.status, await answer.json()], [200, { user: 'ada', body }])
}

test('requests with and without a body are accepted, with what the application adds', async () => {
  await using app = await setUp()
  const fetch = app.fetchWith({ ext: 'some-app-data', app: 'reports', dlg: 'mail' })
  await assertAccepted(await fetch(NOTES))
  await assertAccepted(await fetch(NOTES, { method: 'DELETE' }))
  await assertAccepted(await fetch(NOTES, { method: 'POST', body: 'Ü' }), 'Ü')
})

test('a body that is changed on the way is refused', async () => {
  await using app = await setUp()
  const fetch = app.fetchWith({}, (request) =>
    app.send(new Request(request, { body: 'y' })),
  )
  assert.equal((await fetch(NOTES, { method: 'POST', body: 'x' })).status, 401)
})

test('a wrong clock costs one more request, and is right from then on', async () => {
  await using app = await setUp()
  const fetch = app.fetchWith({ clock: () => app.clock.now() - 3600 })
  await assertAccepted(await fetch(NOTES, { method: 'POST', body: 'x' }), 'x')
  assert.deepEqual(
    app.answers.map(({ status }) => status),
    [401, 200],
  )
  await assertAccepted(await fetch(NOTES))
  assert.equal(app.answers.length, 3)
})

test('an address with a bewit is accepted as it is until it expires', async () => {
  await using app = await setUp()
  const { key, secret, clock } = app
  const options = {
    keyId: key.id,
    key: secret,
    clock: clock.now,
    expiresIn: '1m',
  } as const
  for (const address of [NOTES, `${ORIGIN}/notes`, `${ORIGIN}/#part`]) {
    const url = await hawkBewit(address, { ...options, ext: 'picture' })
    await assertAccepted(await app.send(new Request(url)))
    for (const changed of [`${url}&a=b`, url.replace('bewit=', 'bewit=a')])
      assert.notEqual((await app.send(new Request(changed))).status, 200, changed)
  }
  const url = await hawkBewit(NOTES, options)
  clock.advance(61)
  assert.equal((await app.send(new Request(url))).status, 401)
  await assert.rejects(hawkBewit('/notes', options), TypeError)
  await assert.rejects(
    hawkBewit(NOTES, { ...options, expiresIn: '1x' as '1m' }),
    TypeError,
  )
})

test('what a header or a bewit cannot hold is a SignatureError', async () => {
  for (const ext of ['"', '\\', '\n', 'é']) {
    const options = { keyId: 'k', key: 'a secret', ext }
    await assert.rejects(hawk(options).sign({ url: NOTES }), SignatureError, ext)
    if (ext === '"') continue
    const bewit = hawkBewit(NOTES, { ...options, expiresIn: '1m' })
    await assert.rejects(bewit, SignatureError, ext)
  }
})

test('the time of a server that does not have the key is not believed', async () => {
  await using app = await setUp()
  const ts = app.clock.now() + 3600
  let requests = 0
  const forged = async () => {
    requests++
    return new Response(null, {
      status: 401,
      headers: {
        'www-authenticate': `Hawk ts="${ts}", tsm="AAAA", error="Stale timestamp"`,
      },
    })
  }
  const signer = hawk({ keyId: app.key.id, key: app.secret, clock: app.clock.now })
  assert.equal((await signedFetch(signer, { fetch: forged })(NOTES)).status, 401)
  assert.equal(requests, 1)
  await assertAccepted(await signedFetch(signer, { fetch: app.send })(NOTES))
})

for (const algorithm of ['sha256', 'sha1'] as const) {
  test(`the reference implementation accepts requests signed with ${algorithm}, and its answers are verified`, async () => {
    const credentials = {
      id: 'k',
      key: 'werxhqb98rpaxn39848xrunpaw3489ruxnpa98w4rxn',
      algorithm,
    }
    let ext = 'of the answer'
    const server = async (request: Request): Promise<Response> => {
      const payload = await request.text()
      const { pathname, search, host } = new URL(request.url)
      const contentType = request.headers.get('content-type') ?? ''
      const { artifacts } = await Hawk.server.authenticate(
        {
          method: request.method,
          url: pathname + search,
          headers: {
            host,
            authorization: request.headers.get('authorization') ?? '',
            'content-type': contentType,
          },
        },
        async () => credentials,
        { port: 443, payload },
      )
      const header = Hawk.server.header(credentials, artifacts, {
        payload: 'good',
        contentType: 'text/plain',
        ext,
      })
      return new Response(ext === 'changed' ? 'bad' : 'good', {
        headers: { 'content-type': 'text/plain', 'server-authorization': header },
      })
    }
    const fetch = signedFetch(
      hawk({ keyId: 'k', key: credentials.key, algorithm, verifyAnswers: true }),
      { fetch: server },
    )
    const answer = await fetch(NOTES, {
      method: 'POST',
      body: 'Thank you for flying Hawk',
    })
    assert.equal(await answer.text(), 'good')
    ext = 'changed'
    await assert.rejects(fetch(NOTES, { method: 'POST', body: 'x' }), {
      name: 'SignatureError',
      message: 'The body of the answer is not the one that was signed.',
    })
  })
}

test('answers that an instance signs are verified', async () => {
  await using app = testInstance({
    url: ORIGIN,
    authentication: [hawkScheme({ signAnswers: true })],
  })
  const ada = await app.auth.users.create({ username: 'ada' })
  const { key, secret = '' } = await app.auth.signingKeys.create(
    { userId: ada.id },
    { algorithm: 'hawk-sha256' },
  )
  let sent = 'hello'
  const handler = guardOf(app.auth)((request) => {
    const headers = { 'Content-Type': 'text/plain' }
    const signed = request.auth.signature?.signAnswer?.({ headers, body: 'hello' })
    return new Response(sent, { headers: { ...headers, ...signed } })
  })
  const clock = app.clock.now
  const signer = hawk({ keyId: key.id, key: secret, clock, verifyAnswers: true })
  const fetch = signedFetch(signer, { fetch: (request) => handler(request) })
  assert.equal(await (await fetch(NOTES)).text(), 'hello')
  sent = 'good bye'
  await assert.rejects(fetch(NOTES), { name: 'SignatureError', message: /^The body/ })
})

test('an answer that is not signed, or is for another request, is an error if answers are verified', async () => {
  const options = { keyId: 'k', key: 'secret', verifyAnswers: true }
  for (const [headers, message] of [
    [{}, 'The answer has no Server-Authorization.'],
    [
      { 'server-authorization': 'Hawk mac="AAAA"' },
      'Server-Authorization is not the one of this answer.',
    ],
    [{ 'server-authorization': 'Hawk mac=' }, 'Server-Authorization is malformed.'],
  ] as const) {
    const fetch = signedFetch(hawk(options), {
      fetch: async () => new Response('x', { headers }),
    })
    await assert.rejects(fetch(NOTES), { name: 'SignatureError', message })
  }
})
