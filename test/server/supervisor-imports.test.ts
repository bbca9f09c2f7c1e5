import assert from 'node:assert/strict'
import { sep } from 'node:path'
import { test } from 'node:test'
import { loadedBy } from '../static-imports.ts'

/** The modules of `watchword start` in the process of the supervisor. */
const ENTRIES = [
  'src/cli/main.ts',
  'src/cli/start-command.ts',
  'src/server/cluster/supervisor.ts',
]

test('the supervisor loads no package and nothing of the instance', () => {
  const loaded = [...loadedBy(ENTRIES)].filter((module) => !module.startsWith('node:'))

  const folders = new Set(loaded.map((module) => module.split(sep).slice(0, 2).join('/')))
  assert.deepEqual([...folders].sort(), [
    // The version.
    'package.json',
    'src/base',
    'src/cli',
    'src/command',
    // Options of `start`, and nothing else of a feature.
    'src/features',
    // How many passwords are hashed at once.
    'src/passwords',
    'src/server',
  ])
  const others = loaded.filter((module) => /^src\/(features|passwords)/.test(module))
  for (const module of others)
    assert.match(module, /\/(start-options|passwords\/concurrency)\.ts$/)
  assert.ok(loaded.length < 60, `${loaded.length} modules: ${loaded.join(', ')}`)
})

test('the check above sees what a worker loads', () => {
  assert.ok(loadedBy(['src/watchword.ts']).has('kysely'))
})
