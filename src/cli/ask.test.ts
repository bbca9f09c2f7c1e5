import assert from 'node:assert/strict'
import { Readable, Writable } from 'node:stream'
import { test } from 'node:test'
import { newPassword } from './ask.ts'

const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() })
const context = (input: string | Buffer) => ({
  env: {},
  stdin: Readable.from([input]),
  stdout: nowhere,
  stderr: nowhere,
})
const typed = async (input: string | Buffer): Promise<string> =>
  (await newPassword(context(input), true)).reveal()

for (const [what, input, password] of [
  ['a line', 'correct horse\n', 'correct horse'],
  ['a line with CRLF', 'correct horse\r\n', 'correct horse'],
  ['a line without a line break', 'correct horse', 'correct horse'],
  ['spaces around it', '  correct horse  \n', '  correct horse  '],
  ['other scripts', 'пароль-密碼\n', 'пароль-密碼'],
] as const) {
  test(`standard input: ${what} gives the password`, async () =>
    assert.equal(await typed(input), password))
}

for (const [what, input, message] of [
  ['nothing', '', /no password on standard input/],
  ['an empty line', '\n', /no password on standard input/],
  ['two lines', 'one\ntwo\n', /must be one line/],
  ['text that is not UTF-8', Buffer.from([0xff, 0xfe, 0x41]), /must be UTF-8/],
  ['more than 4096 bytes', 'x'.repeat(5000), /at most 4096/],
] as const) {
  test(`standard input: ${what} is rejected`, () => assert.rejects(typed(input), message))
}

test('a password cannot be printed', async () => {
  const password = await newPassword(context('correct horse\n'), true)

  assert.equal(
    `${password} ${JSON.stringify({ password })}`,
    '[secret] {"password":"[secret]"}',
  )
})
