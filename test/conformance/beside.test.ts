import assert from 'node:assert/strict'
import { test } from 'node:test'
import { knox } from '../../src/presets/index.ts'
import { buildWatchword } from '../build-watchword.ts'
import { cleanUp } from '../cleanup.ts'
import { NEEDED_BESIDE, NEEDED_OVER_OAUTH, withOthersBeside } from './beside.ts'

test('the presets that a conversation does not ask answer below prefixes of their own (UM-11)', async (t) => {
  const presets = withOthersBeside([knox()], true)
  const auth = buildWatchword({
    ...NEEDED_BESIDE,
    ...NEEDED_OVER_OAUTH,
    database: 'sqlite::memory:',
    presets,
  })
  cleanUp(t, () => auth.close())
  const asked = presets.flatMap(({ prefix, endpoints }) =>
    Object.values(endpoints)
      .slice(0, 1)
      .map((each) => `${prefix}${each.path}`.replaceAll(/:\w+/g, '1')),
  )
  const statuses = await Promise.all(
    asked.map(
      async (path) => (await auth.handler(new Request(`http://t${path}`))).status,
    ),
  )

  assert.deepEqual(
    presets.map(({ prefix }) => prefix),
    [
      '/knox',
      '/beside/djRestAuth',
      '/beside/djoser',
      '/beside/passwordless',
      '/beside/oauthToolkit',
      '/beside/socialOAuth2',
    ],
  )
  assert.ok(!statuses.includes(404), `${asked} ${statuses}`)
})
