import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { type TestContext, test } from 'node:test'
import { apiToken } from '../../src/authentication.ts'
import { smsWebhook } from '../../src/features/mail/webhook.ts'
import { passwordless } from '../../src/presets/index.ts'
import { watchword } from '../../src/watchword.ts'
import { cleanUp } from '../cleanup.ts'
import { NOON } from '../sessions/setup.ts'
import { endsBefore, until } from '../time.ts'

/** The secret of an example of the Standard Webhooks specification. */
const SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'

interface Posted {
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

/** A gateway that answers with these statuses, the last one again and again. */
async function gateway(t: TestContext, ...statuses: readonly number[]) {
  const posted: Posted[] = []
  const server = createServer(async (request, response) => {
    posted.push({ headers: request.headers, body: await text(request) })
    const status = statuses[posted.length - 1] ?? statuses.at(-1) ?? 204
    response.writeHead(status, { location: 'https://example.com/' }).end()
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  cleanUp(t, async () => void server.close())
  const { port } = server.address() as AddressInfo
  return { url: `http://127.0.0.1:${port}/send`, posted }
}

/** As a receiver checks it, after the specification. */
function isSigned({ headers, body }: Posted): boolean {
  const content = `${headers['webhook-id']}.${headers['webhook-timestamp']}.${body}`
  const key = Buffer.from(SECRET.slice('whsec_'.length), 'base64')
  const expected = createHmac('sha256', key).update(content).digest('base64')
  return headers['webhook-signature'] === `v1,${expected}`
}

test('text messages are posted to the webhook, signed', async (t) => {
  const { url, posted } = await gateway(t, 204)
  const auth = watchword({
    database: 'sqlite::memory:',
    secret: 'a secret of tests, long enough for all of them',
    authentication: [apiToken()],
    presets: [passwordless({ types: ['mobile'] })],
    sms: { send: url, secret: SECRET },
    log: () => undefined,
  })
  cleanUp(t, () => auth.close())

  const answer = await auth.handler(
    new Request('http://localhost/auth/mobile/', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ mobile: '+351912345678' }),
    }),
  )
  assert.equal(answer.status, 200)
  await until(() => posted.length === 1)

  const [message] = posted
  assert.ok(message !== undefined && isSigned(message))
  assert.equal(message.headers['content-type'], 'application/json')
  const { type, data } = JSON.parse(message.body)
  assert.equal(type, 'sms')
  assert.equal(data.to, '+351912345678')
  assert.match(data.text, /\b\d{6}\b/)
})

for (const [status, error] of [
  [200, undefined],
  [302, { permanent: false }],
  [400, { permanent: true }],
  [401, { permanent: false }],
  [422, { permanent: true }],
  [503, { permanent: false }],
] as const)
  test(`an SMS webhook that answers ${status}: ${JSON.stringify(error ?? 'sent')}`, async (t) => {
    const { url, posted } = await gateway(t, status)
    const send = smsWebhook({ url: new URL(url), key: new Uint8Array(24) })
    const sending = async () =>
      send({ to: '+351912345678', text: '123456' }, { id: 'a', at: NOON })

    if (error === undefined) await sending()
    else await assert.rejects(sending, error)
    assert.equal(posted.length, 1)
  })

for (const status of [200, 503])
  test(`an answer ${status} of an SMS webhook whose body goes on holds no connection`, async (t) => {
    let open = 0
    const server = createServer((request, response) => {
      request.resume()
      response.writeHead(status).write('{')
    }).listen(0, '127.0.0.1')
    server.on('connection', (socket) => {
      open += 1
      socket.on('close', () => {
        open -= 1
      })
    })
    await once(server, 'listening')
    cleanUp(t, async () => void server.closeAllConnections())
    cleanUp(t, async () => void server.close())
    const { port } = server.address() as AddressInfo
    const url = new URL(`http://127.0.0.1:${port}/`)
    const send = smsWebhook({ url, key: new Uint8Array(24) })

    const sending = async () =>
      send({ to: '+351912345678', text: '1' }, { id: 'a', at: NOON })
    await sending().catch(() => undefined)

    // Long before the request itself is given up, after 15 seconds.
    const closed = until(() => open === 0)
    assert.ok(await endsBefore(closed, 500, 10), 'the connection is held')
  })

const HTTPS = 'https://sms.example.com/send'

for (const [send, secret, message] of [
  ['http://sms.example.com/send', SECRET, /must be a function, or an https address/],
  ['https://user:hunter2@sms.example.com/', SECRET, /without a user name/],
  ['sms.example.com', SECRET, /must be a function, or an https address/],
  [HTTPS, undefined, /sms\.secret \(WATCHWORD_SMS_SECRET\)/],
  [HTTPS, 'whsec_hunter2', /24 to 64 random bytes/],
  [HTTPS, SECRET.slice('whsec_'.length), /must be "whsec_"/],
] as const)
  test(`sms: ${send} with the secret ${secret} stops the start, and neither is shown`, () => {
    const sms = { send, ...(secret !== undefined && { secret }) }
    assert.throws(
      () => watchword({ database: 'sqlite::memory:', sms }),
      (error: Error) => {
        assert.match(error.message, message)
        assert.doesNotMatch(error.message, /hunter2|MfKQ9r8G/)
        return true
      },
    )
  })
