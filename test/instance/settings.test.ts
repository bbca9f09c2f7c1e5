import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { SchemeDeps } from '../../src/authentication/scheme.ts'
import { bearer } from '../../src/index.ts'
import { importSecret, sign } from '../../src/jwt/index.ts'
import { parseSettings } from '../../src/settings/settings.ts'
import { testInstance } from '../../src/testing/index.ts'
import { PASSWORD, post, SECRET, signIn } from './setup.ts'

test('schemes cannot read the signing key', async () => {
  let seen: SchemeDeps | undefined
  await using app = testInstance({
    tokens: { algorithm: 'HS256', signingKey: SECRET },
    authentication: [
      (deps) => {
        seen = deps
        return bearer()(deps)
      },
    ],
  })
  await app.auth.authenticate(new Request('http://localhost/'))
  const passed = JSON.stringify(seen)
  assert.match(passed, /headerTypes/)
  assert.ok(!passed.includes(SECRET))
})

for (const name of ['constructor', 'toString']) {
  test(`an option called "${name}" is rejected by its name`, () => {
    assert.throws(() => parseSettings({ [name]: 1 }, {}), {
      message: `There is no option "${name}".`,
    })
  })
}

test('two endpoints cannot have one path', () => {
  assert.throws(
    () => parseSettings({ endpoints: { obtain: '/a', refresh: '/a/' } }, {}),
    { code: 'invalid_config' },
  )
})

test('a foreign token that was exchanged without blacklisting can be exchanged again', async () => {
  await using app = testInstance({
    tokens: {
      algorithm: 'HS256',
      signingKey: SECRET,
      adoptForeign: true,
      blacklistAfterRotation: false,
    },
  })
  const { auth, clock } = app
  const { id } = await auth.users.create({ username: 'ann' })
  const claims = {
    token_type: 'refresh',
    exp: clock.now() + 86_400,
    iat: clock.now(),
    jti: 'd'.repeat(32),
    user_id: id,
  }
  const first = await post(auth, '/api/token/refresh/', {
    refresh: sign(claims, importSecret('HS256', SECRET)),
  })
  assert.equal(first.status, 200)
  assert.equal(
    (await post(auth, '/api/token/refresh/', { refresh: first.body.refresh })).status,
    200,
  )
})

test('without sessions a changed password invalidates refresh tokens, or the configuration is rejected', async () => {
  await using app = testInstance({
    tokens: { algorithm: 'HS256', signingKey: SECRET, sessions: false },
  })
  const { auth, log } = app
  const { id } = await auth.users.create({ username: 'ann', password: PASSWORD })
  const { refresh } = await signIn(auth)
  await auth.users.setPassword(id, 'other-Word-9921-xq')
  const { status } = await post(auth, '/api/token/refresh/', { refresh })
  const warned = log.some(({ level }) => level === 'warn')
  assert.ok(status === 401 || warned, `status ${status}, no warning`)
})
