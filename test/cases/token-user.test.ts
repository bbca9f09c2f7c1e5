import assert from 'node:assert/strict'
import { test } from 'node:test'
import { tokenUser } from '../../src/authentication/token-user.ts'

/** The numbered cases of the user as a token describes it: a plain object; `claims` holds the rest. */
const SETTINGS = { userIdClaim: 'user_id' }

test('L07 a token user has id, username, staff and superuser from the claims, and the claims', () => {
  const claims = { user_id: '42', username: 'u', x: 1 }
  const user = tokenUser(claims, SETTINGS)

  const { id, username, staff, superuser, active } = user
  assert.deepEqual(
    [id, username, staff, superuser, active],
    ['42', 'u', false, false, true],
  )
  assert.equal(user.claims.x, 1)
  assert.equal(user.claims.missing, undefined)
})

test('L07 a username claim of another type is ignored', () => {
  assert.equal(tokenUser({ user_id: '42', username: 7 }, SETTINGS).username, '')
  assert.equal(tokenUser({ user_id: '42' }, SETTINGS).username, '')
})

test('L08 two token users with the same id are equal, and neither is a user of the store', () => {
  const [one, same, other] = ['1', '1', '2'].map((id, i) =>
    tokenUser({ user_id: id, jti: String(i) }, SETTINGS),
  )

  assert.equal(one!.id, same!.id)
  assert.notEqual(one!.id, other!.id)
  assert.ok('claims' in one!)
})

test('L09 a token user has no functions that change the store', () => {
  const user = tokenUser({ user_id: '1', save: 'x' }, SETTINGS)

  assert.deepEqual(
    Object.values(user).filter((value) => typeof value === 'function'),
    [],
  )
  assert.equal(Object.getPrototypeOf(user), Object.prototype)
  for (const verb of ['save', 'delete', 'setPassword', 'checkPassword'])
    assert.ok(!(verb in user), verb)
})

test('L10 a token user has no roles and no permissions, even if its claims say superuser', () => {
  const claims = {
    user_id: '1',
    is_superuser: true,
    roles: ['root'],
    groups: ['root'],
    permissions: ['*'],
  }
  const user = tokenUser(claims, SETTINGS)

  assert.deepEqual(Object.keys(user).sort(), [
    'active',
    'claims',
    'id',
    'staff',
    'superuser',
    'username',
  ])
})
