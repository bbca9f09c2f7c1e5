import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Options } from '../../src/settings/options.ts'
import { testInstance } from '../../src/testing/index.ts'
import { watchword } from '../../src/watchword.ts'
import { accountsApp, PASSWORD } from './setup.ts'

for (const [options, message] of [
  [{ url: 'app.example.com' }, /url \(WATCHWORD_URL\) must be/],
  [{ url: 'http://app.example.com' }, /url \(WATCHWORD_URL\) must be/],
  [{ url: 'https://app.example.com/?a=b' }, /url \(WATCHWORD_URL\) must be/],
  [{ url: 'https://user:pw@app.example.com' }, /url \(WATCHWORD_URL\) must be/],
  [{ accounts: { signup: 'off' } }, /Did you mean "accounts.signUp"/],
  [{ accounts: { links: { activate: 'https://a.example/' } } }, /\{token\}/],
  [{ accounts: { links: { activate: 'javascript:alert({token})' } } }, /\{token\}/],
  [{ user: { email: 'string' } }, /does not use itself/],
  [{ user: { nick: 'text' } }, /"string", "number", "boolean" or "date"/],
] as const)
  test(`the options ${JSON.stringify(options)} are refused`, () => {
    assert.throws(() => watchword(options as never as Options), {
      code: 'invalid_config',
      message,
    })
  })

for (const [options, message] of [
  [{ accounts: true }, /set url: "https:\/\/app.example.com" \(WATCHWORD_URL\)/],
  [
    {
      accounts: { fields: ['nick'] },
      url: 'https://a.example',
      user: { age: 'number?' },
    },
    /user: \{ nick: "string\?" \}/,
  ],
] as const)
  test(`an instance with ${JSON.stringify(options)} does not start, and says what to add`, async () => {
    await using app = testInstance(options as Options)
    await assert.rejects(app.auth.migrate(), { code: 'invalid_config', message })
  })

test('what mails need is asked for at the start', async () => {
  const auth = watchword({
    database: 'sqlite::memory:',
    accounts: { requireActivation: true },
    log() {},
  })
  await assert.rejects(auth.migrate(), {
    message: /set mail: "smtp:.*\(WATCHWORD_MAIL\)/,
  })
  await auth.close()
})

test('links are those of the option, and never of the Host header', async (t) => {
  const { post, lastMail } = accountsApp(t, {
    accounts: { links: { activate: 'myapp://activate/{token}' } },
  })
  const ada = { username: 'ada', email: 'ada@example.org', password: PASSWORD }
  const evil = { host: 'evil.example', 'x-forwarded-host': 'evil.example' }

  await post('/auth/users/', ada, evil)
  const first = await lastMail(ada.email)
  assert.match(first.text, /myapp:\/\/activate\/[\w-]{43}/)
  await post('/auth/users/', { ...ada, username: 'eve' }, evil)
  const second = await lastMail(ada.email)
  assert.match(second.text, /https:\/\/app\.example\.com\/account\/reset-password\//)
  assert.ok(!(first.text + second.text).includes('evil'))
})

test('without the option accounts nothing is mounted', async () => {
  await using app = testInstance()
  const response = await app.auth.handler(new Request('http://localhost/auth/me/'))
  assert.equal(response.status, 404)
})
