import assert from 'node:assert/strict'
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { Agent, request as httpRequest } from 'node:http'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { Readable, Writable } from 'node:stream'
import { after, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { apiToken } from '../features/api-tokens/scheme.ts'
import { watchword } from '../watchword.ts'
import { COMMANDS } from './commands.ts'
import { main } from './main.ts'

const BIN = fileURLToPath(new URL('../../bin/watchword.js', import.meta.url))
const SECRET = 'a secret of tests, long enough for all of them'
const PASSWORD = 'qhr4-7mzt-w2pd-x9kc'

type Env = Record<string, string>

/** The commands of this file share what node compiled: it halves the time that each takes to start. */
const COMPILED = mkdtempSync(join(tmpdir(), 'watchword-compiled-'))
after(() => rmSync(COMPILED, { recursive: true, force: true }))

/** An empty folder in which commands are typed. Whatever still runs when the test is over is killed. */
function folder() {
  const path = mkdtempSync(join(tmpdir(), 'watchword-'))
  const running = new Set<ChildProcessWithoutNullStreams>()
  const start = (
    words: readonly string[],
    env: Env = {},
  ): ChildProcessWithoutNullStreams => {
    const child = spawn(process.execPath, [BIN, ...words], {
      cwd: path,
      env: { PATH: process.env.PATH ?? '', NODE_COMPILE_CACHE: COMPILED, ...env },
      timeout: 20_000,
      killSignal: 'SIGKILL',
    })
    running.add(child)
    child.once('close', () => running.delete(child))
    return child
  }

  /** Types a command and waits for its end. */
  async function type(
    line: string,
    { input = '', env = {} }: { input?: string | Buffer; env?: Env } = {},
  ) {
    const child = start(line.split(' ').filter(Boolean), env)
    child.stdin.on('error', () => undefined)
    child.stdin.end(input)
    const [out, err] = await Promise.all([
      textOf(child.stdout),
      textOf(child.stderr),
      once(child, 'close'),
    ])
    return { code: child.exitCode, out, err }
  }

  /** The same in this process, which takes a tenth of the time: for what a process of its own would not show better. */
  async function enter(
    line: string,
    { input = '', env = {} }: { input?: string | Buffer; env?: Env } = {},
  ) {
    const said = { out: '', err: '' }
    const code = await main(line.split(' ').filter(Boolean), {
      env: { WATCHWORD_DATABASE: join(path, 'watchword.db'), ...env },
      stdin: Readable.from([Buffer.from(input)]),
      stdout: sink((text) => (said.out += text)),
      stderr: sink((text) => (said.err += text)),
    })
    return { code, ...said }
  }

  /** Starts a server and waits until it listens. */
  async function server(line: string, env: Env = {}) {
    const child = start(line.split(' '), env)
    const said = { out: '', err: '' }
    child.stdout.setEncoding('utf8').on('data', (text: string) => (said.out += text))
    child.stderr.setEncoding('utf8').on('data', (text: string) => (said.err += text))
    const ended = once(child, 'close')
    await Promise.race([once(child.stdout, 'data'), ended])
    assert.equal(child.exitCode, null, said.err)
    const stop = async (signal: NodeJS.Signals = 'SIGTERM') => {
      child.kill(signal)
      await ended
      return child.exitCode
    }
    return {
      said,
      stop,
      url: /http:\/\/[\w.:]+/.exec(said.out)?.[0] ?? '',
      [Symbol.asyncDispose]: async () => void (await stop()),
    }
  }

  const dispose = (): void => {
    for (const child of running) child.kill('SIGKILL')
    rmSync(path, { recursive: true, force: true })
  }
  return { path, type, enter, start, server, [Symbol.dispose]: dispose }
}

const sink = (take: (text: string) => void): Writable =>
  new Writable({
    write(chunk, _encoding, done) {
      take(String(chunk))
      done()
    },
  })

async function textOf(stream: NodeJS.ReadableStream): Promise<string> {
  let text = ''
  for await (const chunk of stream.setEncoding('utf8')) text += chunk
  return text
}

const post = (url: string, body: object): Promise<Response> =>
  fetch(url, {
    method: 'POST',
    body: JSON.stringify(body),
    headers: { 'content-type': 'application/json', connection: 'close' },
  })

interface Pair {
  readonly access: string
  readonly refresh: string
}

async function signIn(url: string, username: string, password: string): Promise<Pair> {
  const answer = await post(`${url}/api/token/`, { username, password })
  assert.equal(answer.status, 200)
  return (await answer.json()) as Pair
}

const hello = (url: string, { access }: Pair): Promise<Response> =>
  fetch(`${url}/hello/`, {
    headers: { authorization: `Bearer ${access}`, connection: 'close' },
  })

/** One sentence, and no stack trace. */
function assertSentence(err: string, message: RegExp): void {
  assert.match(err, message)
  assert.doesNotMatch(err, /^\s+at /m)
  assert.doesNotMatch(err, /should not/, 'the sentence for what nobody thought of')
}

for (const line of ['', 'help', '--help', '-h']) {
  test(`"watchword ${line}" lists every command`, async () => {
    using here = folder()

    const { code, out, err } = await here.type(line)

    assert.equal(code, 0)
    assert.equal(err, '')
    for (const name of Object.keys(COMMANDS))
      assert.ok(out.includes(`watchword ${name}`), name)
  })
}

for (const name of Object.keys(COMMANDS)) {
  test(`"watchword ${name} --help" shows examples and options, and touches nothing`, async () => {
    using here = folder()

    const { code, out } = await here.enter(`${name} --help`)

    assert.equal(code, 0)
    assert.match(out, /^Examples$/m)
    assert.match(out, /^ {2}--json +print JSON, for programs$/m)
    assert.equal((await here.enter(`help ${name}`)).out, out)
    assert.ok(!existsSync(join(here.path, 'watchword.db')))
  })
}

test('help and version speak JSON too', async () => {
  using here = folder()

  assert.match(
    JSON.parse((await here.enter('--version --json')).out).version,
    /^\d+\.\d+\.\d+/,
  )
  assert.match(
    JSON.parse((await here.enter('help user --json')).out).help,
    /watchword user create NAME/,
  )
})

for (const [line, sentence] of [
  ['strat', /^There is no command "strat"\. Did you mean: watchword start\?$/m],
  ['user', /^watchword user is followed by one of: create, list/],
  ['user create', /^watchword user create needs NAME/],
  ['user list --lmit 3', /Did you mean --limit\?$/m],
  ['user list --limit many', /^--limit must be a whole number/],
  ['user create ada --password hunter2', /^A password does not belong on a command line/],
  ['user create ada --no-password --password-stdin', /exclude each other/],
  ['session revoke', /^Name one sign-in by its ID, or all of a user/],
  ['token create', /^watchword token create needs USERNAME/],
  ['token create ada --reset --name x', /^--reset does not go with --name/],
  ['token create ada --expires soon', /^--expires must be a length of time/],
  ['token create ada --expires 0d', /^--expires must be a length of time/],
  ['token revoke', /^Name one token by its PREFIX or ID, or all of a user/],
  ['token revoke x --user ada', /^Name one token by its PREFIX or ID, or all of a user/],
  ['dev --port 99999', /^--port must be a whole number from 0 to 65535/],
  ['flush now', /^watchword flush takes no argument/],
  ['--database', /^The name of a command comes first/],
  ['__proto__', /^There is no command "__proto__"\. watchword help lists them\.$/m],
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
  test(`wrong usage ends with 2 and one line: watchword ${line}`, async () => {
    using here = folder()

    const { code, out, err } = await here.enter(line)

    assert.equal(code, 2)
    assert.equal(out, '')
    assertSentence(err, sentence)
    assert.equal(err.trim().split('\n').length, 1)
    assert.doesNotMatch(err, /hunter2/)
  })
}

test('a PORT that is none is wrong usage too', async () => {
  using here = folder()

  const { code, err } = await here.enter('dev', { env: { PORT: 'http' } })

  assert.equal(code, 2)
  assertSentence(err, /^PORT must be a whole number/)
})

test('errors are JSON where JSON was asked for', async () => {
  using here = folder()

  const { code, err } = await here.type('user list --json')

  assert.equal(code, 1)
  assert.match(JSON.parse(err).error, /^There is no database watchword\.db here/)
})

test('dev makes what is missing, and the line it prints signs in', async () => {
  using here = folder()
  await using it = await here.server('dev --user vitor --port 0')
  const [, url = '', ...fields] =
    /next +curl -s (\S+) -d (\S+) -d (\S+)$/m.exec(it.said.out) ?? []

  // As curl does it.
  const pair = await fetch(url, {
    method: 'POST',
    body: new URLSearchParams(fields.join('&')),
  })
  const answer = await hello(it.url, (await pair.json()) as Pair)

  assert.deepEqual(await answer.json(), { hello: 'vitor' })
  assert.match(
    it.said.out,
    /^ {2}first user {2}vitor\n {2}password {4}(\S+) {3}\(shown this once\)\n\n {2}next .*password=\1\n/m,
  )
  assert.equal(statSync(join(here.path, 'watchword.db.secret')).mode & 0o777, 0o600)
  assert.equal(await it.stop('SIGINT'), 0)
})

test('a second dev keeps users and keys, shows no password and tells how to make a new one', async () => {
  using here = folder()
  const first = await here.server('dev --user vitor --port 0')
  const keys = await (await fetch(`${first.url}/.well-known/jwks.json`)).text()
  assert.equal(await first.stop(), 0)

  await using second = await here.server('dev --port 0')

  assert.equal(await (await fetch(`${second.url}/.well-known/jwks.json`)).text(), keys)
  assert.doesNotMatch(second.said.out, /shown this once|first user/)
  assert.match(second.said.out, /watchword user passwd vitor/)
})

test('dev tells programs where it listens and who its user is', async () => {
  using here = folder()
  await using it = await here.server('dev --port 0 --json --database try.db')

  const said = JSON.parse(it.said.out)

  assert.deepEqual(Object.keys(said), ['url', 'database', 'username', 'password'])
  assert.equal(said.username, 'admin')
  assert.equal(
    (await signIn(said.url, said.username, said.password)).access.split('.').length,
    3,
  )
})

test('dev writes a line a request, and no token and no password', async () => {
  using here = folder()
  await using it = await here.server('dev --port 0 --json')
  const { username, password } = JSON.parse(it.said.out)
  const shown = it.said.out

  const pair = await signIn(it.url, username, password)
  await hello(it.url, pair)
  await post(`${it.url}/api/token/?token=${pair.access}`, {
    username,
    password: 'CANARY-4711',
  })
  await fetch(`${it.url}/${pair.access}`)
  const next = (await (
    await post(`${it.url}/api/token/refresh/`, { refresh: pair.refresh })
  ).json()) as Pair
  await post(`${it.url}/api/token/blacklist/`, { refresh: next.refresh })
  await it.stop()

  assert.match(it.said.err, /^POST \/api\/token\/ 200 \d+ ms$/m)
  assert.match(it.said.err, /^GET \/hello\/ 200 \d+ ms$/m)
  assert.equal(it.said.out, shown, 'nothing is added to standard output')
  for (const secret of [
    password,
    pair.access,
    pair.refresh,
    next.access,
    next.refresh,
    'CANARY-4711',
  ]) {
    for (const part of secret.split('.'))
      assert.ok(!it.said.err.includes(part), `the log holds ${part.slice(0, 8)}…`)
  }
})

for (const [command, env] of [
  ['dev', {}],
  ['start', { WATCHWORD_SECRET: SECRET }],
] as const) {
  test(`a busy port is told in one sentence: watchword ${command}`, async (t) => {
    using here = folder()
    const other = createServer().listen(0, '127.0.0.1')
    t.after(() => other.close())
    await once(other, 'listening')
    const { port } = other.address() as { port: number }

    const { code, out, err } = await here.type(`${command} --port ${port}`, { env })

    assert.equal(code, 1)
    assert.equal(out, '')
    assertSentence(
      err,
      new RegExp(
        `^Port ${port} on 127\\.0\\.0\\.1 is taken: .*--port ${port + 1}\\.$`,
        'm',
      ),
    )
  })
}

test('an address that is not of this machine is told in one sentence', async () => {
  using here = folder()

  const { code, err } = await here.type('dev --port 0 --host 192.0.2.1')

  assert.equal(code, 1)
  assertSentence(
    err,
    /^This machine has no address 192\.0\.2\.1: take another with --host/,
  )
})

for (const [what, database, sentence] of [
  ['in a folder that nobody can write to', '/proc/watchword.db', /watchword\.db/],
  ['below a file', 'file/watchword.db', /watchword\.db/],
  ['in a folder that is not there', 'nowhere/watchword.db', /watchword\.db/],
  ['that is a folder', 'folder', /folder/],
  ['that is something else', 'file', /file/],
  ['of a newer version', 'newer.db', /newer/],
  ['that is damaged', 'damaged.db', /^The database is damaged: put a copy of it back/],
] as const) {
  test(`a database ${what} is told in one sentence, by every command that opens it`, async () => {
    using here = folder()
    writeFileSync(join(here.path, 'file'), 'This is no database.\n'.repeat(100))
    mkdirSync(join(here.path, 'folder'))
    if (database === 'newer.db' || database === 'damaged.db') {
      await here.type(`migrate --database ${database}`)
      ;(database === 'newer.db' ? raiseVersion : cutOff)(join(here.path, database))
    }

    for (const command of ['dev --port 0', 'migrate']) {
      const { code, out, err } = await here.type(`${command} --database ${database}`)
      assert.equal(code, 1, command)
      assert.equal(out, '')
      assertSentence(err, sentence)
      assert.equal(err.trim().split('\n').length, 1, err)
    }
  })
}

/** Leaves the first page, which names the others. */
const cutOff = (file: string): void => truncateSync(file, 4096)

/** Makes the database one of a later release. */
function raiseVersion(file: string): void {
  const db = new DatabaseSync(file)
  db.exec(
    "insert into watchword_migrations (number, name) values (999, 'of a later release')",
  )
  db.close()
}

test('a secret that others can read stops the start', async () => {
  using here = folder()
  await (await here.server('dev --port 0')).stop()
  chmodSync(join(here.path, 'watchword.db.secret'), 0o644)

  const { code, err } = await here.type('dev --port 0')

  assert.equal(code, 1)
  assertSentence(err, /watchword\.db\.secret can be read by others: type "chmod 600/)
})

test('start does not start without its secret, and gives the line that makes one', async () => {
  using here = folder()

  for (const env of [
    {},
    { WATCHWORD_SECRET: '' },
    { WATCHWORD_SECRET: 'x'.repeat(31) },
  ]) {
    const { code, err } = await here.type('start', { env })
    assert.equal(code, 1)
    assertSentence(
      err,
      /^ {2}export WATCHWORD_SECRET=\$\(head -c 32 \/dev\/urandom \| base64\)$/m,
    )
    assert.doesNotMatch(err, /xxx/)
  }
  assert.ok(!existsSync(join(here.path, 'watchword.db')))
})

test('keys that dev made are opened by the secret that start points to', async () => {
  using here = folder()
  await (await here.server('dev --port 0')).stop()
  const { code, err } = await here.type('start --port 0', {
    env: { WATCHWORD_SECRET: SECRET },
  })
  assert.equal(code, 1)
  assertSentence(
    err,
    /^WATCHWORD_SECRET is not the secret of this database; watchword dev made the keys/,
  )
  assert.match(err, /^ {2}export WATCHWORD_SECRET=\$\(cat watchword\.db\.secret\)$/m)
  assert.match(
    (await here.type('start')).err,
    /^ {2}export WATCHWORD_SECRET=\$\(cat watchword\.db\.secret\)$/m,
  )

  const secret = readFileSync(join(here.path, 'watchword.db.secret'), 'utf8').trim()
  await using it = await here.server('start --port 0', { WATCHWORD_SECRET: secret })

  assert.equal((await fetch(`${it.url}/.well-known/jwks.json`)).status, 200)
})

test('start makes no user and tells how; the user made then can sign in', async () => {
  using here = folder()
  const env = { WATCHWORD_SECRET: SECRET }
  await using it = await here.server('start --port 0', env)
  assert.match(
    it.said.out,
    /There are no users yet: watchword user create NAME --superuser/,
  )
  assert.equal(JSON.parse((await here.type('user list --json', { env })).out).length, 0)

  const made = await here.type('user create vitor --superuser', {
    env,
    input: `${PASSWORD}\n`,
  })
  const answer = await hello(it.url, await signIn(it.url, 'vitor', PASSWORD))

  assert.equal(made.code, 0)
  assert.deepEqual(await answer.json(), { hello: 'vitor' })
  assert.ok(!existsSync(join(here.path, 'watchword.db.secret')))

  await it.stop()
  const lines = it.said.err.trim().split('\n')
  const told = lines.map((line) => JSON.parse(line) as Record<string, unknown>)
  assert.deepEqual(
    told.map(({ level, event, method, path, status }) => [
      level,
      event,
      method,
      path,
      status,
    ]),
    [
      ['info', 'request', 'POST', '/api/token/', 200],
      ['info', 'request', 'GET', '/hello/', 200],
    ],
  )
  assert.ok(!it.said.err.includes(PASSWORD))
})

test('a user made before the first start does not stand in the way of a secret that comes later', async () => {
  using here = folder()
  await here.type('user create vitor', { input: PASSWORD })

  await using it = await here.server('start --port 0', { WATCHWORD_SECRET: SECRET })

  assert.equal((await hello(it.url, await signIn(it.url, 'vitor', PASSWORD))).status, 200)
})

test('the life of a user', async () => {
  using here = folder()
  const made = await here.enter('user create ada --email ada@example.com --staff', {
    input: `${PASSWORD}\n`,
  })
  assert.deepEqual([made.code, made.out, made.err], [0, 'Made ada.\n', ''])

  const robot = JSON.parse(
    (await here.enter('user create robot --no-password --inactive --json')).out,
  )
  assert.equal(robot.username, 'robot')
  assert.equal(robot.active, false)

  const list = await here.enter('user list')
  assert.match(list.out, /^NAME +EMAIL +ACTIVE +STAFF +SUPERUSER +JOINED \(UTC\) +ID$/m)
  assert.match(
    list.out,
    /^ada +ada@example\.com +yes +yes +no +\d{4}-\d\d-\d\d \d\d:\d\d +\w+$/m,
  )
  const page = await here.enter('user list --limit 1')
  assert.match(page.out, /There are more: --after "ada"$/m)
  const rest = JSON.parse((await here.enter('user list --after ada --json')).out) as {
    username: string
  }[]
  assert.deepEqual(
    rest.map(({ username }) => username),
    ['robot'],
  )

  assert.equal(
    JSON.parse((await here.enter('user deactivate ada --json')).out).active,
    false,
  )
  assert.equal(
    JSON.parse((await here.enter('user activate ada --json')).out).active,
    true,
  )

  const unsure = await here.enter('user delete ada')
  assert.equal(unsure.code, 2)
  assertSentence(unsure.err, /add --yes/)
  assert.equal((await here.enter('user delete ada --yes')).code, 0)
  const gone = await here.enter('user passwd ada', { input: PASSWORD })
  assert.equal(gone.code, 1)
  assertSentence(gone.err, /^There is no user "ada"\.$/m)
})

test('what cannot be a user is refused with its fields', async () => {
  using here = folder()
  await here.enter('user create ada', { input: PASSWORD })

  for (const [line, input, message] of [
    ['user create ada', PASSWORD, /^username: /],
    ['user create ADA', PASSWORD, /^username: /],
    ['user create bob', '12345', /^password: /],
    ['user create bob', '', /no password on standard input/],
    ['user create bob', `${PASSWORD}\n${PASSWORD}\n`, /is one line/],
    ['user create bob', '        \n', /cannot be blank/],
    ['user create bob', `${PASSWORD}\0`, /null character/],
    ['user create bob', Buffer.from([0xff, 0xfe]), /not UTF-8/],
    ['user create bob', 'x'.repeat(100_000), /at most 4096/],
    ['user create bob --email nonsense', PASSWORD, /^email: /],
    [`user create ${'b'.repeat(1000)}`, PASSWORD, /^username: /],
    ['user passwd ada', 'ada', /^password: /],
  ] as const) {
    const { code, out, err } = await here.enter(line, { input })
    assert.equal(code, 1, line)
    assert.equal(out, '')
    assertSentence(err, message)
    assert.ok(!err.includes(PASSWORD))
  }
  assert.equal(JSON.parse((await here.enter('user list --json')).out).length, 1)
})

test('octets that are no UTF-8 are no name', async () => {
  using here = folder()
  const line = `printf %s '${PASSWORD}' | "$0" "$1" user create "$(printf 'b\\377b')"`

  const child = spawn('sh', ['-c', line, process.execPath, BIN], {
    cwd: here.path,
    timeout: 20_000,
  })
  const [err] = await Promise.all([textOf(child.stderr), once(child, 'close')])

  assert.equal(child.exitCode, 1)
  assertSentence(err, /^username: Enter a valid username\./)
})

test('a new password ends every sign-in, in a running server within a second', async () => {
  using here = folder()
  await here.enter('user create ada', { input: PASSWORD })
  await using it = await here.server('dev --port 0')
  const pair = await signIn(it.url, 'ada', PASSWORD)
  assert.equal((await hello(it.url, pair)).status, 200)

  assert.equal(
    (await here.enter('user passwd ada', { input: 'another-9kc-w2pd' })).code,
    0,
  )
  await sleep(1000)

  assert.equal((await hello(it.url, pair)).status, 401)
  assert.equal(
    (await post(`${it.url}/api/token/refresh/`, { refresh: pair.refresh })).status,
    401,
  )
  assert.equal(
    (await hello(it.url, await signIn(it.url, 'ada', 'another-9kc-w2pd'))).status,
    200,
  )
})

test('sign-ins are listed and ended, one or all', async () => {
  using here = folder()
  await here.enter('user create ada', { input: PASSWORD })
  assert.match((await here.enter('session list ada')).out, /^ada has not signed in\.$/m)
  await using it = await here.server('dev --port 0')
  const pairs = [
    await signIn(it.url, 'ada', PASSWORD),
    await signIn(it.url, 'ada', PASSWORD),
  ]

  const sessions = JSON.parse((await here.enter('session list ada --json')).out) as {
    id: string
    state: string
  }[]
  assert.deepEqual(
    sessions.map(({ state }) => state),
    ['live', 'live'],
  )
  const [{ id } = { id: '' }] = sessions
  assert.deepEqual(JSON.parse((await here.enter(`session revoke ${id} --json`)).out), {
    ended: 1,
  })
  assert.match(
    (await here.enter('session list ada')).out,
    new RegExp(`^${id} .* ended \\(admin\\)$`, 'm'),
  )
  const again = await here.enter(`session revoke ${id}`)
  assert.equal(again.code, 1)
  assertSentence(again.err, /^No sign-in of this ID is live/)

  assert.equal((await here.enter('session revoke --user ada')).out, 'Ended 1 sign-in.\n')
  await sleep(1000)
  for (const pair of pairs) assert.equal((await hello(it.url, pair)).status, 401)
})

const GENERATED = /^Generated token ([0-9a-f]{40}) for user ada\n$/

test('Z14, Z15, Z16: a token is made, shown again, and made anew on -r and --reset', async (t) => {
  using here = folder()
  await here.enter('user create ada --no-password')
  const auth = watchword({
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
    const { code, out, err } = await here.enter(`token create ${options}`)
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
    'the secret is the one of the program',
  )

  for (const options of ['-r ada', 'ada --reset']) {
    const old = await created('ada')
    const fresh = await created(options)
    assert.notEqual(fresh, old)
    assert.deepEqual([await opens(old), await opens(fresh)], [false, true])
  }
})

test('the server lets in who comes with a token that the command made, and believes so many proxies', async () => {
  using here = folder()
  const env = { WATCHWORD_SECRET: SECRET, WATCHWORD_PROXIES: '1' }
  await here.type('user create ada', { env, input: `${PASSWORD}\n` })
  const made = await here.type('token create ada', { env })
  const it = await here.server('start --port 0', env)
  const key = GENERATED.exec(made.out)?.[1]

  const answer = await fetch(`${it.url}/hello/`, {
    headers: { authorization: `Token ${key}` },
  })
  assert.deepEqual([answer.status, await answer.json()], [200, { hello: 'ada' }])

  const guess = async (address: string): Promise<number> => {
    const body = new URLSearchParams({ username: 'ada', password: 'wrong' })
    const headers = { 'x-forwarded-for': `203.0.113.9, ${address}` }
    return (await fetch(`${it.url}/api/token/`, { method: 'POST', body, headers })).status
  }
  const guesses: number[] = []
  for (let i = 0; i < 11; i++) guesses.push(await guess('198.51.100.1'))
  assert.deepEqual(guesses, [...Array(10).fill(401), 429])
  assert.equal(await guess('198.51.100.2'), 401)
  assert.equal(await it.stop(), 0)
})

test('Z17, Z19: a token needs a user, who may be inactive', async () => {
  using here = folder()
  await here.enter('user create ada --no-password --inactive')

  const { code, out, err } = await here.enter('token create nobody')
  assert.deepEqual(
    [code, out, err],
    [1, '', 'Cannot create the Token: user nobody does not exist.\n'],
  )
  assert.match((await here.enter('token create ada')).out, GENERATED)
  assertSentence(
    (await here.enter('token list nobody')).err,
    /^There is no user "nobody"\.$/m,
  )
})

test('more tokens have a name, scopes and an end; they are listed by how they begin and revoked one by one', async () => {
  using here = folder()
  await here.enter('user create ada --no-password')
  assert.equal((await here.enter('token list ada')).out, 'ada has no API tokens.\n')

  const made = await here.enter(
    'token create ada --name export --scope posts:read,users:read --expires 90d',
  )
  const [, text = ''] =
    /^Generated token (ww_[\w-]{43}) for user ada\nIt is shown this once\.\n$/.exec(
      made.out,
    ) ?? []
  assert.notEqual(text, '', made.out + made.err)
  assert.ok(!existsSync(join(here.path, 'watchword.db.secret')), 'it needs no secret')
  const derived = JSON.parse((await here.enter('token create ada --json')).out)
  assert.deepEqual(
    [derived.username, derived.derived, derived.expires_at],
    ['ada', true, null],
  )

  const list = await here.enter('token list ada')
  assert.match(list.out, /^PREFIX +NAME +SCOPES +MADE \(UTC\) +EXPIRES +ID$/m)
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
  const [one, other] = JSON.parse((await here.enter('token list ada --json')).out).sort(
    byName,
  )
  assert.deepEqual(
    [one.name, one.scopes, one.prefix],
    ['export', ['posts:read', 'users:read'], text.slice(0, 11)],
  )
  assert.deepEqual([other.name, other.id], [null, derived.id])
  assert.equal(Date.parse(one.expires_at) - Date.parse(one.created_at), 90 * 86_400_000)

  assert.deepEqual(
    JSON.parse((await here.enter(`token revoke ${one.prefix} --json`)).out),
    { revoked: 1 },
  )
  const again = await here.enter(`token revoke ${one.id}`)
  assert.equal(again.code, 1)
  assertSentence(again.err, /^There is no API token of this prefix or ID/)
  assert.equal((await here.enter('token revoke --user ada')).out, 'Ended 1 API token.\n')
})

const byName = (one: { name: string | null }, other: { name: string | null }): number =>
  (other.name ?? '').localeCompare(one.name ?? '')

test('a new password does not end API tokens, and the end of their user does', async () => {
  using here = folder()
  await here.enter('user create ada', { input: PASSWORD })
  await here.enter('token create ada')
  const list = async (): Promise<object[]> =>
    JSON.parse((await here.enter('token list ada --json')).out)

  await here.enter('user passwd ada', { input: 'another-9kc-w2pd' })
  assert.equal((await list()).length, 1)

  await here.enter('user delete ada --yes')
  await here.enter('user create ada', { input: PASSWORD })
  assert.deepEqual(await list(), [])
})

test('keys rotate beside a running server, and no valid token is lost', async () => {
  using here = folder()
  await here.enter('user create ada', { input: PASSWORD })
  await using it = await here.server('dev --port 0')
  const before = await signIn(it.url, 'ada', PASSWORD)
  const stages = async (): Promise<Record<string, string>> => {
    const keys = JSON.parse((await here.enter('keys list --json')).out) as {
      stage: string
      id: string
    }[]
    return Object.fromEntries(keys.map(({ stage, id }) => [stage, id]))
  }
  const old = await stages()
  assert.deepEqual(Object.keys(old).sort(), ['current', 'next'])

  const turn = JSON.parse((await here.enter('keys rotate --json')).out)
  assert.deepEqual(turn, { current: old.next, retiring: old.current, next: turn.next })
  assert.deepEqual(await stages(), turn)
  await sleep(1000)
  const after = await signIn(it.url, 'ada', PASSWORD)

  assert.equal(
    JSON.parse(Buffer.from(after.access.split('.')[0] ?? '', 'base64url').toString()).kid,
    turn.current,
  )
  for (const pair of [before, after])
    assert.equal((await hello(it.url, pair)).status, 200)
  assert.equal(
    (await post(`${it.url}/api/token/refresh/`, { refresh: before.refresh })).status,
    200,
  )
})

test('keys rotate --leaked ends every token, in a running server within a second', async () => {
  using here = folder()
  await here.enter('user create ada', { input: PASSWORD })
  await using it = await here.server('dev --port 0')
  const before = await signIn(it.url, 'ada', PASSWORD)
  await here.enter('keys rotate')
  assert.equal((await hello(it.url, before)).status, 200)

  await here.enter('keys rotate --leaked')
  await sleep(1000)
  assert.equal((await hello(it.url, before)).status, 401)
  assert.equal(
    (await post(`${it.url}/api/token/refresh/`, { refresh: before.refresh })).status,
    401,
  )
  assert.equal((await hello(it.url, await signIn(it.url, 'ada', PASSWORD))).status, 200)
})

test('flush leaves what lives', async () => {
  using here = folder()
  await here.enter('user create ada', { input: PASSWORD })
  await using it = await here.server('dev --port 0')
  const pair = await signIn(it.url, 'ada', PASSWORD)

  assert.deepEqual(JSON.parse((await here.enter('flush --json')).out), {
    sessions: 0,
    tokens: 0,
    events: 0,
    keys: 0,
  })
  assert.equal(
    (await here.enter('flush')).out,
    'Deleted 0 sign-ins, 0 API tokens, 0 events and 0 keys.\n',
  )
  assert.equal((await hello(it.url, pair)).status, 200)
})

test('migrate may be typed as often as one likes', async () => {
  using here = folder()

  for (let i = 0; i < 2; i++) {
    const { code, out } = await here.type('migrate --json')
    assert.equal(code, 0)
    assert.deepEqual(JSON.parse(out), { database: 'watchword.db', migrated: true })
  }
  assert.deepEqual(
    readFileSync(join(here.path, 'watchword.db')).subarray(0, 15).toString(),
    'SQLite format 3',
  )
})

test('a command does not make a database where its name was mistyped', async () => {
  using here = folder()

  const { code, err } = await here.type('user list --database wachtword.db')

  assert.equal(code, 1)
  assertSentence(err, /^There is no database wachtword\.db here/)
  assert.ok(!existsSync(join(here.path, 'wachtword.db')))
})

test('the environment names the database, and an option comes before it', async () => {
  using here = folder()

  await here.type('migrate', { env: { WATCHWORD_DATABASE: 'a.db' } })
  await here.type('migrate --database b.db', { env: { WATCHWORD_DATABASE: 'c.db' } })

  assert.deepEqual(
    ['a.db', 'b.db', 'c.db'].map((name) => existsSync(join(here.path, name))),
    [true, true, false],
  )
})

test('where an error came from is shown only when asked', async () => {
  using here = folder()

  const { code, err } = await here.type('user list', { env: { WATCHWORD_DEBUG: '1' } })

  assert.equal(code, 1)
  assert.match(err, /^\s+at /m)
})

test('a reader that has seen enough is no failure', async () => {
  using here = folder()
  const child = here.start(['help'])
  child.stdout.destroy()

  const err = await textOf(child.stderr)

  assert.equal(err, '')
})

test('R16: a stop under load loses no request', async (t) => {
  using here = folder()
  await here.type('user create ada', { input: PASSWORD })
  const it = await here.server('start --port 0', { WATCHWORD_SECRET: SECRET })
  const { access } = await signIn(it.url, 'ada', PASSWORD)
  const { port } = new URL(it.url)
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
  await sleep(500)
  const began = performance.now()
  const code = await it.stop()
  await Promise.all(clients)

  assert.equal(code, 0)
  assert.deepEqual(lost, [])
  assert.ok(answered > 100, `${answered} answered`)
  assert.ok(performance.now() - began < 10_000)
})
