import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { statelessBearer } from '../../src/index.ts'
import { importSecret, sign } from '../../src/jwt/index.ts'
import { testClock } from '../../src/testing/clock.ts'
import { testInstance } from '../../src/testing/index.ts'
import { folder, instanceFor, PASSWORD, post, SECRET, signIn } from './setup.ts'

const HS = { algorithm: 'HS256', signingKey: SECRET } as const

// Also after a restart with other options.
test('a spent refresh token stays spent after rotation is switched off', async (t) => {
  const clock = testClock()
  const database = join(folder(t), 'watchword.db')
  const before = instanceFor(t, { database, clock: clock.now, tokens: HS })
  await before.users.create({ username: 'ann', password: PASSWORD })
  const { refresh } = await signIn(before)
  await post(before, '/api/token/refresh/', { refresh })
  clock.advance(60)
  await before.close()
  const after = instanceFor(t, {
    database,
    clock: clock.now,
    tokens: { ...HS, rotate: false },
  })
  assert.equal((await post(after, '/api/token/refresh/', { refresh })).status, 401)
})

// The user id claim is a string, or a safe integer.
for (const id of [null, '', {}, [], true, 1.5]) {
  test(`statelessBearer rejects the user id ${JSON.stringify(id)}`, async () => {
    await using app = testInstance({ tokens: HS })
    const { auth, clock } = app
    const claims = {
      token_type: 'access',
      exp: clock.now() + 300,
      iat: clock.now(),
      jti: 'x',
      user_id: id,
    }
    const headers = {
      authorization: `Bearer ${sign(claims, importSecret('HS256', SECRET))}`,
    }
    const asked = auth.authenticate(new Request('http://localhost/', { headers }), {
      schemes: [statelessBearer()],
    })
    await assert.rejects(asked, { status: 401 })
  })
}

// D6: without blacklistAfterRotation, spent refresh tokens work until they expire.
test('blacklistAfterRotation: false logs a warning at the start', async () => {
  await using app = testInstance({ tokens: { ...HS, blacklistAfterRotation: false } })
  await app.auth.migrate()
  assert.deepEqual(
    app.log.map(({ level }) => level),
    ['warn'],
  )
})
