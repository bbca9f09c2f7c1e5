import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { SECRET, startCommand, within } from './command.ts'

const BIN = fileURLToPath(new URL('../../bin/watchword.js', import.meta.url))

function folder(t: TestContext): string {
  const path = mkdtempSync(join(tmpdir(), 'watchword-'))
  t.after(() => rmSync(path, { recursive: true, force: true }))
  return path
}

/** At SIGUSR2, a process writes the modules of Node.js that it has loaded into a file named after its id. */
const REPORTER = `
  const { renameSync, writeFileSync } = process.getBuiltinModule('node:fs')
  process.on('SIGUSR2', () => {
    const file = __dirname + '/' + process.pid
    writeFileSync(file + '.part', JSON.stringify(process.moduleLoadList))
    renameSync(file + '.part', file)
  })`

for (const workers of [1, 2]) {
  test(`a start with --workers ${workers} loads no fetch classes (25 ms, 6 MiB) into the serving processes`, async (t) => {
    const path = folder(t)
    const reporter = join(path, 'reporter.cjs')
    writeFileSync(reporter, REPORTER)
    const { child, workerIds } = await startCommand(t, {
      database: join(path, 'watchword.db'),
      words: ['--port', '0', '--workers', `${workers}`],
      env: { WATCHWORD_ORIGINS: 'https://app.example.com' },
      execArgv: ['--require', reporter],
    })
    const serving = workers === 1 ? [child.pid!] : workerIds()

    for (const pid of serving) process.kill(pid, 'SIGUSR2')
    const files = serving.map((pid) => join(path, `${pid}`))
    assert.ok(await within(20, () => files.every(existsSync)), 'all have reported')

    assert.equal(files.length, workers)
    for (const file of files) {
      const modules = JSON.parse(readFileSync(file, 'utf8')) as readonly string[]
      assert.ok(modules.some((name) => name.endsWith(' http')))
      assert.deepEqual(
        modules.filter((name) => name.includes('undici')),
        [],
      )
    }
  })
}

test('a worker whose supervisor is of another version reads the command line itself', async (t) => {
  const database = join(folder(t), 'watchword.db')
  const args = ['start', '--port', '0', '--workers', '2', '--database', database]
  const supervisor = `
    const cluster = require('node:cluster')
    cluster.schedulingPolicy = cluster.SCHED_NONE
    cluster.setupPrimary(${JSON.stringify({ exec: BIN, args, execArgv: [] })})
    const worker = cluster.fork({ WATCHWORD_PLAN: '{"version":"0.0.1","plan":{}}' })
    worker.on('exit', (code) => console.log(code))
    worker.on('message', (message) => {
      console.log(JSON.stringify(message))
      worker.process.kill('SIGTERM')
    })`
  const child = spawn(process.execPath, ['--eval', supervisor], {
    env: { PATH: process.env.PATH ?? '', WATCHWORD_SECRET: SECRET },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  t.after(() => child.kill('SIGKILL'))
  const [out] = await Promise.all([child.stdout.toArray(), once(child, 'exit')])
  const [ready = '', code] = out.join('').trim().split('\n')

  assert.match(
    ready,
    /^\{"kind":"ready","url":"http:\/\/127\.0\.0\.1:\d+","users":0,"notes":\[\]\}$/,
  )
  assert.equal(code, '0')
})
