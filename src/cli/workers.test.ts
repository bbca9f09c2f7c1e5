import assert from 'node:assert/strict'
import { availableParallelism } from 'node:os'
import { test } from 'node:test'
import type { CommandContext } from './context.ts'
import { hashesOf, workersOf } from './workers.ts'

const deps = (env: CommandContext['env']): CommandContext => ({
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
    assert.equal(workersOf({ workers: typed }, database, deps(env)), count)
  })
}

for (const [typed, env, database, sentence] of [
  ['0', {}, 'watchword.db', /^--workers must be a whole number from 1 to 256/],
  [
    undefined,
    { WATCHWORD_WORKERS: 'auto' },
    'watchword.db',
    /^WATCHWORD_WORKERS must be/,
  ],
  [undefined, { WEB_CONCURRENCY: '-1' }, 'watchword.db', /^WEB_CONCURRENCY must be/],
  [
    '2',
    {},
    'sqlite::memory:',
    /^A database in memory is seen by one process alone: leave --workers out/,
  ],
] as const) {
  test(`workers: ${typed} with ${JSON.stringify(env)} on ${database} is refused`, () => {
    assert.throws(() => workersOf({ workers: typed }, database, deps(env)), {
      message: sentence,
    })
  })
}

test('workers share the cores out for hashing passwords, one each at least', () => {
  assert.equal(hashesOf(1), cores)
  assert.equal(hashesOf(cores), 1)
  assert.equal(hashesOf(100 * cores), 1)
})
