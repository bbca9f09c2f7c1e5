import assert from 'node:assert/strict'
import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { folder } from './folder.ts'

/** `lètmein`, by Django 4.2. */
const HASH =
  'pbkdf2_sha256$1000$IteLe8HRArEb40Qz3HrvNo$KFERj0dItwdEoIzZlc2tXIx3erAPBSHi6frEvw42Pbw='

const lines = (...users: readonly object[]): string =>
  users.map((user) => `${JSON.stringify(user)}\n`).join('')

interface Printed {
  readonly line?: number
  readonly errors?: Readonly<Record<string, readonly string[]>>
  readonly username?: string
  readonly email?: string
}

const jsonLines = (text: string): Printed[] =>
  text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))

const ada = {
  id: 7,
  username: 'ada',
  email: 'ada@example.com',
  password_hash: HASH,
  active: true,
  staff: false,
  superuser: false,
  roles: ['editor'],
  attributes: { first_name: 'Ada' },
  joined_at: '2024-05-06T07:08:09.125Z',
  last_login_at: null,
}

test('users are imported from a file, into a database that is made', async () => {
  using here = folder()
  const file = join(here.path, 'users.jsonl')
  writeFileSync(file, lines(ada, { id: 'b', username: 'bea' }))

  const { code, out, err } = await here.run(`user import ${file}`)

  assert.deepEqual([code, out], [0, 'Created 2 users.\n'])
  assert.equal(err, 'Importing … 2 users\n')
  const again = await here.run(`user import ${file}`)
  assert.deepEqual(
    [again.code, again.out],
    [0, 'Created 0 users, skipped 2 that exist.\n'],
  )
})

test('what "user export" prints is what "user import" takes, and hashes are in it on request only', async () => {
  using here = folder()
  await here.run('user import -', { input: lines(ada) })

  const plain = await here.run('user export')
  const full = await here.run('user export --password-hashes')

  const { last_login_at, ...written } = { ...ada, id: '7' }
  assert.deepEqual(jsonLines(full.out), [written])
  const { password_hash, ...rest } = written
  assert.deepEqual(jsonLines(plain.out), [rest])
  using there = folder()
  const copy = await there.run('user import -', { input: full.out })
  assert.equal(copy.out, 'Created 1 user.\n')
  assert.equal((await there.run('user export --password-hashes')).out, full.out)
})

test('a line that cannot be imported is printed with its number and the reason, and the rest goes on', async () => {
  using here = folder()
  await here.run('user create Taken --no-password --email taken@example.com')
  const wrong: readonly (readonly [string | Buffer, RegExp])[] = [
    ['{"id":"1","username":"TAKEN"}', /^Line 3: username: A user with that username/],
    ['{"id":"2","username":"two","email":"taken@example.com"}', /^Line 4: email: A user/],
    ['{"id":"3",', /^Line 5: This is not JSON\. Expected one JSON object per line\.$/],
    ['["3"]', /^Line 6: Expected a JSON object/],
    [
      '{"id":"4","usrname":"x"}',
      /^Line 7: There is no member "usrname"\. Did you mean "username"\?$/,
    ],
    [
      '{"id":"5","username":"e","password_hash":"md5$a$b"}',
      /^Line 8: password_hash: No password can be checked against this hash: its algorithm is unknown/,
    ],
    [
      '{"id":"6","username":"f","joined_at":"2024-05-06"}',
      /^Line 9: joined_at: Expected ISO 8601 with a time zone/,
    ],
    ['{"id":"7","username":"a b\u202e"}', /^Line 10: username: Enter a valid username/],
    [
      Buffer.from([0x7b, 0xff, 0x7d]),
      /^Line 11: This line is longer than 1 MiB, or it is not UTF-8\.$/,
    ],
    [
      `{"id":"8","username":"${'x'.repeat(1024 * 1024)}"}`,
      /^Line 12: This line is longer than 1 MiB/,
    ],
    ['{"username":"i"}', /^Line 13: id: This field is required\.$/],
    [
      '{"id":"9","__proto__":{"username":"j"}}',
      /^Line 14: There is no member "__proto__"/,
    ],
  ]
  const input = Buffer.concat([
    Buffer.from('\ufeff{"id":"a","username":"ada"}\r\n\n'),
    ...wrong.flatMap(([line]) => [Buffer.from(line), Buffer.from('\n')]),
    Buffer.from('  \n{"id":"b","username":"bea","email":null}'),
  ])

  const { code, out } = await here.run('user import -', { input })

  assert.equal(code, 1)
  const printed = out.trim().split('\n')
  for (const [, message] of wrong)
    assert.ok(
      printed.some((line) => message.test(line)),
      `${message}\n${out.slice(0, 4000)}`,
    )
  assert.equal(
    printed.at(-1),
    'Created 2 users. 12 lines were not imported, for the reasons above.',
  )
  assert.equal(printed.length, wrong.length + 1)
})

test('with --json each wrong line is a line of JSON, and the counts are the last one', async () => {
  using here = folder()
  const input = `${lines({ id: '1', username: 'a b' }, { id: '2', username: 'ok' })}{\n`

  const { code, out, err } = await here.run('user import - --json', { input })

  assert.equal(code, 1)
  assert.equal(err, '')
  const printed = jsonLines(out).toSorted((a, b) => (a.line ?? 9) - (b.line ?? 9))
  assert.deepEqual(printed.slice(1), [
    { line: 3, error: 'This is not JSON. Expected one JSON object per line.' },
    { created: 1, updated: 0, skipped: 0, invalid: 2, dry_run: false },
  ])
  assert.equal(printed[0]?.line, 1)
  assert.match(String(printed[0]?.errors?.username), /^Enter a valid username/)
})

test('--dry-run writes nothing, and says what an import would do', async () => {
  using here = folder()

  const tried = await here.run('user import - --dry-run', { input: lines(ada) })

  assert.deepEqual(
    [tried.code, tried.out],
    [0, 'Would create 1 user. Nothing was written.\n'],
  )
  assert.equal((await here.run('user export')).out, '')
})

test('--update changes users whose id exists, and events say how many', async () => {
  using here = folder()
  await here.run('user import -', { input: lines(ada) })

  const { code, out } = await here.run('user import - --update', {
    input: lines({ id: '7', username: 'lovelace', email: null }),
  })

  assert.deepEqual([code, out], [0, 'Created 0 users, changed 1.\n'])
  const [user] = jsonLines((await here.run('user export')).out)
  assert.deepEqual([user?.username, user?.email], ['lovelace', 'ada@example.com'])
  const events = await here.run('events --kind users_imported')
  assert.match(events.out, /created=0 updated=1 skipped=0 invalid=0/)
})

for (const [file, message] of [
  ['missing.jsonl', /^The file "missing\.jsonl" cannot be read \(ENOENT\)\. Name a file/],
  ['.', /^"\." is a folder\./],
] as const)
  test(`an import of what is no file fails in one sentence, and makes no database: ${file}`, async () => {
    using here = folder()

    const { code, out, err } = await here.run(`user import ${file}`)

    assert.deepEqual([code, out], [1, ''])
    assert.match(err, message)
    assert.ok(!existsSync(join(here.path, 'watchword.db')))
  })

test('user import --fields refuses attributes of another type, and names the line', async () => {
  using here = folder()
  const input = lines(
    { ...ada, attributes: { team: 'blue' } },
    { id: '8', username: 'bob', attributes: { team: 7 } },
  )

  const { code, out } = await here.run('user import - --fields team:string', { input })

  assert.equal(code, 1)
  assert.match(out, /^Line 2: attributes: team: Not a valid string\.$/m)
  assert.match(out, /^Created 1 user\./m)
})
