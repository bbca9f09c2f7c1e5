import assert from 'node:assert/strict'
import dns from 'node:dns'
import { type TestContext, test } from 'node:test'
import { smtpMailer } from '../../src/features/mail/smtp.ts'
import { cleanUp } from '../cleanup.ts'
import { freshSqlite } from '../stores/sqlite.ts'
import { until } from '../time.ts'
import { aSender, HOUR, mailTo, movableClock } from './setup.ts'
import { smtpServer } from './smtp-server.ts'

const MAIL = {
  to: 'vitor@example.com',
  subject: 'Set a new password',
  text: 'Type 123456.\n',
  html: '<p>Type <b>123456</b>.</p>',
}

async function mailerFor(t: TestContext, options: object = {}, query = '') {
  const server = await smtpServer(t, options)
  const url = new URL(`smtp://auth:p%40ss@127.0.0.1:${server.port}${query}`)
  const from = { name: 'Example, Inc.', address: 'auth@example.com' }
  const { send, close } = smtpMailer({ url, from })
  cleanUp(t, close)
  return { ...server, send }
}

test('a mail is sent to one address, with both texts, after a sign-in', async (t) => {
  const { send, received } = await mailerFor(t)
  await send(MAIL)

  const [{ user, to, text }] = received as [(typeof received)[number]]
  assert.equal(user, 'auth:p@ss')
  assert.deepEqual(to, ['vitor@example.com'])
  assert.match(text, /^From: "Example, Inc\." <auth@example\.com>\r$/m)
  assert.match(text, /^To: vitor@example\.com\r$/m)
  assert.match(text, /^Subject: Set a new password\r$/m)
  assert.match(text, /^Auto-Submitted: auto-generated\r$/m)
  assert.match(text, /Type 123456\./)
  assert.match(text, /<b>123456<\/b>/)
})

test('a recipient that the server refuses for good is a permanent error', async (t) => {
  const { send } = await mailerFor(t, { refuseRecipient: 550 })
  await assert.rejects(async () => send(MAIL), { permanent: true })
})

test('a recipient that is refused for now, and a failed sign-in, are tried again', async (t) => {
  const busy = await mailerFor(t, { refuseRecipient: 451 })
  await assert.rejects(async () => busy.send(MAIL), { permanent: false })
  const wrong = await mailerFor(t, { refuseSignIn: true })
  await assert.rejects(async () => wrong.send(MAIL), { permanent: false })
})

test('a text that the server refuses for good is a permanent error', async (t) => {
  const { send } = await mailerFor(t, { refuseText: 554 })
  await assert.rejects(async () => send(MAIL), { permanent: true })
})

test('no address and no subject adds a recipient or a header', async (t) => {
  const { send, received } = await mailerFor(t)
  for (const to of [
    'vitor@example.com, mallory@example.com',
    'vitor@example.com\r\nBcc: mallory@example.com',
    '"vitor@example.com>" <mallory@example.com',
  ])
    await Promise.resolve(send({ ...MAIL, to })).catch(() => undefined)
  await send({ ...MAIL, subject: 'Hello\r\nBcc: mallory@example.com' })

  for (const { to, text } of received) {
    assert.ok(!to.includes('mallory@example.com'), String(to))
    assert.doesNotMatch(text, /^Bcc:/im)
  }
  assert.ok(received.length > 0)
})

test('a server that is down loses nothing: the mail is sent when it is back', async (t) => {
  const first = await smtpServer(t, {})
  await first.close()
  const url = new URL(`smtp://127.0.0.1:${first.port}`)
  const from = { name: 'Example', address: 'auth@example.com' }
  const { send, close } = smtpMailer({ url, from })
  const clock = movableClock()
  const database = await freshSqlite(t)
  assert.ok(typeof database !== 'string')
  const { sender, log } = aSender(await database.open(), clock.now, send)
  cleanUp(t, async () => {
    await sender.close()
    close()
  })
  await sender.add(mailTo('vitor@example.com'), HOUR)
  await until(() => log.length === 1)
  const { received } = await smtpServer(t, { port: first.port })
  clock.move(5)
  await until(() => received.length === 1)
  assert.deepEqual(received[0]?.to, ['vitor@example.com'])
})

test('a password is not sent where a server in between could have hidden STARTTLS', async (t) => {
  const { port, received } = await smtpServer(t, {})
  // A name that is not of this machine as far as the mailer knows, and leads to it.
  const url = new URL(`smtp://auth:secret@localhost.localdomain:${port}`)
  const lookup = dns.lookup
  t.mock.method(dns, 'lookup', ((name: string, options: object, done: never) =>
    lookup(
      name === 'localhost.localdomain' ? '127.0.0.1' : name,
      options as never,
      done,
    )) as never)
  const { send, close } = smtpMailer({
    url,
    from: { name: 'a', address: 'a@example.com' },
  })
  cleanUp(t, close)
  await assert.rejects(async () => send(MAIL), { permanent: false })
  assert.deepEqual(received, [])
})
