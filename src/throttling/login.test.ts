import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { UnixSeconds } from '../base/clock.ts'
import { AuthError } from '../base/errors.ts'
import {
  LOGIN_LIMIT,
  type LoginAttempt,
  loginThrottle,
  type SignedInUser,
} from './login.ts'
import { memoryHits } from './memory-hits.ts'

const NOON = 1_790_000_000

/** A login throttle, a right and a wrong password, and the number of password checks. */
function setUp(limit = LOGIN_LIMIT, hits = memoryHits()) {
  let now = NOON
  const keys = new Set<string>()
  const watched: typeof hits = {
    ...hits,
    hit: (key, ...rest) => hits.hit(keys.add(key) && key, ...rest),
  }
  const throttle = loginThrottle(limit, {
    hits: watched,
    clock: () => now as UnixSeconds,
  })
  let judged = 0
  const judge = async (answer: () => SignedInUser) => {
    judged += 1
    await new Promise((resolve) => setImmediate(resolve))
    return { user: answer() }
  }
  /** Users by name: other names are those of users with the same id. */
  const users = new Map<string, SignedInUser>()
  const userOf = (name: string) => users.get(name) ?? { id: name, joinedAt: NOON }
  const attemptOf = (account: string, address: string): LoginAttempt => ({
    account,
    address,
    findUser: () => userOf(account),
  })
  const refuse = (code: 'no_active_account' | 'busy') => () => {
    throw new AuthError(code)
  }
  return {
    later: (t: number) => {
      now = NOON + t
    },
    right: async (account: string, address: string) => {
      await throttle(attemptOf(account, address), () => judge(() => userOf(account)))
      return account
    },
    wrong: (account: string, address: string) =>
      throttle(attemptOf(account, address), () => judge(refuse('no_active_account'))),
    busy: (account: string, address: string) =>
      throttle(attemptOf(account, address), () => judge(refuse('busy'))),
    users,
    judged: () => judged,
    keys,
  }
}

const WRONG = { code: 'no_active_account' }
const throttledFor = (retryAfter: number) => ({ code: 'throttled', retryAfter })
const HERE = '192.0.2.1'
const address = (i: number): string => `198.51.${i >> 8}.${i & 255}`

test('after ten wrong passwords in a minute the right one is rejected unchecked', async () => {
  const { right, wrong, judged, later } = setUp()
  for (let i = 0; i < 10; i++) await assert.rejects(wrong('alice', HERE), WRONG)

  later(20)
  await assert.rejects(right('alice', HERE), throttledFor(40))
  assert.equal(judged(), 10)

  later(60)
  assert.equal(await right('alice', HERE), 'alice')
})

test('R3: of two hundred concurrent attempts ten are checked', async () => {
  const { wrong, judged } = setUp()

  const guesses = await Promise.allSettled(
    Array.from({ length: 200 }, () => wrong('alice', HERE)),
  )

  assert.equal(judged(), 10)
  const codes = guesses.map(
    (guess) => guess.status === 'rejected' && (guess.reason as AuthError).code,
  )
  assert.equal(codes.filter((code) => code === 'throttled').length, 190)
})

test('a client that sends the right password with every request is never throttled', async () => {
  const { right, judged } = setUp()

  for (let i = 0; i < 1000; i++) await right('alice', HERE)

  assert.equal(judged(), 1000)
})

test('a right password does not reset the count of wrong ones', async () => {
  const { right, wrong } = setUp()
  for (let i = 0; i < 9; i++) await assert.rejects(wrong('alice', HERE), WRONG)
  await right('alice', HERE)

  await assert.rejects(wrong('alice', HERE), WRONG)

  await assert.rejects(right('alice', HERE), throttledFor(60))
})

test('an attempt that was rejected as busy is not counted', async () => {
  const { right, busy } = setUp()

  for (let i = 0; i < 100; i++)
    await assert.rejects(busy('alice', HERE), { code: 'busy' })

  assert.equal(await right('alice', HERE), 'alice')
})

test('wrong passwords from one address do not lock an account for other addresses', async () => {
  const { right, wrong, judged, later } = setUp()
  for (let t = 0; t < 7200; t += 6) {
    later(t)
    await assert.rejects(wrong('alice', '203.0.113.7'))
  }

  assert.equal(judged(), 60)
  assert.equal(await right('alice', HERE), 'alice')
})

test('one address may try sixty passwords a minute over all accounts', async () => {
  const { wrong, right, judged } = setUp()
  for (let i = 0; i < 200; i++) await assert.rejects(wrong(`user${i}`, HERE))

  assert.equal(judged(), 60)
  await assert.rejects(right('bob', HERE), throttledFor(60))
  assert.equal(await right('bob', '203.0.113.7'), 'bob')
})

test('all addresses together may try two hundred passwords an hour on one account', async () => {
  const { wrong, judged } = setUp()

  for (let i = 0; i < 3000; i++) await assert.rejects(wrong('alice', address(i)))

  assert.equal(judged(), 200)
})

test('while an account is throttled, an address that signed in before still can', async () => {
  const { right, wrong } = setUp()
  await right('alice', HERE)
  for (let i = 0; i < 3000; i++) await assert.rejects(wrong('alice', address(i)))

  assert.equal(await right('alice', HERE), 'alice')
  await assert.rejects(right('alice', '203.0.113.7'), throttledFor(3600))
  assert.equal(await right('bob', '203.0.113.7'), 'bob')
})

test('an address that signed in in another process, or before a restart, still can for 30 days', async () => {
  const hits = memoryHits()
  await setUp(LOGIN_LIMIT, hits).right('alice', HERE)

  const { right, wrong, later } = setUp(LOGIN_LIMIT, hits)
  const flood = async () => {
    for (let i = 0; i < 200; i++) await assert.rejects(wrong('alice', address(i)), WRONG)
  }
  later(29 * 86_400)
  await flood()
  await assert.rejects(right('alice', '192.0.2.7'), { code: 'throttled' })
  assert.equal(await right('alice', HERE), 'alice')

  const after = setUp(LOGIN_LIMIT, hits)
  after.later(59 * 86_400)
  for (let i = 0; i < 200; i++)
    await assert.rejects(after.wrong('alice', address(i)), WRONG)
  await assert.rejects(after.right('alice', HERE), { code: 'throttled' })
})

test('an address stays known for 30 days after the last sign-in from there', async () => {
  const hits = memoryHits()
  const daily = setUp(LOGIN_LIMIT, hits)
  for (let day = 0; day <= 30; day++) {
    daily.later(day * 86_400)
    await daily.right('alice', HERE)
  }

  const other = setUp(LOGIN_LIMIT, hits)
  other.later(31 * 86_400)
  for (let i = 0; i < 200; i++)
    await assert.rejects(other.wrong('alice', address(i)), WRONG)
  assert.equal(await other.right('alice', HERE), 'alice')
})

test('an unknown address is never known', async () => {
  const marks: string[] = []
  const hits = memoryHits()
  const { right } = setUp(LOGIN_LIMIT, {
    ...hits,
    mark: (mark, ...rest) => {
      marks.push(mark)
      return hits.mark(mark, ...rest)
    },
  })

  await right('alice', '')
  assert.equal(marks.length, 0)
  await right('alice', HERE)
  assert.equal(marks.length, 1)
})

test('an attempt that could not be counted by one limit is counted by none', async () => {
  const hits = memoryHits()
  let isDown = true
  const failing: typeof hits = {
    ...hits,
    hit: (key, ...rest) => {
      if (isDown && key.startsWith('throttle_login_account'))
        throw new AuthError('store_unavailable')
      return hits.hit(key, ...rest)
    },
  }
  const { right } = setUp(LOGIN_LIMIT, failing)
  for (let i = 0; i < 12; i++)
    await assert.rejects(right('alice', HERE), { code: 'store_unavailable' })
  isDown = false

  assert.equal(await right('alice', HERE), 'alice')
})

test('while an address is throttled, an account that was signed in to from there still is', async () => {
  const hits = memoryHits()
  await setUp(LOGIN_LIMIT, hits).right('alice', HERE)

  const { right, wrong } = setUp(LOGIN_LIMIT, hits)
  for (let i = 0; i < 60; i++) await assert.rejects(wrong(`user${i}`, HERE), WRONG)

  await assert.rejects(right('bob', HERE), { code: 'throttled' })
  assert.equal(await right('alice', HERE), 'alice')
})

test('an address that signed in to one account is still counted for others', async () => {
  const { right, wrong } = setUp()
  await right('mallory', '203.0.113.7')
  for (let i = 0; i < 3000; i++) await assert.rejects(wrong('alice', address(i)))

  await assert.rejects(wrong('alice', '203.0.113.7'), { code: 'throttled' })
})

test('an address that signed in before is still counted by account and address', async () => {
  const { right, wrong, judged } = setUp()
  await right('alice', HERE)

  for (let i = 0; i < 100; i++) await assert.rejects(wrong('alice', HERE))

  assert.equal(judged(), 11)
})

test('an attempt that one limit rejects is not counted by the others', async () => {
  const { right, wrong } = setUp()
  // Far more than the limits by address and by account.
  for (let i = 0; i < 500; i++) await assert.rejects(wrong('alice', HERE))

  assert.equal(await right('bob', HERE), 'bob')
  assert.equal(await right('alice', '203.0.113.7'), 'alice')
})

test('a concurrent attempt that one limit rejects is not counted by the others', async () => {
  const { right, wrong } = setUp()
  const flood = Array.from({ length: 500 }, () =>
    assert.rejects(wrong('alice', '203.0.113.7')),
  )

  assert.equal(await right('alice', HERE), 'alice')

  await Promise.all(flood)
})

test('attempts rejected by the limit of an address do not count for their account', async () => {
  const { right, wrong, later } = setUp()
  for (let minute = 0; minute < 4; minute++) {
    later(60 * minute)
    for (let i = 0; i < 60; i++)
      await assert.rejects(wrong(`user${60 * minute + i}`, HERE), WRONG)
    for (let i = 0; i < 9; i++)
      await assert.rejects(right('bob', HERE), { code: 'throttled' })
  }

  later(240)

  assert.equal(await right('bob', HERE), 'bob')
})

test('all addresses of an IPv6 /64 are counted together', async () => {
  const { wrong, judged } = setUp()

  for (let i = 0; i < 50; i++) await assert.rejects(wrong('alice', `2001:db8::${i}`))

  assert.equal(judged(), 10)
})

test('keys are short and do not contain the login', async () => {
  const { wrong, keys } = setUp()

  await assert.rejects(wrong('correct horse battery staple', HERE), WRONG)
  await assert.rejects(wrong('x'.repeat(60_000), 'y'.repeat(60_000)), WRONG)

  assert.equal(keys.size, 8)
  for (const key of keys) {
    assert.ok(key.length < 150, key)
    assert.doesNotMatch(key, /horse/)
  }
})

test('without client addresses an account is throttled for a minute, not for the long period', async () => {
  const { right, wrong, later } = setUp()
  for (let minute = 0; minute < 5; minute++) {
    later(60 * minute)
    for (let i = 0; i < 10; i++) await assert.rejects(wrong('alice', ''), WRONG)
  }
  await assert.rejects(right('alice', ''), throttledFor(60))
  later(300)
  assert.equal(await right('alice', ''), 'alice')
})

test('without client addresses an account is never throttled for longer than a minute', async () => {
  const { right, wrong, later, judged } = setUp()
  for (let minute = 0; minute < 30; minute++) {
    later(60 * minute)
    for (let i = 0; i < 20; i++) await assert.rejects(wrong('alice', ''))
  }

  assert.equal(judged(), 300)
  await assert.rejects(right('alice', ''), throttledFor(60))
  later(60 * 30)
  assert.equal(await right('alice', ''), 'alice')
})

test('wrong passwords from many addresses do not lock an account for clients without one', async () => {
  const { right, wrong } = setUp()
  for (let i = 0; i < 200; i++) await assert.rejects(wrong('alice', address(i)), WRONG)

  await assert.rejects(right('alice', HERE), { code: 'throttled' })
  assert.equal(await right('alice', ''), 'alice')
})

test('without client addresses wrong passwords for one account do not throttle another', async () => {
  const { right, wrong, later } = setUp()
  for (let i = 0; i < 100; i++) {
    later(i)
    await assert.rejects(wrong(`account ${i}`, ''), WRONG)
  }
  assert.equal(await right('alice', ''), 'alice')
})

test('forty-two concurrent attempts with the right password are all let through', async () => {
  const { right, judged } = setUp()

  const names = await Promise.all(Array.from({ length: 42 }, () => right('alice', HERE)))

  assert.equal(names.length, 42)
  assert.equal(judged(), 42)
})

test('concurrent attempts that wait for right ones are limited by the wrong ones among them', async () => {
  const { right, wrong, judged } = setUp()
  const rights = Array.from({ length: 9 }, () => right('alice', HERE))
  const wrongs = await Promise.allSettled(
    Array.from({ length: 30 }, () => wrong('alice', HERE)),
  )
  await Promise.all(rights)

  const rejected = wrongs.map((each) => each.status === 'rejected' && each.reason.code)
  assert.equal(rejected.filter((code) => code === 'no_active_account').length, 10)
  assert.equal(judged(), 19)
})

for (const [what, change] of [
  ['another user who was renamed to the name', { id: 'another', joinedAt: NOON - 1000 }],
  ['a user who was created anew with the id', { id: 'alice', joinedAt: NOON + 1 }],
] as const) {
  test(`an address that is known for a user is not known for ${what}`, async () => {
    const hits = memoryHits()
    const { right, wrong, users } = setUp(LOGIN_LIMIT, hits)
    await right('alice', HERE)
    users.set('alice', change)
    for (let i = 0; i < 200; i++) await assert.rejects(wrong('alice', address(i)), WRONG)

    await assert.rejects(right('alice', HERE), { code: 'throttled' })
  })
}

test('an address stays known for a user who was renamed', async () => {
  const { right, wrong, users } = setUp()
  await right('alice', HERE)
  users.set('alicia', { id: 'alice', joinedAt: NOON })
  for (let i = 0; i < 200; i++) await assert.rejects(wrong('alicia', address(i)), WRONG)

  assert.equal(await right('alicia', HERE), 'alicia')
})

test('names that no user has cause the same reads and counts as known ones', async () => {
  const hits = memoryHits()
  let calls: string[] = []
  const called = <T>(name: string, result: T): T => {
    calls.push(name)
    return result
  }
  const counting: typeof hits = {
    ...hits,
    hit: (...args) => called('hit', hits.hit(...args)),
    isMarked: (...args) => called('isMarked', hits.isMarked(...args)),
  }
  const throttle = loginThrottle(LOGIN_LIMIT, {
    hits: counting,
    clock: () => NOON as UnixSeconds,
  })
  const callsFor = async (user: SignedInUser | undefined, account: string) => {
    calls = []
    for (let i = 0; i < 220; i++) {
      const attempt: LoginAttempt = {
        account,
        address: address(i),
        findUser: () => called('findUser', user),
      }
      const check = () => Promise.reject(new AuthError('no_active_account'))
      await assert.rejects(throttle(attempt, check))
    }
    return calls
  }

  const known = await callsFor({ id: '1', joinedAt: NOON }, 'alice')
  assert.deepEqual(await callsFor(undefined, 'nobody'), known)
  assert.ok(known.includes('isMarked'))
})

/** Hits that count how often each key is taken back. While `isDown`, that fails. */
function failingTakeBack() {
  const hits = memoryHits()
  const state = { isDown: false, takenBack: [] as string[] }
  const failing: typeof hits = {
    ...hits,
    takeBack: async (key, ...rest) => {
      state.takenBack.push(key)
      if (state.isDown) throw new AuthError('store_unavailable')
      return hits.takeBack(key, ...rest)
    },
  }
  return { state, hits: failing }
}

const UNAVAILABLE = { code: 'store_unavailable' }

test('an attempt with the right password is taken back once, also if that fails', async () => {
  const { state, hits } = failingTakeBack()
  const { right } = setUp(LOGIN_LIMIT, hits)
  state.isDown = true

  await assert.rejects(right('alice', HERE), UNAVAILABLE)

  assert.equal(state.takenBack.length, 4)
  assert.equal(new Set(state.takenBack).size, 4)
})

test('an attempt that a limit rejects is taken back once, also if that fails', async () => {
  const { state, hits } = failingTakeBack()
  const { right, wrong } = setUp(LOGIN_LIMIT, hits)
  for (let i = 0; i < 60; i++) await assert.rejects(wrong(`user${i}`, HERE), WRONG)
  state.isDown = true

  await assert.rejects(right('bob', HERE), UNAVAILABLE)

  assert.equal(state.takenBack.length, 2)
  assert.equal(new Set(state.takenBack).size, 2)
})

test('a failed take-back drops no place of another attempt that is being checked', async () => {
  const { state, hits } = failingTakeBack()
  const throttle = loginThrottle(
    { ...LOGIN_LIMIT, limit: 2 },
    { hits, clock: () => NOON as UnixSeconds },
  )
  const user = { id: 'alice', joinedAt: NOON }
  const start = () => {
    const { promise, resolve } = Promise.withResolvers<void>()
    const attempt = { account: 'alice', address: HERE, findUser: () => user }
    const done = throttle(attempt, () => promise.then(() => ({ user })))
    return { finish: resolve, done }
  }
  const turn = () => new Promise((resolve) => setImmediate(resolve))
  const first = start()
  const second = start()
  await turn()
  const third = start()
  await turn()

  state.isDown = true
  first.finish()
  third.finish()
  await assert.rejects(first.done, UNAVAILABLE)
  await turn()
  state.isDown = false
  second.finish()

  assert.deepEqual(await Promise.all([second.done, third.done]), [{ user }, { user }])
})
