import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { before, type TestContext, test } from 'node:test'
import { driver, loadDriver } from './driver.ts'
import { asksForPassword, refusesTls } from './driver-errors.ts'

before(loadDriver)

/** A server that sends these answers, one to each message. @returns the error of `pg` when it connects */
async function errorOn(
  t: TestContext,
  answers: readonly Buffer[],
  query: string,
): Promise<unknown> {
  const server = createServer((socket: Socket) => {
    const left = [...answers]
    socket.on('error', () => {})
    socket.on('data', () => socket.write(left.shift() ?? ''))
  }).listen(0, '127.0.0.1')
  t.after(() => server.close())
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const client = new driver.Client(`postgres://ada${query.replace('PORT', `${port}`)}`)
  client.on('error', () => {})
  t.after(() => client.end().catch(() => {}))
  return client.connect().then(
    () => undefined,
    (error: unknown) => error,
  )
}

/** A message of authentication (https://www.postgresql.org/docs/current/protocol-message-formats.html). */
function authentication(kind: number, data: string): Buffer {
  const body = Buffer.from(data)
  const head = Buffer.from('R\0\0\0\0\0\0\0\0')
  head.writeInt32BE(8 + body.length, 1)
  head.writeInt32BE(kind, 5)
  return Buffer.concat([head, body])
}

const SCRAM = [
  authentication(10, 'SCRAM-SHA-256\0\0'),
  authentication(11, 'r=nonce,s=c2FsdA==,i=4096'),
]

test('the error of a server that rejects TLS is recognised', async (t) => {
  const error = await errorOn(
    t,
    [Buffer.from('N')],
    '@127.0.0.1:PORT/x?sslmode=verify-full',
  )
  assert.equal(refusesTls(error), true, String(error))
  assert.equal(asksForPassword(error), false)
})

test('the error of a server that asks for a password which the address lacks is recognised', async (t) => {
  const error = await errorOn(t, SCRAM, '@127.0.0.1:PORT/x')
  assert.equal(asksForPassword(error), true, String(error))
  assert.equal(refusesTls(error), false)
})

test('another error of the exchange is neither', async (t) => {
  const error = await errorOn(t, SCRAM, ':secret@127.0.0.1:PORT/x')
  assert.match(String(error), /SASL/)
  assert.deepEqual([asksForPassword(error), refusesTls(error)], [false, false])
})
