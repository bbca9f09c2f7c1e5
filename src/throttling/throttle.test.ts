import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { UnixSeconds } from '../base/clock.ts'
import type { AuthRequest } from '../http/request.ts'
import { memoryHits } from './memory-hits.ts'
import { parseRate, type Rate } from './rate.ts'
import { anonThrottle, type Throttle, throttleAll, userThrottle } from './throttle.ts'

const NOON = 1_790_000_000
const request = {} as AuthRequest
const anonymous = { userId: undefined, address: '192.0.2.1' }
const alice = { userId: '1', address: '192.0.2.1' }
const staff = { userId: '3', address: '192.0.2.1' }

/** Throttles with a clock that the test sets. */
function setUp() {
  let now = NOON
  const kept = { hits: memoryHits(), clock: () => now as UnixSeconds }
  return {
    at: (t: number) => {
      now = NOON + t
    },
    anon: (rate: Rate, scope = 'anon') => anonThrottle(scope, parseRate(rate), kept),
    user: (rate: Rate, scope = 'user') => userThrottle(scope, parseRate(rate), kept),
    kept,
  }
}

const throttledFor = (seconds: number) => ({
  code: 'throttled',
  status: 429,
  detail: `Request was throttled. Expected available in ${seconds} second${seconds === 1 ? '' : 's'}.`,
  retryAfter: seconds,
})

test('H01: the third of two a minute waits until the first is a minute old', () => {
  const { at, anon } = setUp()
  const list = [anon('2/min')]
  throttleAll(list, anonymous, request)
  at(10)
  throttleAll(list, anonymous, request)

  at(20)

  assert.throws(() => throttleAll(list, anonymous, request), throttledFor(40))
})

test('H02: a rejected request is not counted, and a wait is rounded up', () => {
  const { at, anon } = setUp()
  const list = [anon('2/min')]
  throttleAll(list, anonymous, request)
  at(10)
  throttleAll(list, anonymous, request)

  at(59.2)
  assert.throws(() => throttleAll(list, anonymous, request), throttledFor(1))
  at(60)
  throttleAll(list, anonymous, request)
  at(60.5)
  assert.throws(() => throttleAll(list, anonymous, request), throttledFor(10))
})

test('H03: the anonymous throttle does not count authenticated users', () => {
  const { anon } = setUp()
  const list = [anon('2/min')]
  throttleAll(list, anonymous, request)
  throttleAll(list, anonymous, request)

  throttleAll(list, alice, request)

  assert.throws(() => throttleAll(list, anonymous, request), throttledFor(60))
})

test('H04: a user is counted across addresses', () => {
  const { at, user } = setUp()
  const list = [user('3/min')]
  for (const t of [0, 1, 2]) {
    at(t)
    throttleAll(list, { ...alice, address: `192.0.2.${t}` }, request)
  }

  at(3)

  assert.throws(() => throttleAll(list, alice, request), throttledFor(57))
})

test('H05: users are counted separately', () => {
  const { user } = setUp()
  const list = [user('3/min')]
  for (let i = 0; i < 3; i++) throttleAll(list, alice, request)

  throttleAll(list, staff, request)

  assert.throws(() => throttleAll(list, alice, request), throttledFor(60))
})

test('H06: every throttle counts every request, and the longest wait is returned', () => {
  const { at, user } = setUp()
  const list = [user('2/s', 'burst'), user('3/min', 'sustained')]
  throttleAll(list, anonymous, request)
  throttleAll(list, anonymous, request)
  assert.throws(() => throttleAll(list, anonymous, request), {
    ...throttledFor(1),
    message: 'throttled by burst',
  })

  at(0.5)

  assert.throws(() => throttleAll(list, anonymous, request), {
    ...throttledFor(60),
    message: 'throttled by burst, sustained',
  })
})

test('H07: a rate of 0/day rejects every request with a wait of a day', () => {
  const { anon } = setUp()

  assert.throws(
    () => throttleAll([anon('0/day')], anonymous, request),
    throttledFor(86_400),
  )
})

const waiting = (seconds: number | undefined): Throttle => ({
  scope: 'own',
  wait: () => ({ seconds }),
})

test('H08: an unknown wait sends no Retry-After', () => {
  assert.throws(() => throttleAll([waiting(undefined)], anonymous, request), {
    code: 'throttled',
    detail: 'Request was throttled.',
    retryAfter: undefined,
  })
})

test('a known wait is preferred to an unknown one', () => {
  assert.throws(
    () =>
      throttleAll(
        [waiting(undefined), waiting(2.1), waiting(undefined)],
        anonymous,
        request,
      ),
    throttledFor(3),
  )
})

test('a wait of 0 is not in the detail and sends no Retry-After', () => {
  assert.throws(() => throttleAll([waiting(0)], anonymous, request), {
    detail: 'Request was throttled. Expected available in 0 seconds.',
    retryAfter: undefined,
  })
})

test('H17: a rate of null counts nothing', () => {
  const { kept } = setUp()
  const list = [anonThrottle('anon', null, kept), userThrottle('user', null, kept)]

  for (let i = 0; i < 1000; i++)
    assert.equal(throttleAll(list, anonymous, request), undefined)
})

test('H18: without a throttle nothing is counted', () => {
  for (let i = 0; i < 1000; i++)
    assert.equal(throttleAll([], anonymous, request), undefined)
})

test('with hits in memory the result is no promise', () => {
  const { anon, user } = setUp()

  assert.equal(throttleAll([anon('5/min'), user('5/min')], anonymous, request), undefined)
})

test("an anonymous client cannot exhaust a user's limit by forging the user's id as its address", () => {
  const { user } = setUp()
  const list = [user('1/min')]
  throttleAll(list, { userId: undefined, address: alice.userId }, request)

  assert.equal(throttleAll(list, alice, request), undefined)
})

test('all addresses of a subscriber network are counted together', () => {
  const { anon } = setUp()
  const list = [anon('1/min')]
  throttleAll(list, { userId: undefined, address: '2001:db8::1' }, request)

  assert.throws(
    () => throttleAll(list, { userId: undefined, address: '2001:db8::2' }, request),
    throttledFor(60),
  )
})

test('scopes are counted separately', () => {
  const { user } = setUp()
  throttleAll([user('1/min', 'feed')], alice, request)

  assert.equal(throttleAll([user('1/min', 'upload')], alice, request), undefined)
})

test('an async custom throttle does not keep the others from counting', async () => {
  const { anon } = setUp()
  const slow: Throttle = { scope: 'slow', wait: async () => ({ seconds: 7 }) }
  const list = [slow, anon('1/min')]

  await assert.rejects(async () => throttleAll(list, anonymous, request), throttledFor(7))
  await assert.rejects(
    async () => throttleAll(list, anonymous, request),
    throttledFor(60),
  )
})

test('a throttle that throws rejects the request and leaves no rejection unhandled', async () => {
  const { anon } = setUp()
  const fault = new Error('broken')
  const throwing: Throttle = {
    scope: 'throwing',
    wait: () => {
      throw fault
    },
  }
  const rejecting: Throttle = {
    scope: 'rejecting',
    wait: () => Promise.reject(new Error('gone')),
  }
  const counting = anon('1/min')

  await assert.rejects(
    async () => throttleAll([throwing, rejecting, counting], anonymous, request),
    fault,
  )

  assert.throws(() => throttleAll([counting], anonymous, request), throttledFor(60))
})

test('a user whose id is an address is not counted with the clients of that address', () => {
  const { user } = setUp()
  const list = [user('1/min', 'uploads')]
  for (const address of ['198.51.100.7', '2001:db8:0:1::/64']) {
    throttleAll(list, { userId: address, address: '203.0.113.1' }, request)
    throttleAll(
      list,
      { userId: undefined, address: address.replace('/64', '9') },
      request,
    )
    assert.throws(
      () => throttleAll(list, { userId: address, address: '203.0.113.2' }, request),
      { code: 'throttled' },
    )
  }
})
