import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, lstatSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { request } from 'node:http'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { timed } from '../time.ts'
import { ask, askJson, dial, untilClosed } from './client.ts'
import { isAlive, SECRET, startCommand, withAda, within } from './command.ts'
import { whole } from './load.ts'
import { ADA } from './process.ts'

const BIN = fileURLToPath(new URL('../../bin/watchword.js', import.meta.url))

function folder(t: TestContext): {
  readonly path: string
  readonly database: string
  in(name: string): string
} {
  const path = mkdtempSync(join(tmpdir(), 'watchword-'))
  t.after(() => rmSync(path, { recursive: true, force: true }))
  return { path, database: join(path, 'watchword.db'), in: (name) => join(path, name) }
}

test('three workers share users and keys, and throttle together', async (t) => {
  const { database } = folder(t)
  await withAda(database)
  const server = await startCommand(t, {
    database,
    words: ['--port', '0', '--workers', '3'],
  })
  const wrong = (): Promise<number> =>
    askJson(server, '/api/token/', { ...ADA, password: 'wrong' }).then(
      ({ status }) => status,
    )

  // In pairs: more at once would fill the queues of hashes on a busy machine.
  const statuses: number[] = []
  while (statuses.length < 20) statuses.push(...(await Promise.all([wrong(), wrong()])))
  const keySets = await Promise.all(
    Array.from({ length: 9 }, () =>
      ask(server, '/.well-known/jwks.json', { method: 'GET' }).then(({ body }) => body),
    ),
  )

  assert.deepEqual([server.workers, server.workerIds().length], [3, 3])
  assert.deepEqual(statuses.sort(), [...Array(10).fill(401), ...Array(10).fill(429)])
  assert.equal(new Set(keySets).size, 1)
  assert.deepEqual(await server.stop().then(({ code }) => code), 0)
})

test('with one worker there is one process, which SIGHUP does not end', async (t) => {
  const { database } = folder(t)
  const server = await startCommand(t, { database, env: { WEB_CONCURRENCY: '1' } })

  assert.deepEqual([server.workers, server.workerIds()], [1, []])
  server.child.kill('SIGHUP')
  await server.untilLogged(
    'not reloaded: a single process cannot be replaced without a gap',
  )
  assert.equal((await ask(server, '/', { method: 'GET' })).status, 200)
  assert.equal((await server.stop('SIGINT')).code, 0)
})

test('Ctrl+C, which every process gets, does not cut a request in flight', async (t) => {
  const { database, path } = folder(t)
  await withAda(database)
  const child = spawn(
    process.execPath,
    [BIN, 'start', '--port', '0', '--workers', '2', '--json'],
    {
      cwd: path,
      env: { PATH: process.env.PATH ?? '', WATCHWORD_SECRET: SECRET },
      stdio: ['ignore', 'pipe', 'ignore'],
      detached: true,
    },
  )
  t.after(() => child.kill('SIGKILL'))
  const [line] = await once(child.stdout, 'data')
  const port = Number(new URL(JSON.parse(String(line)).url).port)
  const body = `username=${ADA.username}&password=${ADA.password}`
  const half = dial(port)
  half.write(
    `POST /api/token/ HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: ${body.length}\r\n\r\n${body.slice(0, 9)}`,
  )
  await sleep(300)

  process.kill(-child.pid!, 'SIGINT')
  await sleep(300)
  half.write(body.slice(9))

  assert.match(await untilClosed(half), /^HTTP\/1\.1 200 /)
  if (child.exitCode === null) await once(child, 'exit')
  assert.equal(child.exitCode, 0)
})

for (const wait of [100, 600, 1500, 2500]) {
  test(`SIGTERM ${wait} ms after the start leaves no process behind`, async (t) => {
    const { database, path } = folder(t)
    const child = spawn(
      process.execPath,
      [BIN, 'start', '--port', '0', '--workers', '3', '--database', database],
      {
        cwd: path,
        env: { PATH: process.env.PATH ?? '', WATCHWORD_SECRET: SECRET },
        stdio: ['ignore', 'ignore', 'pipe'],
        detached: true,
      },
    )
    t.after(() => child.kill('SIGKILL'))
    let err = ''
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      err += text
    })
    const ended = once(child, 'close')
    await sleep(wait)

    const { ms } = await timed(() => {
      child.kill('SIGTERM')
      return ended
    })

    assert.ok(
      child.exitCode === 0 || child.signalCode === 'SIGTERM',
      `${child.exitCode} ${child.signalCode} ${err}`,
    )
    assert.ok(ms < 10_000, `${ms} ms`)
    assert.doesNotMatch(err, /^\s+at /m)
    // All of its workers are in its process group.
    assert.ok(await within(2, () => !isAlive(-child.pid!)))
  })
}

test('a socket file is for owner and group only, replaces one of a crashed server, and is removed at the stop', async (t) => {
  const { database, path } = folder(t)
  const socket = join(path, 'socket')
  const words = ['--socket', socket, '--proxies', '1', '--workers', '2']
  const first = await startCommand(t, { database, words })
  assert.equal(first.url, `unix:${socket}`)
  assert.equal(lstatSync(socket).mode & 0o777, 0o660)
  assert.equal((await whole({ socketPath: socket, path: '/', agent: false })).how, '200')
  await assert.rejects(
    startCommand(t, { database, words }),
    /ended with 1: .*A server is already listening on .*socket/s,
  )
  assert.equal(
    (await whole({ socketPath: socket, path: '/', agent: false })).how,
    '200',
    'the first server still answers',
  )
  await first.stop('SIGKILL')
  assert.ok(existsSync(socket), 'SIGKILL leaves the file')

  const second = await startCommand(t, { database, words })

  assert.equal((await whole({ socketPath: socket, path: '/', agent: false })).how, '200')
  assert.equal((await second.stop()).code, 0)
  assert.ok(!existsSync(socket))
})

test('a file that is not a socket is not removed, and --socket needs --proxies', async (t) => {
  const { database, path } = folder(t)
  const file = join(path, 'notes.txt')
  writeFileSync(file, 'kept')

  await assert.rejects(
    startCommand(t, { database, words: ['--socket', file, '--proxies', '1'] }),
    /ended with 1: .*notes\.txt exists and is not a socket/s,
  )
  await assert.rejects(
    startCommand(t, { database, words: ['--socket', file] }),
    /ended with 2: .*needs --proxies/s,
  )
  await assert.rejects(
    startCommand(t, {
      database,
      words: ['--socket', file, '--proxies', '1', '--port', '80'],
    }),
    /ended with 2: .*cannot be combined with --host or --port/s,
  )
  assert.ok(existsSync(file))
})

test('on a socket file the client address comes from the proxy', async (t) => {
  const { database, path } = folder(t)
  await withAda(database)
  const socketPath = join(path, 'socket')
  await startCommand(t, {
    database,
    words: ['--socket', socketPath, '--proxies', '1', '--workers', '1'],
  })
  const guess = (address: string): Promise<string> =>
    whole(
      {
        socketPath,
        path: '/api/token/',
        method: 'POST',
        agent: false,
        headers: {
          'content-type': 'application/json',
          'x-forwarded-for': `203.0.113.${Math.random()}, ${address}`,
        },
      },
      JSON.stringify({ ...ADA, password: 'wrong' }),
    ).then(({ how }) => how)

  const guesses: string[] = []
  for (let i = 0; i < 11; i++) guesses.push(await guess('198.51.100.1'))

  assert.deepEqual(guesses, [...Array(10).fill('401'), '429'])
  assert.equal(await guess('198.51.100.2'), '401')
})

test('if the port is in use, one worker reports it and no other starts', async (t) => {
  const { database } = folder(t)
  const other = createServer().listen(0, '127.0.0.1')
  t.after(() => other.close())
  await once(other, 'listening')
  const { port } = other.address() as { port: number }

  const failed = startCommand(t, {
    database,
    words: ['--port', String(port), '--workers', '4'],
  })

  await assert.rejects(failed, ({ message }: Error) => {
    assert.match(
      message,
      /ended with 1: \{"error":"Port \d+ on 127\.0\.0\.1 is in use: [^\n]*"\}\n$/,
    )
    return true
  })
})

test('X-Forwarded-Proto, X-Forwarded-Host and Forwarded do not change the URL of the first page', async (t) => {
  const { database } = folder(t)
  const server = await startCommand(t, {
    database,
    words: ['--port', '0', '--workers', '1'],
  })
  const page = await new Promise<string>((resolve) => {
    const headers = {
      'x-forwarded-proto': 'https',
      'x-forwarded-host': 'evil.example',
      forwarded: 'host=evil.example',
    }
    request({ port: server.port, host: '127.0.0.1', path: '/', headers, agent: false })
      .on('response', async (response) =>
        resolve(Buffer.concat(await response.toArray()).toString()),
      )
      .end()
  })

  assert.doesNotMatch(page, /evil\.example|https:/)
  assert.match(page, new RegExp(`curl -s ${server.url}/`))
})
