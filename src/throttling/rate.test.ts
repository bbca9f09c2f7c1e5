import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseRate, type Rate } from './rate.ts'

for (const [text, seconds] of [
  ['5/s', 1],
  ['5/sec', 1],
  ['5/m', 60],
  ['5/minute', 60],
  ['5/h', 3600],
  ['5/hr', 3600],
  ['5/d', 86_400],
  ['5/day', 86_400],
] as const) {
  test(`H15: ${text} is parsed as five in ${seconds} seconds`, () => {
    assert.deepEqual(parseRate(text), { limit: 5, per: seconds })
  })
}

for (const text of [
  '5/secs',
  '5/second',
  '5/seconds',
  '5/min',
  '5/mins',
  '5/minutes',
  '5/hrs',
  '5/hours',
  '5/days',
]) {
  test(`${text} is accepted`, () => assert.equal(parseRate(text).limit, 5))
}

for (const text of [
  '5/month',
  '5/fortnight',
  'five/min',
  '5',
  '',
  '/min',
  '5/',
  '-1/min',
  '5.5/min',
  '1e3/min',
  ' 5/min',
  '5/min ',
  '5 / min',
  '5/Min',
  '5/ms',
  '5/toString',
  '5/constructor',
  '5/min/min',
  '9999999999/s',
  '٥/min',
]) {
  test(`H16: ${JSON.stringify(text)} is rejected with what to write`, () => {
    assert.throws(() => parseRate(text), {
      code: 'invalid_config',
      message: /must be a number, "\/" and one of s, min, hour, day/,
    })
  })
}

test('a rate per month does not compile', () => {
  const rates: Rate[] = ['100/day', '5/min', '2/s']
  // @ts-expect-error Django REST framework takes it for five a minute
  rates.push('5/month')
  // @ts-expect-error a rate needs a period
  rates.push('5')
  // @ts-expect-error a rate needs a number
  rates.push('five/min')
  assert.equal(rates.length, 6)
})
