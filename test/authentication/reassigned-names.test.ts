import assert from 'node:assert/strict'
import { test } from 'node:test'
import { bearer, statelessBearer } from '../../src/authentication.ts'
import { type Claims, importSecret, sign } from '../../src/jwt/index.ts'
import { testInstance } from '../../src/testing/index.ts'

const SECRET = '9b1f6c0e5d7a48f3b2c4d6e8f0a1b3c5d7e9f1a3b5c7d9e1'
const KEY = importSecret('HS256', SECRET)

const claimsOf = (token: string): Claims =>
  JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString())

const bearing = (token: string): Request =>
  new Request('http://localhost/', { headers: { authorization: `Bearer ${token}` } })

const refreshWith = (refresh: string): Request =>
  new Request('http://localhost/api/token/refresh/', {
    method: 'POST',
    body: new URLSearchParams({ refresh }),
  })

function instanceBy(userIdField: 'username' | 'email', sessions = true) {
  return testInstance({
    authentication: [bearer()],
    tokens: {
      userIdField,
      sessions,
      algorithm: 'HS256',
      signingKey: SECRET,
      access: '1h',
    },
  })
}

/** As release 0.1.0 issued it, without the immutable id. */
function withoutId(token: string): string {
  const { ww_uid: uid, ...claims } = claimsOf(token)
  assert.equal(typeof uid, 'string')
  return sign(claims, KEY)
}

for (const field of ['username', 'email'] as const) {
  for (const sessions of [true, false]) {
    test(`with the ${field} as the user id claim${sessions ? '' : ', without sessions'}, tokens do not pass to the next user of the ${field}`, async () => {
      await using instance = instanceBy(field, sessions)
      const { auth } = instance
      const eve = { username: 'eve', email: 'eve@example.org' }
      const first = await auth.users.create(eve)
      const tokens = await auth.signIn(first)
      assert.equal((await auth.require(bearing(tokens.access))).user.id, first.id)

      await auth.users.change(first.id, { username: 'eva', email: 'eva@example.org' })
      const second = await auth.users.create(eve)

      await assert.rejects(auth.require(bearing(tokens.access)), (error: Error) => {
        assert.ok('status' in error && error.status === 401)
        return true
      })
      assert.equal((await auth.handler(refreshWith(tokens.refresh))).status, 401)
      const own = await auth.signIn(second)
      assert.equal((await auth.require(bearing(own.access))).user.id, second.id)
    })
  }

  test(`with the ${field} as the user id claim, a deleted user's tokens do not pass to the next user of the ${field}`, async () => {
    await using instance = instanceBy(field)
    const { auth } = instance
    const eve = { username: 'eve', email: 'eve@example.org' }
    const first = await auth.users.create(eve)
    const tokens = await auth.signIn(first)

    await auth.users.delete(first.id)
    await auth.users.create(eve)

    await assert.rejects(auth.require(bearing(tokens.access)))
    assert.equal((await auth.handler(refreshWith(tokens.refresh))).status, 401)
  })

  test(`with the ${field} as the user id claim, a token without the immutable id authenticates the user of its session only`, async () => {
    await using instance = instanceBy(field)
    const { auth } = instance
    const first = await auth.users.create({ username: 'eve', email: 'eve@example.org' })
    const second = await auth.users.create({ username: 'bob', email: 'bob@example.org' })
    const ofFirst = await auth.signIn(first)
    const ofSecond = await auth.signIn(second)

    const old = withoutId(ofFirst.access)
    assert.equal((await auth.require(bearing(old))).user.id, first.id)
    // The same claims, but in the session of the other: as after the name has passed to another user.
    const { ww_uid: _, ...claims } = claimsOf(ofFirst.access)
    const { sid } = claimsOf(ofSecond.access)
    const passed = sign({ ...claims, sid }, KEY)
    await assert.rejects(auth.require(bearing(passed)), { code: 'user_not_found' })

    const refreshed = await auth.handler(refreshWith(withoutId(ofFirst.refresh)))
    assert.equal(refreshed.status, 200)
    const { access } = (await refreshed.json()) as { access: string }
    assert.equal(claimsOf(access).ww_uid, first.id)
  })
}

test('a claim of another issuer that is called uid does not matter, and ww_uid cannot be the user id claim', async () => {
  await using instance = testInstance({
    authentication: [bearer()],
    tokens: {
      userIdField: 'email',
      userIdClaim: 'email',
      algorithm: 'HS256',
      signingKey: SECRET,
      adoptForeign: true,
    },
  })
  const { auth, clock } = instance
  await auth.users.create({ username: 'ada', email: 'ada@example.org' })
  const now = Math.floor(clock.now())
  const claims = {
    token_type: 'access',
    exp: now + 60,
    iat: now,
    jti: 'd'.repeat(32),
    email: 'ada@example.org',
    uid: 'ldap-1',
  }

  assert.equal((await auth.require(bearing(sign(claims, KEY)))).user.username, 'ada')
  for (const userIdField of ['username', 'email'] as const)
    assert.throws(
      () => testInstance({ tokens: { userIdField, userIdClaim: 'ww_uid' } }),
      { code: 'invalid_config' },
    )
})

test('with the id as the user id claim, tokens have no second id', async () => {
  await using instance = testInstance()
  const { auth } = instance
  const ada = await auth.users.create({ username: 'ada' })

  assert.equal('ww_uid' in claimsOf((await auth.signIn(ada)).access), false)
})

test('accounts that swap their emails again and again are never confused', async () => {
  await using instance = instanceBy('email')
  const { auth } = instance
  const users = [
    await auth.users.create({ username: 'a', email: 'a@example.org' }),
    await auth.users.create({ username: 'b', email: 'b@example.org' }),
  ]
  const issued: { readonly owner: string; readonly access: string }[] = []
  let seen = 0

  for (let round = 0; round < 6; round++) {
    for (const { id } of users)
      issued.push({ owner: id, access: (await auth.signIn(id)).access })
    for (const { owner, access } of issued) {
      const principal = await auth.authenticate(bearing(access)).catch(() => undefined)
      if (principal !== undefined) {
        assert.equal(principal.user.id, owner)
        seen += 1
      }
    }
    const [a = '', b = ''] = users.map(({ id }) => id)
    const [first, second] = round % 2 ? ['a', 'b'] : ['b', 'a']
    await auth.users.change(a, { email: 'between@example.org' })
    await auth.users.change(b, { email: `${second}@example.org` })
    await auth.users.change(a, { email: `${first}@example.org` })
  }
  // Those of the current round.
  assert.equal(seen, 12)
})

test('a token of another system identifies the user who was created with its id', async () => {
  await using instance = testInstance({
    authentication: [bearer()],
    tokens: { algorithm: 'HS256', signingKey: SECRET, adoptForeign: true },
  })
  const { auth, clock } = instance
  await auth.users.create({ id: '7', username: 'ada' })
  const now = Math.floor(clock.now())
  const claims = {
    token_type: 'access',
    exp: now + 60,
    iat: now,
    jti: 'c'.repeat(32),
    user_id: '7',
  }

  assert.equal((await auth.require(bearing(sign(claims, KEY)))).user.username, 'ada')
  await assert.rejects(auth.require(bearing(sign({ ...claims, user_id: '8' }, KEY))), {
    code: 'user_not_found',
  })
})

test('without a store, a stateless user has the name of the sign-in as id, and the id that never changes in the claims', async () => {
  await using app = testInstance({
    authentication: [statelessBearer()],
    tokens: { userIdField: 'email', sessions: false },
  })
  const first = await app.auth.users.create({ username: 'ada', email: 'ada@example.org' })
  const { access } = await app.auth.signIn(first)
  await app.auth.users.change(first.id, { email: 'other@example.org' })
  await app.auth.users.create({ username: 'eve', email: 'ada@example.org' })

  const { user } = await app.auth.require(bearing(access))

  assert.equal(user.id, 'ada@example.org')
  assert.equal(user.claims.ww_uid, first.id)
})
