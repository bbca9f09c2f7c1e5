import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { statelessBearer } from '../../src/index.ts'
import { importSecret, sign } from '../../src/jwt/index.ts'
import {
  folder,
  instanceFor,
  PASSWORD,
  post,
  SECRET,
  signIn,
  stillClock,
} from './setup.ts'

const HS = { algorithm: 'HS256', signingKey: SECRET } as const

// Also after a restart with other options.
test('a spent refresh token stays spent after rotation is switched off', async (t) => {
  const { clock, pass } = stillClock()
  const database = join(folder(t), 'watchword.db')
  const before = instanceFor(t, { database, clock, tokens: HS })
  await before.users.create({ username: 'ann', password: PASSWORD })
  const { refresh } = await signIn(before)
  await post(before, '/api/token/refresh/', { refresh })
  pass(60)
  await before.close()
  const after = instanceFor(t, { database, clock, tokens: { ...HS, rotate: false } })
  assert.equal((await post(after, '/api/token/refresh/', { refresh })).status, 401)
})

// The user id claim is a string, or a safe integer.
for (const id of [null, '', {}, [], true, 1.5]) {
  test(`statelessBearer refuses the user id ${JSON.stringify(id)}`, async (t) => {
    const { clock, now } = stillClock()
    const auth = instanceFor(t, { database: 'sqlite::memory:', clock, tokens: HS })
    const claims = {
      token_type: 'access',
      exp: now() + 300,
      iat: now(),
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
test('blacklistAfterRotation: false logs a warning at the start', async (t) => {
  const levels: string[] = []
  const auth = instanceFor(t, {
    database: 'sqlite::memory:',
    log: ({ level }) => levels.push(level),
    tokens: { ...HS, blacklistAfterRotation: false },
  })
  await auth.migrate()
  assert.deepEqual(levels, ['warn'])
})
