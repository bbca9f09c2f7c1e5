import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { Agent, request as httpRequest } from 'node:http'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { allCommands } from '../../src/cli/commands.ts'
import { flushCounts } from '../flush-counts.ts'
import { pause, timed } from '../time.ts'
import {
  assertMessage,
  BIN,
  folder,
  GENERATED,
  hello,
  PASSWORD,
  type Pair,
  post,
  SECRET,
  signIn,
  textOf,
} from './folder.ts'

for (const line of ['', 'help', '--help', '-h']) {
  test(`"watchword ${line}" lists every command`, async () => {
    using here = folder()

    const { code, out, err } = await here.exec(line)

    assert.equal(code, 0)
    assert.equal(err, '')
    for (const name of Object.keys(await allCommands()))
      assert.ok(out.includes(`watchword ${name}`), name)
  })
}

test('with --json, errors are JSON', async () => {
  using here = folder()

  const { code, err } = await here.exec('user list --json')

  assert.equal(code, 1)
  assert.match(JSON.parse(err).error, /^There is no database "watchword\.db" here/)
})

test('dev creates the database, a secret and a user, and the command that it prints signs in', async () => {
  using here = folder()
  await using server = await here.server('dev --user vitor --port 0')
  const [, url = '', ...fields] =
    /sign in +curl -s (\S+) -d (\S+) -d (\S+)$/m.exec(server.output.out) ?? []

  // As curl sends it.
  const pair = await fetch(url, {
    method: 'POST',
    body: new URLSearchParams(fields.join('&')),
  })
  const answer = await hello(server.url, (await pair.json()) as Pair)

  assert.deepEqual(await answer.json(), { hello: 'vitor' })
  assert.match(
    server.output.out,
    /^ {2}first user {2}vitor\n {2}password {4}(\S+) {3}\(shown only once\)\n\n {2}sign in .*password=\1\n/m,
  )
  assert.equal(statSync(join(here.path, 'watchword.db.secret')).mode & 0o777, 0o600)
  assert.equal(await server.stop('SIGINT'), 0)
})

test('a second dev keeps users and keys, and shows how to reset the password instead of the password', async () => {
  using here = folder()
  const first = await here.server('dev --user vitor --port 0')
  const keys = await (await fetch(`${first.url}/.well-known/jwks.json`)).text()
  assert.equal(await first.stop(), 0)

  await using second = await here.server('dev --port 0')

  assert.equal(await (await fetch(`${second.url}/.well-known/jwks.json`)).text(), keys)
  assert.doesNotMatch(second.output.out, /shown only once|first user/)
  assert.match(second.output.out, /watchword user passwd vitor/)
})

test('dev --json prints the URL and the first user', async () => {
  using here = folder()
  await using server = await here.server('dev --port 0 --json --database try.db')

  const output = JSON.parse(server.output.out)

  assert.deepEqual(Object.keys(output), [
    'url',
    'database',
    'username',
    'password',
    'addresses',
  ])
  assert.equal(output.username, 'admin')
  assert.equal(
    (await signIn(output.url, output.username, output.password)).access.split('.').length,
    3,
  )
})

test('dev --fields gives users fields, the first user, too', async () => {
  using here = folder()
  const line = 'dev --port 0 --json --fields team:string,born:date? --set team=blue'
  await using server = await here.server(line)
  const { url, username, password } = JSON.parse(server.output.out)

  const { access } = await signIn(url, username, password)
  const me = await fetch(`${url}/auth/me/`, {
    headers: { authorization: `Bearer ${access}` },
  })
  assert.equal(((await me.json()) as { readonly team: string }).team, 'blue')
})

test('dev prints the addresses of its pages, and each answers', async () => {
  using here = folder()
  await using server = await here.server('dev --port 0 --json')

  const { addresses } = JSON.parse(server.output.out)

  assert.deepEqual(Object.keys(addresses).toSorted(), [
    'API',
    'account',
    'console',
    'sent mails',
  ])
  for (const [name, address] of Object.entries<string>(addresses)) {
    const { status, url } = await fetch(address, { headers: { Accept: 'text/html' } })
    assert.equal(status, 200, `${name}, at ${url}`)
  }
})

test('dev logs one line per request, without tokens and passwords', async () => {
  using here = folder()
  await using server = await here.server('dev --port 0 --json')
  const { username, password } = JSON.parse(server.output.out)
  const shown = server.output.out

  const pair = await signIn(server.url, username, password)
  await hello(server.url, pair)
  await post(`${server.url}/api/token/?token=${pair.access}`, {
    username,
    password: 'CANARY-4711',
  })
  await fetch(`${server.url}/${pair.access}`)
  const next = (await (
    await post(`${server.url}/api/token/refresh/`, { refresh: pair.refresh })
  ).json()) as Pair
  await post(`${server.url}/api/token/blacklist/`, { refresh: next.refresh })
  await server.stop()

  assert.match(server.output.err, /^POST \/api\/token\/ 200 \d+ ms$/m)
  assert.match(server.output.err, /^GET \/hello\/ 200 \d+ ms$/m)
  assert.equal(server.output.out, shown, 'standard output has only the first message')
  for (const secret of [
    password,
    pair.access,
    pair.refresh,
    next.access,
    next.refresh,
    'CANARY-4711',
  ]) {
    for (const part of secret.split('.'))
      assert.ok(!server.output.err.includes(part), `the log holds ${part.slice(0, 8)}…`)
  }
})

for (const [command, env] of [
  ['dev', {}],
  ['start', { WATCHWORD_SECRET: SECRET }],
] as const) {
  test(`watchword ${command} on a port in use suggests another port`, async (t) => {
    using here = folder()
    const other = createServer().listen(0, '127.0.0.1')
    t.after(() => other.close())
    await once(other, 'listening')
    const { port } = other.address() as { port: number }

    const { code, out, err } = await here.exec(`${command} --port ${port}`, { env })

    assert.equal(code, 1)
    assert.equal(out, '')
    assertMessage(
      err,
      new RegExp(
        `^Port ${port} on 127\\.0\\.0\\.1 is in use: .*--port ${port + 1}\\.$`,
        'm',
      ),
    )
  })
}

test('an address of another machine is rejected with a hint', async () => {
  using here = folder()

  const { code, err } = await here.exec('dev --port 0 --host 192.0.2.1')

  assert.equal(code, 1)
  assertMessage(
    err,
    /^This machine has no address 192\.0\.2\.1: choose another with --host/m,
  )
})

for (const [what, database, sentence] of [
  ['in a folder that cannot be written to', '/proc/watchword.db', /watchword\.db/],
  ['below a file', 'file/watchword.db', /watchword\.db/],
  ['in a folder that does not exist', 'nowhere/watchword.db', /watchword\.db/],
  ['that is a folder', 'folder', /folder/],
  ['that is another file', 'file', /file/],
  ['of a newer version', 'newer.db', /newer/],
  ['that is damaged', 'damaged.db', /^The database is damaged: restore it from a backup/],
] as const) {
  test(`a database ${what} is reported in one line by every command that opens it`, async () => {
    using here = folder()
    writeFileSync(join(here.path, 'file'), 'This is no database.\n'.repeat(100))
    mkdirSync(join(here.path, 'folder'))
    if (database === 'newer.db' || database === 'damaged.db') {
      await here.exec(`migrate --database ${database}`)
      ;(database === 'newer.db' ? raiseVersion : cutOff)(join(here.path, database))
    }

    for (const command of ['dev --port 0', 'migrate']) {
      const { code, out, err } = await here.exec(`${command} --database ${database}`)
      assert.equal(code, 1, command)
      assert.equal(out, '')
      assertMessage(err, sentence)
      assert.equal(err.trim().split('\n').length, 1, err)
    }
  })
}

/** Leaves only the first page, which refers to the others. */
const cutOff = (file: string): void => truncateSync(file, 4096)

/** Adds a migration that this release does not know. */
function raiseVersion(file: string): void {
  const db = new DatabaseSync(file)
  db.exec(
    "insert into watchword_migrations (number, name) values (999, 'of a later release')",
  )
  db.close()
}

test('a secret file that others can read stops the start', async () => {
  using here = folder()
  await (await here.server('dev --port 0')).stop()
  chmodSync(join(here.path, 'watchword.db.secret'), 0o644)

  const { code, err } = await here.exec('dev --port 0')

  assert.equal(code, 1)
  assertMessage(
    err,
    /watchword\.db\.secret" is open to other users \(mode 6\d\d\)\..*: type "chmod 600/,
  )
})

test('start without a secret fails and shows the command that generates one', async () => {
  using here = folder()

  for (const env of [
    {},
    { WATCHWORD_SECRET: '' },
    { WATCHWORD_SECRET: 'x'.repeat(31) },
  ]) {
    const { code, err } = await here.exec('start', { env })
    assert.equal(code, 1)
    assertMessage(
      err,
      /^ {2}export WATCHWORD_SECRET=\$\(head -c 32 \/dev\/urandom \| base64\)$/m,
    )
    assert.doesNotMatch(err, /xxx/)
  }
  assert.ok(!existsSync(join(here.path, 'watchword.db')))
})

test('for keys made by dev, start points to the secret that opens them', async () => {
  using here = folder()
  await (await here.server('dev --port 0')).stop()
  const { code, err } = await here.exec('start --port 0', {
    env: { WATCHWORD_SECRET: SECRET },
  })
  assert.equal(code, 1)
  assertMessage(
    err,
    /^WATCHWORD_SECRET is not the secret of this database\. The keys in watchword\.db are encrypted with the development secret beside it/,
  )
  assert.match(err, /^ {2}export WATCHWORD_SECRET=\$\(cat watchword\.db\.secret\)$/m)
  assert.match(
    (await here.exec('start')).err,
    /^ {2}export WATCHWORD_SECRET=\$\(cat watchword\.db\.secret\)$/m,
  )

  const secret = readFileSync(join(here.path, 'watchword.db.secret'), 'utf8').trim()
  await using server = await here.server('start --port 0', { WATCHWORD_SECRET: secret })

  assert.equal((await fetch(`${server.url}/.well-known/jwks.json`)).status, 200)
})

test('start creates no user and shows the command that does; that user can sign in', async () => {
  using here = folder()
  const env = { WATCHWORD_SECRET: SECRET }
  await using server = await here.server('start --port 0', env)
  assert.match(
    server.output.out,
    /There are no users yet\. Create one: watchword user create NAME --superuser/,
  )
  assert.equal(JSON.parse((await here.exec('user list --json', { env })).out).length, 0)

  const made = await here.exec('user create vitor --superuser', {
    env,
    input: `${PASSWORD}\n`,
  })
  const answer = await hello(server.url, await signIn(server.url, 'vitor', PASSWORD))

  assert.equal(made.code, 0)
  assert.deepEqual(await answer.json(), { hello: 'vitor' })
  assert.ok(!existsSync(join(here.path, 'watchword.db.secret')))

  await server.stop()
  const lines = server.output.err.trim().split('\n')
  const entries = lines.map((line) => JSON.parse(line) as Record<string, unknown>)
  const served = entries.filter(({ event }) => !String(event).startsWith('stopping'))
  const requests = served.map(({ level, event, method, path, status }) =>
    [level, event, method, path, status].join(' '),
  )
  // Two workers write them, in either order.
  assert.deepEqual(requests.sort(), [
    'info request GET /hello/ 200',
    'info request POST /api/token/ 200',
  ])
  assert.ok(!server.output.err.includes(PASSWORD))
})

test('a user may be created before the first start, without a secret', async () => {
  using here = folder()
  await here.exec('user create vitor', { input: PASSWORD })

  await using server = await here.server('start --port 0', { WATCHWORD_SECRET: SECRET })

  assert.equal(
    (await hello(server.url, await signIn(server.url, 'vitor', PASSWORD))).status,
    200,
  )
})

test('a username that is not UTF-8 is rejected', async () => {
  using here = folder()
  const line = `printf %s '${PASSWORD}' | "$0" "$1" user create "$(printf 'b\\377b')"`

  const child = spawn('sh', ['-c', line, process.execPath, BIN], {
    cwd: here.path,
    timeout: 120_000,
  })
  const [err] = await Promise.all([textOf(child.stderr), once(child, 'close')])

  assert.equal(child.exitCode, 1)
  assertMessage(err, /^username: Enter a valid username\./)
})

test('user passwd revokes all sessions of the user, in a running server within a second', async () => {
  using here = folder()
  await here.run('user create ada', { input: PASSWORD })
  await using server = await here.server('dev --port 0')
  const pair = await signIn(server.url, 'ada', PASSWORD)
  assert.equal((await hello(server.url, pair)).status, 200)

  assert.equal((await here.run('user passwd ada', { input: 'another-9kc-w2pd' })).code, 0)
  await pause(1000)

  assert.equal((await hello(server.url, pair)).status, 401)
  assert.equal(
    (await post(`${server.url}/api/token/refresh/`, { refresh: pair.refresh })).status,
    401,
  )
  assert.equal(
    (await hello(server.url, await signIn(server.url, 'ada', 'another-9kc-w2pd'))).status,
    200,
  )
})

test('sessions are listed, and revoked one by one or all at once', async () => {
  using here = folder()
  await here.run('user create ada', { input: PASSWORD })
  assert.match((await here.run('session list ada')).out, /^ada has no sessions\.$/m)
  await using server = await here.server('dev --port 0')
  const pairs = [
    await signIn(server.url, 'ada', PASSWORD),
    await signIn(server.url, 'ada', PASSWORD),
  ]

  const sessions = JSON.parse((await here.run('session list ada --json')).out) as {
    id: string
    state: string
  }[]
  assert.deepEqual(
    sessions.map(({ state }) => state),
    ['live', 'live'],
  )
  const [{ id } = { id: '' }] = sessions
  assert.deepEqual(JSON.parse((await here.run(`session revoke ${id} --json`)).out), {
    revoked: 1,
  })
  assert.match(
    (await here.run('session list ada')).out,
    new RegExp(`^${id} .* revoked \\(admin\\)$`, 'm'),
  )
  const again = await here.run(`session revoke ${id}`)
  assert.equal(again.code, 1)
  assertMessage(again.err, /^There is no live session with this ID/)

  assert.equal((await here.run('session revoke --user ada')).out, 'Revoked 1 session.\n')
  await pause(1000)
  for (const pair of pairs) assert.equal((await hello(server.url, pair)).status, 401)
})

test('start accepts a token made by token create, and trusts WATCHWORD_PROXIES proxies', async () => {
  using here = folder()
  const env = { WATCHWORD_SECRET: SECRET, WATCHWORD_PROXIES: '1' }
  await here.exec('user create ada', { env, input: `${PASSWORD}\n` })
  const made = await here.exec('token create ada', { env })
  const server = await here.server('start --port 0', env)
  const key = GENERATED.exec(made.out)?.[1]

  const answer = await fetch(`${server.url}/hello/`, {
    headers: { authorization: `Token ${key}` },
  })
  assert.deepEqual([answer.status, await answer.json()], [200, { hello: 'ada' }])

  const guess = async (address: string): Promise<number> => {
    const body = new URLSearchParams({ username: 'ada', password: 'wrong' })
    const headers = { 'x-forwarded-for': `203.0.113.9, ${address}` }
    return (await fetch(`${server.url}/api/token/`, { method: 'POST', body, headers }))
      .status
  }
  const guesses: number[] = []
  for (let i = 0; i < 11; i++) guesses.push(await guess('198.51.100.1'))
  assert.deepEqual(guesses, [...Array(10).fill(401), 429])
  assert.equal(await guess('198.51.100.2'), 401)
  assert.equal(await server.stop(), 0)
})

test('keys rotate beside a running server keeps valid tokens valid', async () => {
  using here = folder()
  await here.run('user create ada', { input: PASSWORD })
  await using server = await here.server('dev --port 0')
  const before = await signIn(server.url, 'ada', PASSWORD)
  const stages = async (): Promise<Record<string, string>> => {
    const keys = JSON.parse((await here.run('keys list --json')).out) as {
      stage: string
      id: string
    }[]
    return Object.fromEntries(keys.map(({ stage, id }) => [stage, id]))
  }
  const old = await stages()
  assert.deepEqual(Object.keys(old).sort(), ['current', 'next'])

  const turn = JSON.parse((await here.run('keys rotate --json')).out)
  assert.deepEqual(turn, { current: old.next, retiring: old.current, next: turn.next })
  assert.deepEqual(await stages(), turn)
  await pause(1000)
  const after = await signIn(server.url, 'ada', PASSWORD)

  assert.equal(
    JSON.parse(Buffer.from(after.access.split('.')[0] ?? '', 'base64url').toString()).kid,
    turn.current,
  )
  for (const pair of [before, after])
    assert.equal((await hello(server.url, pair)).status, 200)
  assert.equal(
    (await post(`${server.url}/api/token/refresh/`, { refresh: before.refresh })).status,
    200,
  )
})

test('keys rotate --leaked makes every token invalid, in a running server within a second', async () => {
  using here = folder()
  await here.run('user create ada', { input: PASSWORD })
  await using server = await here.server('dev --port 0')
  const before = await signIn(server.url, 'ada', PASSWORD)
  await here.run('keys rotate')
  assert.equal((await hello(server.url, before)).status, 200)

  await here.run('keys rotate --leaked')
  await pause(1000)
  assert.equal((await hello(server.url, before)).status, 401)
  assert.equal(
    (await post(`${server.url}/api/token/refresh/`, { refresh: before.refresh })).status,
    401,
  )
  assert.equal(
    (await hello(server.url, await signIn(server.url, 'ada', PASSWORD))).status,
    200,
  )
})

test('flush deletes no live session', async () => {
  using here = folder()
  await here.run('user create ada', { input: PASSWORD })
  await using server = await here.server('dev --port 0')
  const pair = await signIn(server.url, 'ada', PASSWORD)

  assert.deepEqual(flushCounts(JSON.parse((await here.run('flush --json')).out)), {
    sessions: 0,
    tokens: 0,
    events: 0,
    keys: 0,
  })
  assert.match(
    (await here.run('flush')).out,
    /^Deleted 0 sessions, 0 API tokens, (?:0 [a-z -]+, )*0 events and 0 keys\.\n$/,
  )
  assert.equal((await hello(server.url, pair)).status, 200)
})

test('migrate can be run twice', async () => {
  using here = folder()

  for (let i = 0; i < 2; i++) {
    const { code, out } = await here.exec('migrate --json')
    assert.equal(code, 0)
    assert.deepEqual(JSON.parse(out), { database: 'watchword.db', migrated: true })
  }
  assert.deepEqual(
    readFileSync(join(here.path, 'watchword.db')).subarray(0, 15).toString(),
    'SQLite format 3',
  )
})

test('a command for a mistyped database does not create it', async () => {
  using here = folder()

  const { code, err } = await here.exec('user list --database wachtword.db')

  assert.equal(code, 1)
  assertMessage(err, /^There is no database "wachtword\.db" here/)
  assert.ok(!existsSync(join(here.path, 'wachtword.db')))
})

test('--database overrides WATCHWORD_DATABASE', async () => {
  using here = folder()

  await here.exec('migrate', { env: { WATCHWORD_DATABASE: 'a.db' } })
  await here.exec('migrate --database b.db', { env: { WATCHWORD_DATABASE: 'c.db' } })

  assert.deepEqual(
    ['a.db', 'b.db', 'c.db'].map((name) => existsSync(join(here.path, name))),
    [true, true, false],
  )
})

test('WATCHWORD_DEBUG=1 prints the stack of an error', async () => {
  using here = folder()

  const { code, err } = await here.exec('user list', { env: { WATCHWORD_DEBUG: '1' } })

  assert.equal(code, 1)
  assert.match(err, /^\s+at /m)
})

test('closing standard output early is not an error', async () => {
  using here = folder()
  const child = here.start(['help'])
  child.stdout.destroy()

  const err = await textOf(child.stderr)

  assert.equal(err, '')
})

test('R16: a stop under load loses no request', async (t) => {
  using here = folder()
  await here.exec('user create ada', { input: PASSWORD })
  const server = await here.server('start --port 0', { WATCHWORD_SECRET: SECRET })
  const { access } = await signIn(server.url, 'ada', PASSWORD)
  const { port } = new URL(server.url)
  const agent = new Agent({ keepAlive: true, maxSockets: 10 })
  t.after(() => agent.destroy())
  const lost: string[] = []
  let answered = 0
  let refused = false

  const ask = (): Promise<void> =>
    new Promise((resolve) => {
      const outgoing = httpRequest({
        port,
        host: '127.0.0.1',
        path: '/hello/',
        agent,
        headers: { authorization: `Bearer ${access}` },
      })
      outgoing.on('response', (response) => {
        response.resume().on('close', () => {
          if (response.complete && response.statusCode === 200) answered++
          else lost.push(`${response.statusCode}`)
          resolve()
        })
      })
      outgoing.on('error', (error: NodeJS.ErrnoException) => {
        if (error.code === 'ECONNREFUSED') refused = true
        else lost.push(String(error.code))
        resolve()
      })
      outgoing.end()
    })
  const client = async (): Promise<void> => {
    while (!refused) {
      await ask()
      await sleep(10)
    }
  }

  const clients = Array.from({ length: 10 }, client)
  while (answered < 100 && lost.length === 0 && !refused) await sleep(10)
  const before = answered
  const { ms, got: code } = await timed(() => server.stop())
  await Promise.all(clients)

  assert.equal(code, 0)
  assert.deepEqual(lost, [])
  assert.ok(before >= 100, `${before} answered before the stop`)
  assert.ok(ms < 10_000, `${ms} ms`)
})

test('a server that is stopped by a signal logs that it stops', async () => {
  for (const command of ['dev --port 0', 'start --port 0']) {
    using here = folder()
    const secret = 'q8Lz0-vXw2Kp5_Rt7Nb1Yc4Mh6Jf9Dg3SaTe8Uo'
    const server = await here.server(command, { WATCHWORD_SECRET: secret })
    assert.equal(await server.stop(), 0)
    assert.match(server.output.err, /stopping: requests in progress/, command)
  }
})
