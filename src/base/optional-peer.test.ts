import assert from 'node:assert/strict'
import { test } from 'node:test'
import { optionalPeer } from './optional-peer.ts'

test('a package that is installed is imported', async () => {
  const { default: pg } = await optionalPeer<typeof import('pg')>('pg', 'PostgreSQL')
  assert.equal(typeof pg.Client, 'function')
})

test('a package that is not installed is rejected with the command to type', async () => {
  await assert.rejects(optionalPeer('not-installed-here', 'The option "x"'), {
    code: 'invalid_config',
    message:
      'The option "x" needs the package "not-installed-here", which is not installed. Type: npm install not-installed-here',
  })
})

test('any other failure of an import is passed on', async () => {
  const broken = `data:text/javascript,import 'not-installed-here'`
  await assert.rejects(
    optionalPeer(broken, 'A test'),
    (error: Error) => error.name !== 'AuthError',
  )
})
