import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { type TestContext, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { SECRET, startCommand, withAda, within } from './command.ts'
import { ADA } from './process.ts'

const BIN = fileURLToPath(new URL('../../bin/watchword.js', import.meta.url))
const SMS_SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'

async function databaseWithAda(t: TestContext): Promise<string> {
  const path = mkdtempSync(join(tmpdir(), 'watchword-'))
  t.after(() => rmSync(path, { recursive: true, force: true }))
  const database = join(path, 'watchword.db')
  await withAda(database)
  return database
}

const clientOf =
  (url: string) =>
  async (path: string, body: object, headers: Record<string, string> = {}) => {
    const response = await fetch(`${url}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify(body),
    })
    const answer = await response.text()
    return {
      status: response.status,
      body: answer === '' ? undefined : JSON.parse(answer),
    }
  }

test('a server with --presets has the endpoints of each, in every worker', async (t) => {
  const database = await databaseWithAda(t)
  const presets = { djoser: {}, knox: { credentials: 'body' }, 'dj-rest-auth': {} }
  const words = ['--port', '0', '--workers', '2', '--accounts', 'open']
  const { url } = await startCommand(t, {
    database,
    words: [...words, '--presets', JSON.stringify(presets)],
    env: {
      WATCHWORD_URL: 'https://auth.example.com',
      WATCHWORD_MAIL: 'smtp://127.0.0.1:1?from=auth@example.com',
    },
  })
  const post = clientOf(url)
  const { username, password } = ADA

  // Several connections, which both workers get.
  for (let i = 0; i < 4; i++) {
    const login = await post('/auth/token/login/', { username, password })
    assert.equal(login.status, 200)
    const token = { authorization: `Token ${login.body.auth_token}` }
    assert.equal((await post('/auth/token/logout/', {}, token)).status, 204)
    const rest = await post('/dj-rest-auth/login/', { username, password })
    assert.equal(rest.status, 200)
    const knox = await post('/knox/login/', { username, password })
    assert.equal(knox.status, 200)
    const own = { authorization: `Token ${knox.body.token}` }
    assert.equal((await post('/knox/logout/', {}, own)).status, 204)
    assert.equal((await post('/knox/logout/', {}, own)).status, 401)
  }
  assert.equal((await post('/auth/mobile/', { mobile: '+351912345678' })).status, 404)
})

test('a server with --presets passwordless and --sms posts the codes to the webhook', async (t) => {
  const database = await databaseWithAda(t)
  const codes: string[] = []
  const gateway = createServer(async (request, response) => {
    const { data } = JSON.parse(await text(request))
    codes.push(/\b\d{6}\b/.exec(data.text)?.[0] ?? data.text)
    response.writeHead(204).end()
  }).listen(0, '127.0.0.1')
  await once(gateway, 'listening')
  t.after(() => void gateway.close())
  const { port } = gateway.address() as AddressInfo
  const { url } = await startCommand(t, {
    database,
    words: [
      ...['--port', '0', '--workers', '2', '--sms', `http://127.0.0.1:${port}/send`],
      ...['--presets', '{"passwordless": {"types": ["mobile"]}}'],
    ],
    env: { WATCHWORD_SMS_SECRET: SMS_SECRET },
  })
  const post = clientOf(url)
  const mobile = '+351912345678'

  assert.equal((await post('/auth/mobile/', { mobile })).status, 200)
  assert.ok(await within(20, () => codes.length > 0), 'the webhook has got a message')
  const signIn = await post('/auth/token/', { mobile, token: codes[0] })
  assert.equal(signIn.status, 200, JSON.stringify(signIn.body))
  assert.match(signIn.body.token, /^\w{20,}/)
})

for (const [words, message] of [
  [['--presets', 'knx'], /there is no preset "knx"/],
  [['--presets', 'passwordless', '--sms', 'https://sms.example.com'], /SMS_SECRET/],
  [
    ['--presets', '{"passwordless":{"demoUsers":{"ada@example.org":"123456"}}}'],
    /leave demoUsers out/,
  ],
] as const)
  test(`a server does not start with ${words.join(' ')}`, async (t) => {
    const database = await databaseWithAda(t)
    const line = [BIN, 'start', '--port', '0', '--workers', '1', '--database', database]
    const { status, stderr } = spawnSync(process.execPath, [...line, ...words], {
      env: { PATH: process.env.PATH ?? '', WATCHWORD_SECRET: SECRET },
      encoding: 'utf8',
      timeout: 60_000,
    })
    assert.ok(status === 1 || status === 2, stderr)
    assert.match(stderr, message)
  })
