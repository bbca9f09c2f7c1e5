import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isPromise } from '../../../src/base/awaitable.ts'
import { AccountCache } from '../../../src/stores/account-cache.ts'
import { cachedUsers } from '../../../src/stores/postgres/cached-users.ts'
import type { Account } from '../../../src/users/user.ts'
import type { Users } from '../../../src/users/users.ts'
import { vitor } from '../../sessions/house.ts'

/** Users whose finding is answered by hand. */
function deps() {
  const answers: ((account: Account | undefined) => void)[] = []
  const find = () => new Promise<Account | undefined>((resolve) => answers.push(resolve))
  const accounts = new AccountCache()
  let isCurrent = true
  const users = cachedUsers({ find } as unknown as Users, accounts, () => isCurrent)
  const account: Account = {
    user: { ...vitor, roles: [], epoch: 0, lastLoginAt: undefined },
    hash: 'old',
  }
  const asks = (): boolean => isPromise(users.find('id', vitor.id))
  const setCurrent = (is: boolean): void => {
    isCurrent = is
  }
  return { users, accounts, answers, account, asks, setCurrent }
}

test('an account is asked for once and then given at once, by each of its names', async () => {
  const { users, answers, account, asks } = deps()
  const first = users.find('username', vitor.username)
  answers[0]!(account)
  assert.equal(await first, account)
  assert.equal(users.find('username', vitor.username), account)
  assert.equal(users.find('id', vitor.id), account)
  assert.equal(asks(), false)
})

test('what a read brings that began before a word about the user is given, and not kept', async () => {
  const { users, accounts, answers, account, asks } = deps()
  const reading = users.find('id', vitor.id)
  accounts.forget(vitor.id)
  answers[0]!(account)
  assert.equal(await reading, account)
  assert.equal(asks(), true)
})

test('what a read brings while nothing is heard is given, and not kept', async () => {
  const { users, answers, account, asks, setCurrent } = deps()
  const reading = users.find('id', vitor.id)
  setCurrent(false)
  answers[0]!(account)
  assert.equal(await reading, account)
  setCurrent(true)
  assert.equal(asks(), true)
})

test('nobody that is not there is remembered', async () => {
  const { users, answers, asks } = deps()
  const reading = users.find('id', vitor.id)
  answers[0]!(undefined)
  assert.equal(await reading, undefined)
  assert.equal(asks(), true)
})
