import assert from 'node:assert/strict'
import { test } from 'node:test'
import { testInstance } from '../../src/testing/index.ts'
import { watchword } from '../../src/watchword.ts'

const WRONG: readonly (readonly [mail: unknown, message: RegExp])[] = [
  ['smtp://mail.example.com', /has no valid sender/],
  ['smtp://mail.example.com?from=a@b', /has no valid sender/],
  ['https://mail.example.com?from=auth@example.com', /^mail \(WATCHWORD_MAIL\) must be/],
  ['smtp://mail.example.com?from=auth@example.com&tls=no', /may have only "from"/],
  [{ transport: 'smtp://x?from=a@example.com', templats: {} }, /Did you mean/],
  [{ transport: () => 1, templates: { resetPasword: () => 1 } }, /resetPasword/],
  [7, /must be an address such as/],
]

for (const [mail, message] of WRONG)
  test(`mail: ${JSON.stringify(mail)} is refused, without the password in the message`, () => {
    const withPassword =
      typeof mail === 'string' ? mail.replace('://', '://auth:hunter2@') : mail
    assert.throws(
      () => watchword({ database: 'sqlite::memory:', mail: withPassword as never }),
      (error: Error) => {
        assert.match(error.message, message)
        assert.doesNotMatch(error.message, /hunter2/)
        return true
      },
    )
  })

test('an instance under test sends nothing, and keeps the templates of the application', async () => {
  await using app = testInstance({
    mail: {
      transport: 'smtp://127.0.0.1:1?from=auth@example.com',
      templates: { signIn: () => ({ subject: 'Hello', before: [] }) },
    },
  })
  await app.auth.migrate()
  assert.deepEqual(await app.mail(), [])
  assert.deepEqual(await app.sms(), [])
})
