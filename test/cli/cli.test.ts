import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import { allCommands } from '../../src/cli/commands.ts'
import { apiToken } from '../../src/features/api-tokens/scheme.ts'
import { buildWatchword } from '../build-watchword.ts'
import { assertMessage, folder, GENERATED, PASSWORD } from './folder.ts'

for (const name of Object.keys(await allCommands())) {
  test(`"watchword ${name} --help" shows examples and options, and creates no database`, async () => {
    using here = folder()

    const { code, out } = await here.run(`${name} --help`)

    assert.equal(code, 0)
    assert.match(out, /^Examples$/m)
    assert.match(out, /^ {2}--json +print JSON, for programs$/m)
    assert.equal((await here.run(`help ${name}`)).out, out)
    assert.ok(!existsSync(join(here.path, 'watchword.db')))
  })
}

test('help and version take --json', async () => {
  using here = folder()

  assert.match(
    JSON.parse((await here.run('--version --json')).out).version,
    /^\d+\.\d+\.\d+/,
  )
  assert.match(
    JSON.parse((await here.run('help user --json')).out).help,
    /watchword user create NAME/,
  )
})

for (const [line, sentence] of [
  ['strat', /^There is no command "strat"\. Did you mean: watchword start\?$/m],
  ['user', /^watchword user needs one of: create, list/],
  ['user create', /^watchword user create needs NAME/],
  ['user list --lmit 3', /Did you mean --limit\?$/m],
  ['user list --limit many', /^--limit must be a whole number/],
  ['user create ada --password hunter2', /^A password must not be on the command line/],
  [
    'user create ada --no-password --password-stdin',
    /^Give either --no-password or --password-stdin, not both\.$/m,
  ],
  ['session revoke', /^Give either the ID of one session, or --user NAME/],
  ['token create', /^watchword token create needs USERNAME/],
  ['token create ada --reset --name x', /^--reset cannot be combined with --name/],
  ['token create ada --expires soon', /^--expires must be a duration above 0/],
  ['token create ada --expires 0d', /^--expires must be a duration above 0/],
  ['token revoke', /^Give either the PREFIX or ID of one token, or --user NAME/],
  [
    'token revoke x --user ada',
    /^Give either the PREFIX or ID of one token, or --user NAME/,
  ],
  ['dev --port 99999', /^--port must be a whole number from 0 to 65535/],
  ['flush now', /^watchword flush takes no argument/],
  ['--database', /^Begin with the name of a command/],
  ['__proto__', /^There is no command "__proto__"\. The commands: watchword help$/m],
  [
    'user create ada --constructor',
    /^watchword user create has no option --constructor\./,
  ],
  ['user create ada --staff=yes', /^--staff takes no value/],
  ['user create ada --email --staff', /^--email needs a value/],
  ['user list --limit 0', /^--limit must be a whole number from 1 to 1000/],
  ['\u001b[2J\u009b', /^There is no command "\?\[2J\?"\./],
  [`help ${'x'.repeat(100_000)}`, /^There is no command "x{40}"\./],
] as const) {
  test(`wrong usage exits with 2 and one line: watchword ${line}`, async () => {
    using here = folder()

    const { code, out, err } = await here.run(line)

    assert.equal(code, 2)
    assert.equal(out, '')
    assertMessage(err, sentence)
    assert.equal(err.trim().split('\n').length, 1)
    assert.doesNotMatch(err, /hunter2/)
  })
}

test('help of a group lists its commands and no others', async () => {
  using here = folder()

  for (const line of ['help user', 'user --help', 'user -h']) {
    const { code, out } = await here.run(line)
    assert.equal(code, 0)
    assert.match(out, /^ {2}watchword user create NAME/m)
    assert.doesNotMatch(out, /watchword session/)
  }
})

test('version and help can be typed as commands', async () => {
  using here = folder()

  assert.equal((await here.run('version')).out, (await here.run('--version')).out)
  assert.equal((await here.run('help help')).out, (await here.run('help')).out)
})

test('a PORT that is not a number is wrong usage too', async () => {
  using here = folder()

  const { code, err } = await here.run('dev', { env: { PORT: 'http' } })

  assert.equal(code, 2)
  assertMessage(err, /^PORT must be a whole number/)
})

test('a user is created, listed, deactivated, activated and deleted', async () => {
  using here = folder()
  const made = await here.run('user create ada --email ada@example.com --staff', {
    input: `${PASSWORD}\n`,
  })
  assert.deepEqual([made.code, made.out, made.err], [0, 'Created ada.\n', ''])

  const robot = JSON.parse(
    (await here.run('user create robot --no-password --inactive --json')).out,
  )
  assert.equal(robot.username, 'robot')
  assert.equal(robot.active, false)

  const list = await here.run('user list')
  assert.match(list.out, /^NAME +EMAIL +ACTIVE +STAFF +SUPERUSER +JOINED \(UTC\) +ID$/m)
  assert.match(
    list.out,
    /^ada +ada@example\.com +yes +yes +no +\d{4}-\d\d-\d\d \d\d:\d\d +\w+$/m,
  )
  const page = await here.run('user list --limit 1')
  assert.match(page.out, /^There are more users\. To go on, add: --after ada$/m)
  const rest = JSON.parse((await here.run('user list --after ada --json')).out) as {
    username: string
  }[]
  assert.deepEqual(
    rest.map(({ username }) => username),
    ['robot'],
  )

  assert.equal(
    JSON.parse((await here.run('user deactivate ada --json')).out).active,
    false,
  )
  assert.equal(JSON.parse((await here.run('user activate ada --json')).out).active, true)

  const renamed = await here.run('user rename robot r2d2')
  assert.equal(renamed.out, 'Renamed robot to r2d2.\n')
  const taken = await here.run('user rename r2d2 ADA')
  assert.equal(taken.code, 1)
  assertMessage(taken.err, /^username: A user with that username already exists\.$/m)

  const unsure = await here.run('user delete ada')
  assert.equal(unsure.code, 2)
  assertMessage(unsure.err, /add --yes/)
  assert.equal((await here.run('user delete ada --yes')).code, 0)
  const gone = await here.run('user passwd ada', { input: PASSWORD })
  assert.equal(gone.code, 1)
  assertMessage(gone.err, /^There is no user "ada"\. The names: watchword user list$/m)
})

test('the last active superuser is deactivated and deleted with --force alone', async () => {
  using here = folder()
  await here.run('user create vitor --no-password --superuser')
  for (const command of ['user deactivate vitor', 'user delete vitor --yes']) {
    const refused = await here.run(command)
    assert.equal(refused.code, 1)
    assertMessage(refused.err, /last active superuser/)
  }
  assert.equal((await here.run('user deactivate vitor --force')).code, 0)
  await here.run('user activate vitor')
  assert.equal((await here.run('user delete vitor --yes --force')).code, 0)
})

test('user change sets, verifies and removes addresses, and user show shows them', async () => {
  using here = folder()
  const create = 'user create zoe --no-password --email Zoe@example.org --email-verified'
  assert.equal((await here.run(create)).code, 0)

  const before = await here.run('user show zoe')
  assert.match(before.out, /^EMAIL +Zoe@example\.org \(verified 20\d\d-[\d :-]+\)$/m)
  assert.match(before.out, /^PHONE +–$/m)
  const changed = await here.run(
    'user change zoe --email zoe@example.com --phone +351912345678 --phone-verified --json',
  )
  const { email, email_verified_at, phone, phone_verified_at } = JSON.parse(changed.out)
  assert.deepEqual(
    [email, email_verified_at, phone],
    ['zoe@example.com', null, '+351912345678'],
  )
  assert.match(phone_verified_at, /^20\d\d-/)
  const removed = await here.run('user change zoe --no-phone')
  assert.match(removed.out, /^EMAIL +zoe@example\.com \(not verified\)$/m)
  assert.match(removed.out, /^PHONE +–$/m)

  const wrong = await here.run('user change zoe --phone 0912345678')
  assert.equal(wrong.code, 1)
  assertMessage(wrong.err, /^phone: Enter a phone number with its country code/m)
  assert.equal((await here.run('user change zoe')).code, 2)
})

test('user show has sessions, API tokens and events, and user verify marks an address', async () => {
  using here = folder()
  await here.run('user create zoe --email zoe@example.org', { input: PASSWORD })
  await here.run('token create zoe --name nightly')

  const { out } = await here.run('user show zoe')
  assert.match(out, /^API TOKEN +NAME +SINCE/m)
  assert.match(out, /nightly/)
  assert.match(out, /user_created/)
  const shown = JSON.parse((await here.run('user show zoe --json')).out)
  assert.deepEqual(
    [shown.sessions, shown.api_tokens.length, shown.events.length],
    [[], 1, 2],
  )
  const verified = await here.run('user verify zoe')
  assert.match(verified.out, /^EMAIL +zoe@example\.org \(verified 20/m)
  assert.match(
    (await here.run('user verify zoe --phone')).err,
    /zoe has no phone number\./,
  )
})

test('user show has the passkeys and authenticators of a user, and no secret of them', async () => {
  using here = folder()
  const created = await here.run('user create zoe --no-password --json')
  const { id } = JSON.parse(created.out)
  using database = new DatabaseSync(join(here.path, 'watchword.db'))
  const insert = database.prepare(
    `insert into credentials (id, kind, user_id, label, secret, counter, created_at, confirmed_at,
      last_used_at, credential_id, passkey) values (?, ?, ?, ?, 'sealed', 0, ?, ?, ?, ?, ?)`,
  )
  const [added, used] = [1_800_000_000, 1_800_086_400]
  const passkey = { publicKey: 'pq', transports: ['usb'], aaguid: '0', isBackedUp: false }
  insert.run('c1', 'totp', id, 'Phone', added, added, null, null, null)
  insert.run(
    'c2',
    'passkey',
    id,
    'Key',
    added,
    added,
    used,
    'cid',
    JSON.stringify(passkey),
  )

  const { out } = await here.run('user show zoe')

  assert.match(out, /^AUTHENTICATOR +ADDED +LAST USE\nPhone +2027-01-15 08:00 +–$/m)
  assert.match(
    out,
    /^PASSKEY +ADDED +LAST USE\nKey +2027-01-15 08:00 +2027-01-16 08:00$/m,
  )
  const json = (await here.run('user show zoe --json')).out
  const shown = JSON.parse(json)
  assert.deepEqual(shown.factors, [
    {
      id: 'c1',
      kind: 'totp',
      label: 'Phone',
      created_at: '2027-01-15T08:00:00.000Z',
      last_used_at: null,
    },
  ])
  assert.equal(shown.passkeys[0].last_used_at, '2027-01-16T08:00:00.000Z')
  assert.ok(!/sealed|"pq"|"cid"/.test(json), json)
})

test('--set sets typed fields of a user, and says which value is wrong', async () => {
  using here = folder()
  const env = { WATCHWORD_FIELDS: 'team:string,age:number?,born:date?' }
  const run = (line: string) => here.run(line, { env })
  const attributesOf = async () =>
    JSON.parse((await here.run('user show zoe --json')).out).attributes

  const lacking = await run('user create zoe --no-password --set age=7')
  assert.deepEqual([lacking.code, lacking.out], [1, ''])
  assertMessage(lacking.err, /^attributes: team: This field is required\.$/m)
  const create = 'user create zoe --no-password --set team=blue --set age=7'
  assert.equal((await run(create)).code, 0)
  assert.deepEqual(await attributesOf(), { team: 'blue', age: 7 })
  const change = 'user change zoe --set age= --set born=2001-02-03'
  assert.match((await run(change)).out, /^born +2001-02-03$/m)
  assert.deepEqual(await attributesOf(), { team: 'blue', born: '2001-02-03' })

  for (const [words, message] of [
    ['--set born=today', /^--set born: Date has wrong format\./],
    ['--set age=old', /^--set age: A valid number is required\./],
    ['--set team=', /^--set team: This field may not be null\./],
    ['--set tema=red', /^--set: there is no field "tema"\. Did you mean team\?/],
    ['--set team', /^--set needs a name and a value: --set NAME=VALUE\./],
    ['--fields team:text --set team=x', /^--fields has "team:text", which is no field/],
  ] as const) {
    const { code, err } = await run(`user change zoe ${words}`)
    assert.equal(code, 2, words)
    assertMessage(err, message)
  }
  const untyped = await here.run('user change zoe --set team=red')
  assert.equal(untyped.code, 2)
  assertMessage(untyped.err, /--set needs the types of the fields: add --fields/)
  assert.deepEqual(await attributesOf(), { team: 'blue', born: '2001-02-03' })
})

test('commands that set different fields of one user at once keep the fields of the others', async () => {
  using here = folder()
  const env = { WATCHWORD_FIELDS: 'a:number?,b:number?,c:number?,d:number?' }
  assert.equal((await here.run('user create zoe --no-password')).code, 0)

  const names = ['a', 'b', 'c', 'd']
  const runs = await Promise.all(
    names.map((name) => here.run(`user change zoe --set ${name}=1`, { env })),
  )
  for (const { code, err } of runs) assert.equal(code, 0, err)
  const { attributes } = JSON.parse((await here.run('user show zoe --json')).out)
  assert.deepEqual(attributes, { a: 1, b: 1, c: 1, d: 1 })
})

test('user invite says what it needs to send a mail', async () => {
  using here = folder()
  await here.run('migrate')

  const { code, err } = await here.run('user invite ada@example.com')
  assert.equal(code, 1)
  assertMessage(err, /set WATCHWORD_MAIL/)
})

test('user passwd says that API tokens stay valid, and its command revokes them', async () => {
  using here = folder()
  await here.run('user create zoe', { input: PASSWORD })
  const { out: token } = await here.run('token create zoe')

  const { out } = await here.run('user passwd zoe', { input: 'another-7pq-m4zd' })

  assert.match(out, /Their sessions are revoked\. Their API tokens are not: /)
  assert.notEqual(token, '')
  const command = /watchword (token revoke --user zoe)/.exec(out)?.[1] ?? ''
  assert.match((await here.run(command)).out, /Revoked 1 API token\./)
})

test('an invalid user is rejected with the names of the fields', async () => {
  using here = folder()
  await here.run('user create ada', { input: PASSWORD })

  for (const [line, input, sentence] of [
    ['user create ada', PASSWORD, /^username: /],
    ['user create ADA', PASSWORD, /^username: /],
    ['user create bob', '12345', /^password: /],
    ['user create bob', '', /no password on standard input/],
    ['user create bob', `${PASSWORD}\n${PASSWORD}\n`, /must be one line/],
    ['user create bob', '        \n', /must not be blank/],
    ['user create bob', `${PASSWORD}\0`, /null character/],
    ['user create bob', Buffer.from([0xff, 0xfe]), /must be UTF-8/],
    ['user create bob', 'x'.repeat(100_000), /at most 4096/],
    ['user create bob --email nonsense', PASSWORD, /^email: /],
    [`user create ${'b'.repeat(1000)}`, PASSWORD, /^username: /],
    ['user passwd ada', 'ada', /^password: /],
  ] as const) {
    const { code, out, err } = await here.run(line, { input })
    assert.equal(code, 1, line)
    assert.equal(out, '')
    assertMessage(err, sentence)
    assert.ok(!err.includes(PASSWORD))
  }
  assert.equal(JSON.parse((await here.run('user list --json')).out).length, 1)
})

test('Z14, Z15, Z16: token create shows the same token each time, and a new one with -r or --reset', async (t) => {
  using here = folder()
  await here.run('user create ada --no-password')
  const auth = buildWatchword({
    database: join(here.path, 'watchword.db'),
    authentication: [apiToken()],
    log: () => {},
  })
  t.after(() => auth.close())
  const opens = async (token: string): Promise<boolean> => {
    const request = new Request('http://x/', {
      headers: { authorization: `Token ${token}` },
    })
    return (await auth.require(request).catch(() => undefined)) !== undefined
  }
  const created = async (options: string): Promise<string> => {
    const { code, out, err } = await here.run(`token create ${options}`)
    assert.deepEqual([code, err], [0, ''])
    return GENERATED.exec(out)?.[1] ?? assert.fail(out)
  }

  const first = await created('ada')
  assert.equal(await created('ada'), first)
  assert.equal(await opens(first), true)
  const { id } = (await auth.users.find('ada'))!
  assert.equal(
    (await auth.apiTokens.keyFor(id)).token,
    first,
    'command and program use the same secret',
  )

  for (const options of ['-r ada', 'ada --reset']) {
    const old = await created('ada')
    const fresh = await created(options)
    assert.notEqual(fresh, old)
    assert.deepEqual([await opens(old), await opens(fresh)], [false, true])
  }
})

test('Z17, Z19: token create needs a user, who may be inactive', async () => {
  using here = folder()
  await here.run('user create ada --no-password --inactive')

  const { code, out, err } = await here.run('token create eve')
  assert.deepEqual(
    [code, out, err],
    [1, '', 'Cannot create the Token: user eve does not exist.\n'],
  )
  assert.match((await here.run('token create ada')).out, GENERATED)
  assertMessage(
    (await here.run('token list eve')).err,
    /^There is no user "eve"\. The names: watchword user list$/m,
  )
})

test('additional tokens have a name, scopes and an expiry; they are listed by prefix and revoked one by one', async () => {
  using here = folder()
  await here.run('user create ada --no-password')
  assert.equal((await here.run('token list ada')).out, 'ada has no API tokens.\n')

  const made = await here.run(
    'token create ada --name export --scope posts:read,users:read --expires 90d',
  )
  const [, text = ''] =
    /^Generated token (ww_[\w-]{43}) for user ada\nIt is shown only once\.\n$/.exec(
      made.out,
    ) ?? []
  assert.notEqual(text, '', made.out + made.err)
  assert.ok(
    !existsSync(join(here.path, 'watchword.db.secret')),
    'an additional token needs no secret',
  )
  const derived = JSON.parse((await here.run('token create ada --json')).out)
  assert.deepEqual(
    [derived.username, derived.derived, derived.expires_at],
    ['ada', true, null],
  )

  const list = await here.run('token list ada')
  assert.match(list.out, /^PREFIX +NAME +SCOPES +CREATED \(UTC\) +EXPIRES +ID$/m)
  assert.match(
    list.out,
    new RegExp(
      `^${text.slice(0, 11)} +export +posts:read users:read +\\S+ \\S+ +\\S+ \\S+ +\\w{32}$`,
      'm',
    ),
  )
  assert.match(
    list.out,
    new RegExp(`^${derived.prefix} +– +– +\\S+ \\S+ +– +${derived.id}$`, 'm'),
  )
  assert.ok(!list.out.includes(text) && !list.out.includes(derived.token))
  const [one, other] = JSON.parse((await here.run('token list ada --json')).out).sort(
    byName,
  )
  assert.deepEqual(
    [one.name, one.scopes, one.prefix],
    ['export', ['posts:read', 'users:read'], text.slice(0, 11)],
  )
  assert.deepEqual([other.name, other.id], [null, derived.id])
  assert.equal(Date.parse(one.expires_at) - Date.parse(one.created_at), 90 * 86_400_000)

  assert.deepEqual(
    JSON.parse((await here.run(`token revoke ${one.prefix} --json`)).out),
    { revoked: 1 },
  )
  const again = await here.run(`token revoke ${one.id}`)
  assert.equal(again.code, 1)
  assertMessage(again.err, /^There is no API token with this prefix or ID/)
  assert.equal((await here.run('token revoke --user ada')).out, 'Revoked 1 API token.\n')
})

const byName = (one: { name: string | null }, other: { name: string | null }): number =>
  (other.name ?? '').localeCompare(one.name ?? '')

test('a new password keeps API tokens, and deleting the user deletes them', async () => {
  using here = folder()
  await here.run('user create ada', { input: PASSWORD })
  await here.run('token create ada')
  const list = async (): Promise<object[]> =>
    JSON.parse((await here.run('token list ada --json')).out)

  await here.run('user passwd ada', { input: 'another-9kc-w2pd' })
  assert.equal((await list()).length, 1)

  await here.run('user delete ada --yes')
  await here.run('user create ada', { input: PASSWORD })
  assert.deepEqual(await list(), [])
})

for (const [words, name, variable] of [
  ['--database postgres://ann:hunter2@127.0.0.1:1/x', 'database', 'WATCHWORD_DATABASE'],
  [
    '--database postgres://127.0.0.1:1/x?user=ann&password=hunter2',
    'database',
    'WATCHWORD_DATABASE',
  ],
  ['--redis redis://:hunter2@127.0.0.1:1 --workers 0', 'redis', 'WATCHWORD_REDIS'],
] as const) {
  test(`a password in --${name} gets a warning that names ${variable} and not the password: ${words.length}`, async () => {
    using here = folder()
    const command = name === 'redis' ? 'start' : 'user list'

    const { err } = await here.run(`${command} ${words}`)

    assert.match(err, new RegExp(`^Warning: .*--${name}.*Set ${variable} instead`, 'm'))
    assert.doesNotMatch(err, /hunter2/)
  })
}

test('an address without a password gets no warning', async () => {
  using here = folder()
  const { err } = await here.run('user list --database postgres://ann@127.0.0.1:1/x')
  assert.doesNotMatch(err, /Warning/)
})

test('every option that takes an address of a service names the variable for its password', async () => {
  for (const load of Object.values(await allCommands())) {
    const { name, options } = await load()
    for (const [option, { help, passwordIn }] of Object.entries(options))
      if (/\b(postgres|rediss?):\/\//.test(help))
        assert.ok(passwordIn, `${name} --${option}`)
  }
})
