import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { UnixSeconds } from '../base/clock.ts'
import type { AuthRequest } from '../http/request.ts'
import { memoryHits } from './memory-hits.ts'
import { parseRate, type Rate } from './rate.ts'
import { anonThrottle, type Throttle, throttleAll, userThrottle } from './throttle.ts'

const NOON = 1_790_000_000
const request = {} as AuthRequest
const stranger = { userId: undefined, address: '192.0.2.1' }
const alice = { userId: '1', address: '192.0.2.1' }
const staff = { userId: '3', address: '192.0.2.1' }

/** Throttles on a clock that stands still until it is set. */
function deps() {
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
  const { at, anon } = deps()
  const list = [anon('2/min')]
  throttleAll(list, stranger, request)
  at(10)
  throttleAll(list, stranger, request)

  at(20)

  assert.throws(() => throttleAll(list, stranger, request), throttledFor(40))
})

test('H02: a refused request is not counted, and a wait is rounded up', () => {
  const { at, anon } = deps()
  const list = [anon('2/min')]
  throttleAll(list, stranger, request)
  at(10)
  throttleAll(list, stranger, request)

  at(59.2)
  assert.throws(() => throttleAll(list, stranger, request), throttledFor(1))
  at(60)
  throttleAll(list, stranger, request)
  at(60.5)
  assert.throws(() => throttleAll(list, stranger, request), throttledFor(10))
})

test('H03: who has signed in is not counted as anonymous', () => {
  const { anon } = deps()
  const list = [anon('2/min')]
  throttleAll(list, stranger, request)
  throttleAll(list, stranger, request)

  throttleAll(list, alice, request)

  assert.throws(() => throttleAll(list, stranger, request), throttledFor(60))
})

test('H04: users are counted wherever they are', () => {
  const { at, user } = deps()
  const list = [user('3/min')]
  for (const t of [0, 1, 2]) {
    at(t)
    throttleAll(list, { ...alice, address: `192.0.2.${t}` }, request)
  }

  at(3)

  assert.throws(() => throttleAll(list, alice, request), throttledFor(57))
})

test('H05: users are counted each for themselves', () => {
  const { user } = deps()
  const list = [user('3/min')]
  for (let i = 0; i < 3; i++) throttleAll(list, alice, request)

  throttleAll(list, staff, request)

  assert.throws(() => throttleAll(list, alice, request), throttledFor(60))
})

test('H06: every throttle sees every request, and the longest wait wins', () => {
  const { at, user } = deps()
  const list = [user('2/s', 'burst'), user('3/min', 'sustained')]
  throttleAll(list, stranger, request)
  throttleAll(list, stranger, request)
  assert.throws(() => throttleAll(list, stranger, request), {
    ...throttledFor(1),
    message: 'throttled by burst',
  })

  at(0.5)

  assert.throws(() => throttleAll(list, stranger, request), {
    ...throttledFor(60),
    message: 'throttled by burst, sustained',
  })
})

test('H07: a rate of none a day lets nobody in, and says to wait for a day', () => {
  const { anon } = deps()

  assert.throws(
    () => throttleAll([anon('0/day')], stranger, request),
    throttledFor(86_400),
  )
})

const waiting = (seconds: number | undefined): Throttle => ({
  scope: 'own',
  wait: () => ({ seconds }),
})

test('H08: who does not know how long does not say', () => {
  assert.throws(() => throttleAll([waiting(undefined)], stranger, request), {
    code: 'throttled',
    detail: 'Request was throttled.',
    retryAfter: undefined,
  })
})

test('a wait that is known wins over one that is not', () => {
  assert.throws(
    () =>
      throttleAll(
        [waiting(undefined), waiting(2.1), waiting(undefined)],
        stranger,
        request,
      ),
    throttledFor(3),
  )
})

test('no wait is told, and no Retry-After is sent', () => {
  assert.throws(() => throttleAll([waiting(0)], stranger, request), {
    detail: 'Request was throttled. Expected available in 0 seconds.',
    retryAfter: undefined,
  })
})

test('H17: a rate of null counts nothing', () => {
  const { kept } = deps()
  const list = [anonThrottle('anon', null, kept), userThrottle('user', null, kept)]

  for (let i = 0; i < 1000; i++) throttleAll(list, stranger, request)
})

test('H18: without a throttle nothing is counted', () => {
  for (let i = 0; i < 1000; i++)
    assert.equal(throttleAll([], stranger, request), undefined)
})

test('where the hits are in memory nothing is waited for', () => {
  const { anon, user } = deps()

  assert.equal(throttleAll([anon('5/min'), user('5/min')], stranger, request), undefined)
})

test('an anonymous client cannot use up the count of a user by giving his id for an address', () => {
  const { user } = deps()
  const list = [user('1/min')]
  throttleAll(list, { userId: undefined, address: alice.userId }, request)

  throttleAll(list, alice, request)
})

test('one subscriber is counted as one, whichever of the addresses of his network he takes', () => {
  const { anon } = deps()
  const list = [anon('1/min')]
  throttleAll(list, { userId: undefined, address: '2001:db8::1' }, request)

  assert.throws(
    () => throttleAll(list, { userId: undefined, address: '2001:db8::2' }, request),
    throttledFor(60),
  )
})

test('scopes are counted apart', () => {
  const { user } = deps()
  throttleAll([user('1/min', 'feed')], alice, request)

  throttleAll([user('1/min', 'upload')], alice, request)
})

test('a throttle of its own may take its time, and those beside it have counted all the same', async () => {
  const { anon } = deps()
  const slow: Throttle = { scope: 'slow', wait: async () => ({ seconds: 7 }) }
  const list = [slow, anon('1/min')]

  await assert.rejects(async () => throttleAll(list, stranger, request), throttledFor(7))
  await assert.rejects(async () => throttleAll(list, stranger, request), throttledFor(60))
})

test('a throttle that fails refuses, and leaves no promise of another behind', async () => {
  const { anon } = deps()
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
    async () => throttleAll([throwing, rejecting, counting], stranger, request),
    fault,
  )

  assert.throws(() => throttleAll([counting], stranger, request), throttledFor(60))
})
