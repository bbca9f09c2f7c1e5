import assert from 'node:assert/strict'
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { folder, instanceFor, post, SECRET } from './setup.ts'

const OPEN = '/proc/self/fd'

test('an instance that cannot be opened leaves no file or connection open, however often it is tried', {
  skip: !existsSync(OPEN) && 'open files are counted in /proc',
}, async (t) => {
  const database = join(folder(t), 'watchword.db')
  await instanceFor(t, { database, secret: SECRET }).migrate()
  const auth = instanceFor(t, { database, secret: [...SECRET].reverse().join('') })
  await post(auth, '/api/token/refresh/', { refresh: 'x' })
  const before = readdirSync(OPEN).length
  for (let i = 0; i < 25; i++) {
    assert.equal((await post(auth, '/api/token/refresh/', { refresh: 'x' })).status, 500)
  }
  const more = readdirSync(OPEN).length - before
  assert.ok(more < 5, `${more} files more are open after 25 requests`)
})
