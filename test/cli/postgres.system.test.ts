import assert from 'node:assert/strict'
import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { Readable, Writable } from 'node:stream'
import { type TestContext, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { main } from '../../src/cli/main.ts'
import { aDatabase } from '../services/postgres.ts'

const BIN = resolve('bin/watchword.js')
const SECRET = 'a secret of tests, long enough for all of them'

interface Output {
  readonly code: number
  readonly out: string
  readonly err: string
}

/** Runs commands on a fresh database. Skips the test if there is no PostgreSQL. */
async function commands(t: TestContext) {
  const database = await aDatabase()
  if (typeof database === 'string') return void t.skip(database)
  t.after(database.drop)
  const { url } = database
  const { password } = new URL(url)
  const checked = (output: Output): Output => {
    assert.ok(
      !`${output.out}${output.err}`.includes(password),
      'the password of the database is printed',
    )
    return output
  }
  const env = {
    PATH: process.env.PATH,
    WATCHWORD_DATABASE: url,
    WATCHWORD_SECRET: SECRET,
  }
  /** In a process. */
  const exec = async (line: string, more: NodeJS.ProcessEnv = {}): Promise<Output> => {
    const exited = promisify(execFile)(process.execPath, [BIN, ...line.split(' ')], {
      env: { ...env, ...more },
    })
    exited.child.stdin?.end()
    const { code = 0, stdout, stderr } = await exited.catch((error) => error)
    return checked({ code, out: stdout, err: stderr })
  }
  /** In this process, which is faster. */
  const run = async (line: string, more: NodeJS.ProcessEnv = {}): Promise<Output> => {
    const output = { out: '', err: '' }
    const code = await main(line.split(' '), {
      env: { ...env, ...more },
      stdin: Readable.from([Buffer.from('qhr4-7mzt-w2pd-x9kc\n')]),
      stdout: sink((text) => (output.out += text)),
      stderr: sink((text) => (output.err += text)),
    })
    return checked({ code, ...output })
  }
  return { url, env, exec, run }
}

const sink = (take: (text: string) => void): Writable =>
  new Writable({
    write(chunk, _encoding, done) {
      take(String(chunk))
      done()
    },
  })

test('every command works on PostgreSQL and does not print the password of the database', async (t) => {
  const here = await commands(t)
  if (here === undefined) return
  const { exec, run, url } = here

  const migrated = await run('migrate')
  assert.match(
    migrated.out,
    /^The tables of postgres:\/\/watchword:…@127\.0\.0\.1:\d+\/watchword_\w+ are at the newest version\./,
  )
  for (const line of [
    'user create ada --superuser',
    'user deactivate ada --force',
    'session list ada',
    'token list ada',
    'flush',
  ]) {
    const { code, err } = await run(line)
    assert.equal(code, 0, `${line}: ${err}`)
  }
  assert.match((await run('user list')).out, /ada/)
  const rotated = await exec('keys rotate')
  assert.equal(rotated.code, 0, rotated.err)
  const gone = await run('user list', {
    WATCHWORD_DATABASE: url.replace(/\w+$/, 'elsewhere'),
  })
  assert.deepEqual([gone.code, gone.out], [1, ''])
  assert.match(
    gone.err,
    /^There is no database "elsewhere" on 127\.0\.0\.1:\d+: create it with "createdb", or name another\.\n$/,
  )
})

for (const command of ['dev', 'start']) {
  test(`watchword ${command} serves from PostgreSQL with WATCHWORD_SECRET, and without it names it`, async (t) => {
    const here = await commands(t)
    if (here === undefined) return
    const refused = await here.exec(`${command} --port 0`, { WATCHWORD_SECRET: '' })
    assert.equal(refused.code, 1)
    assert.match(refused.err, /WATCHWORD_SECRET/)

    const child = spawn(process.execPath, [BIN, command, '--port', '0'], {
      env: here.env,
    })
    const ended = once(child, 'close')
    const [first] = await Promise.race([
      once(child.stdout, 'data'),
      ended.then(() => assert.fail('it ended')),
    ])
    // It prints its URL before it listens to signals.
    await sleep(500)
    child.kill('SIGTERM')
    const [code] = await ended

    assert.match(
      String(first),
      /on http:\/\/127\.0\.0\.1:\d+ {3}\(postgres:\/\/watchword:…@/,
    )
    assert.equal(code, 0)
  })
}

test('without the package pg, one line says how to install it', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'watchword-without-pg-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  mkdirSync(join(folder, 'node_modules'))
  for (const path of [
    'src',
    'bin',
    'package.json',
    'node_modules/kysely',
    'node_modules/ipaddr.js',
    'node_modules/zod',
  ]) {
    symlinkSync(resolve(path), join(folder, path))
  }
  const words = [
    '--preserve-symlinks',
    '--preserve-symlinks-main',
    join(folder, 'bin/watchword.js'),
    'migrate',
  ]
  const env = {
    PATH: process.env.PATH,
    WATCHWORD_DATABASE: 'postgres://ada:lovelace@127.0.0.1:1/notes',
  }

  const { code, stderr } = await promisify(execFile)(process.execPath, words, {
    env,
    cwd: folder,
  }).catch((error) => error)

  assert.equal(code, 1)
  assert.equal(
    stderr,
    'PostgreSQL needs the package "pg", which is not installed. Type: npm install pg\n',
  )
})
