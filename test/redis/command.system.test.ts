import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { ask, askJson, signIn } from '../server/client.ts'
import { startCommand, withAda } from '../server/command.ts'
import { ADA } from '../server/process.ts'
import { aRedis } from '../services/redis.ts'

import { pause, until } from '../time.ts'

/** A database with one user, in a folder that is removed after the test. */
async function aDatabase(t: TestContext): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'watchword-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  const database = join(folder, 'watchword.db')
  await withAda(database)
  return database
}

test('two servers with two workers each share the count of wrong passwords and see each revocation within a second', async (t) => {
  const redis = await aRedis()
  if (typeof redis === 'string') return t.skip(redis)
  t.after(() => redis.stop())
  const database = await aDatabase(t)
  const words = ['--port', '0', '--workers', '2', '--redis', redis.url]
  const servers = [
    await startCommand(t, { database, words }),
    await startCommand(t, { database, words }),
  ]

  const guesses = await Promise.all(
    Array.from({ length: 40 }, (_, i) =>
      askJson(servers[i % 2]!, '/api/token/', { ...ADA, password: 'wrong' }),
    ),
  )
  const statuses = guesses.map(({ status }) => status)
  assert.deepEqual([...new Set(statuses)].sort(), [401, 429])
  assert.equal(statuses.filter((status) => status === 401).length, 10)
  // All four processes have announced themselves in Redis.
  assert.match(await redis.ask('ZCARD watchword:processes'), /^:4\r\n/)
  await redis.flush()

  const [one, two] = servers
  const { access, refresh } = await signIn(one!)
  const hello = () =>
    ask(two!, '/hello', { method: 'GET', headers: { Authorization: `Bearer ${access}` } })
  assert.equal((await hello()).status, 200)
  assert.equal((await askJson(one!, '/api/token/blacklist/', { refresh })).status, 200)
  await pause(1000)
  for (let i = 0; i < 8; i++) assert.equal((await hello()).status, 401)

  // A process that stops leaves the list, so the others' shares grow at once.
  await two!.stop()
  await until(async () =>
    (await redis.ask('ZCARD watchword:processes')).startsWith(':2\r\n'),
  )
  await one!.stop()
  assert.doesNotMatch(servers.map(({ output }) => output.err).join(''), /Redis/)
})

/** Makes the package ioredis look as if it were not installed. */
const WITHOUT_IOREDIS = `--import=data:text/javascript,${encodeURIComponent(`
  import { registerHooks } from 'node:module'
  registerHooks({
    resolve(name, context, next) {
      if (name !== 'ioredis') return next(name, context)
      throw Object.assign(new Error("Cannot find package 'ioredis'"), { code: 'ERR_MODULE_NOT_FOUND' })
    },
  })`)}`

for (const [what, url, execArgv, sentence] of [
  [
    'an invalid URL',
    'localhost:6379',
    [],
    /^redis \(WATCHWORD_REDIS\) must be an address such as/,
  ],
  [
    'ioredis not installed',
    'redis://localhost',
    [WITHOUT_IOREDIS],
    /"ioredis", which is not installed\. Type: npm install ioredis$/,
  ],
] as const) {
  test(`start fails with one sentence: ${what}`, async (t) => {
    const database = await aDatabase(t)
    const started = startCommand(t, {
      database,
      words: ['--port', '0', '--workers', '1'],
      env: { WATCHWORD_REDIS: url },
      execArgv,
    })

    await assert.rejects(started, ({ message }: Error) => {
      const { error } = JSON.parse(
        message.replace(/^watchword start ended with 1: /, ''),
      ) as { error: string }
      assert.match(error, sentence)
      return true
    })
  })
}
