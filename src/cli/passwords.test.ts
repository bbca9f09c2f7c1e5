import assert from 'node:assert/strict'
import { Readable, Writable } from 'node:stream'
import { test } from 'node:test'
import { newPassword, readablePassword } from './passwords.ts'

const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() })
const deps = (input: string | Buffer) => ({
  env: {},
  stdin: Readable.from([input]),
  stdout: nowhere,
  stderr: nowhere,
})
const typed = async (input: string | Buffer): Promise<string> =>
  (await newPassword(deps(input), true)).reveal()

test('a readable password is four groups of four letters that cannot be taken for another', () => {
  let next = 0
  const password = readablePassword((size) =>
    Uint8Array.from({ length: size }, () => next++ % 256),
  )

  assert.match(password, /^([2-9bcdfghjkmnpqrstvwxz]{4}-){3}[2-9bcdfghjkmnpqrstvwxz]{4}$/)
})

test('octets that would make some letters likelier are passed over', () => {
  const draws = [
    Uint8Array.from({ length: 16 }, (_, i) => Math.min(243 + i, 255)),
    new Uint8Array(16).fill(242),
  ]

  assert.equal(
    readablePassword(() => draws.shift()!),
    'zzzz-zzzz-zzzz-zzzz',
  )
})

for (const [what, input, password] of [
  ['a line', 'correct horse\n', 'correct horse'],
  ['a line of Windows', 'correct horse\r\n', 'correct horse'],
  ['a line without its end', 'correct horse', 'correct horse'],
  ['blanks around it', '  correct horse  \n', '  correct horse  '],
  ['other scripts', 'пароль-密碼\n', 'пароль-密碼'],
] as const) {
  test(`standard input: ${what} is the password`, async () =>
    assert.equal(await typed(input), password))
}

for (const [what, input, message] of [
  ['nothing', '', /no password on standard input/],
  ['an empty line', '\n', /no password on standard input/],
  ['two lines', 'one\ntwo\n', /one line/],
  ['what is not UTF-8', Buffer.from([0xff, 0xfe, 0x41]), /not UTF-8/],
  ['more than 4096 octets', 'x'.repeat(5000), /at most 4096/],
] as const) {
  test(`standard input: ${what} is refused`, () => assert.rejects(typed(input), message))
}

test('a password does not print', async () => {
  const password = await newPassword(deps('correct horse\n'), true)

  assert.equal(
    `${password} ${JSON.stringify({ password })}`,
    '[secret] {"password":"[secret]"}',
  )
})
