import assert from 'node:assert/strict'
import { availableParallelism } from 'node:os'
import { test } from 'node:test'
import type { CommandContext } from '../command/context.ts'
import { workersOf } from './workers-option.ts'

const context = (env: CommandContext['env']): CommandContext => ({
  env,
  stdin: process.stdin,
  stdout: process.stdout,
  stderr: process.stderr,
})
const cores = availableParallelism()

for (const [typed, env, database, count] of [
  [undefined, {}, 'watchword.db', cores],
  ['3', { WATCHWORD_WORKERS: '4', WEB_CONCURRENCY: '5' }, 'watchword.db', 3],
  [undefined, { WATCHWORD_WORKERS: '4', WEB_CONCURRENCY: '5' }, 'watchword.db', 4],
  [undefined, { WATCHWORD_WORKERS: '', WEB_CONCURRENCY: '5' }, 'watchword.db', 5],
  [undefined, {}, 'sqlite::memory:', 1],
  ['1', {}, ':memory:', 1],
] as const) {
  test(`workers: ${typed} with ${JSON.stringify(env)} on ${database} is ${count}`, () => {
    assert.equal(workersOf({ workers: typed }, database, context(env)), count)
  })
}

for (const [typed, env, database, message] of [
  ['0', {}, 'watchword.db', /^--workers must be a whole number from 1 to 256/],
  [
    undefined,
    { WATCHWORD_WORKERS: 'auto' },
    'watchword.db',
    /^WATCHWORD_WORKERS must be/,
  ],
  [undefined, { WEB_CONCURRENCY: '-1' }, 'watchword.db', /^WEB_CONCURRENCY must be/],
  ['2', {}, 'sqlite::memory:', /^--workers must be 1 for a database in memory/],
] as const) {
  test(`workers: ${typed} with ${JSON.stringify(env)} on ${database} is rejected`, () => {
    assert.throws(() => workersOf({ workers: typed }, database, context(env)), {
      message,
    })
  })
}
