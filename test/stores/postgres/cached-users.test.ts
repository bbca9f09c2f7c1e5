import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isPromise } from '../../../src/base/awaitable.ts'
import { AccountCache } from '../../../src/stores/account-cache.ts'
import { cachedUsers } from '../../../src/stores/postgres/cached-users.ts'
import type { Account } from '../../../src/users/user.ts'
import type { Users } from '../../../src/users/users.ts'
import { vitor } from '../../sessions/setup.ts'

/** A cache over a `find` that the test resolves. */
function setUp() {
  const answers: ((account: Account | undefined) => void)[] = []
  const find = () => new Promise<Account | undefined>((resolve) => answers.push(resolve))
  const accounts = new AccountCache()
  let isCurrent = true
  const users = cachedUsers({ find } as unknown as Users, accounts, () => isCurrent)
  const account: Account = {
    user: {
      ...vitor,
      emailVerifiedAt: undefined,
      phone: undefined,
      phoneVerifiedAt: undefined,
      roles: [],
      epoch: 0,
      lastLoginAt: undefined,
    },
    hash: 'old',
  }
  const isQueried = (): boolean => isPromise(users.find('id', vitor.id))
  const setCurrent = (is: boolean): void => {
    isCurrent = is
  }
  return { users, accounts, answers, account, isQueried, setCurrent }
}

test('an account that was queried once is cached under its id and its username', async () => {
  const { users, answers, account, isQueried } = setUp()
  const first = users.find('username', vitor.username)
  answers[0]!(account)
  assert.equal(await first, account)
  assert.equal(users.find('username', vitor.username), account)
  assert.equal(users.find('id', vitor.id), account)
  assert.equal(isQueried(), false)
})

test('an account that changes while it is read is returned, and not cached', async () => {
  const { users, accounts, answers, account, isQueried } = setUp()
  const reading = users.find('id', vitor.id)
  accounts.invalidate(vitor.id)
  answers[0]!(account)
  assert.equal(await reading, account)
  assert.equal(isQueried(), true)
})

test('an account that is read while notifications are lost is returned, and not cached', async () => {
  const { users, answers, account, isQueried, setCurrent } = setUp()
  const reading = users.find('id', vitor.id)
  setCurrent(false)
  answers[0]!(account)
  assert.equal(await reading, account)
  setCurrent(true)
  assert.equal(isQueried(), true)
})

test('an account that was read under a new name is not found by the old one', async () => {
  const { users, accounts, answers, account } = setUp()
  accounts.add(account)
  const reading = users.find('username', 'renamed')
  answers[0]!({ ...account, user: { ...account.user, username: 'renamed' } })
  await reading

  accounts.invalidate(vitor.id)

  assert.equal(isPromise(users.find('username', vitor.username)), true)
  assert.equal(isPromise(users.find('username', 'renamed')), true)
})

test('the version changes with each account that changes, and is undefined while notifications are lost', () => {
  const { users, accounts, setCurrent } = setUp()
  const before = users.version()
  assert.equal(users.version(), before)
  accounts.invalidate(vitor.id)
  assert.notEqual(users.version(), before)
  setCurrent(false)
  assert.equal(users.version(), undefined)
})

test('a missing account is not cached', async () => {
  const { users, answers, isQueried } = setUp()
  const reading = users.find('id', vitor.id)
  answers[0]!(undefined)
  assert.equal(await reading, undefined)
  assert.equal(isQueried(), true)
})
