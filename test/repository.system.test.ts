import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { test } from 'node:test'

test('no file of the repository is a symbolic link', (t) => {
  if (!existsSync('.git')) return t.skip('this is no clone')
  const listed = execFileSync('git', ['ls-files', '--stage'], { encoding: 'utf8' })
  const files = listed.split('\n')
  assert.ok(files.length > 1000)
  assert.deepEqual(
    files.filter((line) => line.startsWith('120000')),
    [],
  )
})
