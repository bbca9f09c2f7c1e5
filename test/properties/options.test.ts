import assert from 'node:assert/strict'
import fc from 'fast-check'
import { apiToken } from '../../src/authentication.ts'
import { secondsOf } from '../../src/base/duration.ts'
import { AuthError } from '../../src/base/errors.ts'
import { hasScope } from '../../src/permissions/index.ts'
import { testInstance } from '../../src/testing/index.ts'
import { parseRate } from '../../src/throttling/rate.ts'
import { property } from './property.ts'

/** What options say is what an instance does, in every spelling. */
const UNITS = { s: 1, m: 60, h: 3600, d: 86_400 } as const

type Unit = keyof typeof UNITS

/** A duration in the largest unit that has no fraction, and in every smaller one. */
function spellingsOf(length: number): readonly (string | number)[] {
  const units = (Object.keys(UNITS) as Unit[]).filter(
    (unit) => length % UNITS[unit] === 0,
  )
  return [length, ...units.map((unit) => `${length / UNITS[unit]}${unit}`)]
}

const lengths = fc
  .tuple(fc.integer({ min: 1, max: 1000 }), fc.constantFrom(...Object.values(UNITS)))
  .map(([count, unit]) => count * unit)

property('a duration is the same length in every unit', [lengths], async (_, length) => {
  for (const spelling of spellingsOf(length))
    assert.equal(secondsOf(spelling), length, String(spelling))
})

property(
  'an access token lives for the duration of tokens.access, in every unit',
  [fc.integer({ min: 1, max: 24 }), fc.constantFrom(60, 3600)],
  async (_, count, unit) => {
    const access = count * unit
    for (const spelling of spellingsOf(access)) {
      await using app = testInstance({ tokens: { access: spelling as never } })
      const ada = await app.auth.users.create({ username: 'ada' })
      const { access: token } = await app.auth.signIn(ada)
      const [, payload = ''] = token.split('.')
      const { exp, iat } = JSON.parse(Buffer.from(payload, 'base64url').toString())
      assert.equal(exp - iat, access, String(spelling))
    }
  },
  6,
)

const almostDurations = fc.oneof(
  fc.string({ maxLength: 12 }),
  fc.stringMatching(/^[+-]?\d{0,14}(\.\d{0,8})? ?[smhdw]?s?$/),
)

property(
  'a text is a duration only if it is a number and a unit, and then its length is finite',
  [almostDurations],
  async (_, text) => {
    const length = secondsOf(text)
    assert.equal(length !== undefined, /^\d{1,12}(\.\d{1,6})?[smhd]$/.test(text), text)
    const [, amount, unit] = /^([\d.]+)(.)$/.exec(text) ?? []
    if (length !== undefined) assert.equal(length, Number(amount) * UNITS[unit as Unit])
  },
  200,
)

/** The names of a period, by its length. */
const PERIODS: Readonly<Record<number, readonly string[]>> = {
  1: ['s', 'sec', 'secs', 'second', 'seconds'],
  60: ['m', 'min', 'mins', 'minute', 'minutes'],
  3600: ['h', 'hr', 'hrs', 'hour', 'hours'],
  86400: ['d', 'day', 'days'],
}

property(
  'a rate is the same limit by every name of its period',
  [fc.integer({ min: 0, max: 999_999_999 }), fc.constantFrom(...Object.entries(PERIODS))],
  async (_, limit, [per, names]) => {
    for (const name of names)
      assert.deepEqual(parseRate(`${limit}/${name}`), { limit, per: Number(per) })
  },
)

const almostRates = fc.oneof(
  fc.string({ maxLength: 12 }),
  fc.stringMatching(/^[+-]?\d{0,11}\.?\d? ?[/:] ?[a-z]{0,4}$/),
  fc.constantFrom(
    '5/constructor',
    '5/toString',
    '5/MIN',
    '5/min/min',
    '5/month',
    '٥/min',
  ),
)

property(
  'a text that is no rate is an error that quotes it',
  [almostRates],
  async (_, text) => {
    const [limit, name = '', ...more] = text.split('/')
    const names = Object.values(PERIODS).flat()
    const isRate =
      /^[0-9]{1,9}$/.test(limit ?? '') && names.includes(name) && more.length === 0
    try {
      assert.equal(parseRate(text).limit, Number(limit))
      assert.ok(isRate, text)
    } catch (error) {
      if (!(error instanceof AuthError)) throw error
      assert.ok(!isRate && error.message.includes(JSON.stringify(text)), error.message)
    }
  },
  200,
)

property(
  'a rate admits as many requests as it says, and then one more after its period',
  [fc.integer({ min: 1, max: 9 }), fc.constantFrom(...Object.entries(PERIODS))],
  async (_, limit, [per, [name]]) => {
    await using app = testInstance({ throttle: { anon: `${limit}/${name}` as never } })
    const post = () =>
      app.auth.handler(
        new Request('http://localhost/api/token/verify/', {
          method: 'POST',
          body: new URLSearchParams({ token: 'x' }),
        }),
      )
    const throttled: boolean[] = []
    for (let n = 0; n <= limit; n++) throttled.push((await post()).status === 429)
    assert.deepEqual(throttled, [...Array<boolean>(limit).fill(false), true])
    app.clock.advance(Number(per) + 1)
    assert.notEqual((await post()).status, 429)
  },
  12,
)

/** RFC 6749 appendix A.4. */
const scopes = fc.stringMatching(/^[\x21\x23-\x5b\x5d-\x7e]{1,12}$/)

property(
  'an API token passes hasScope() for the scopes that it was given, and for no other',
  [fc.uniqueArray(scopes, { maxLength: 8 }), scopes],
  async (_, given, other) => {
    await using app = testInstance({ authentication: [apiToken()] })
    const ada = await app.auth.users.create({ username: 'ada' })
    const { token, record } = await app.auth.apiTokens.create(ada.id, { scopes: given })
    assert.deepEqual(record.scopes, given)
    const headers = { authorization: `Token ${token}` }
    const passes = async (scope: string): Promise<boolean> => {
      const request = new Request('http://localhost/', { headers })
      try {
        await app.auth.require(request, hasScope(scope))
        return true
      } catch (error) {
        assert.ok(error instanceof AuthError && error.code === 'permission_denied')
        return false
      }
    }
    for (const scope of given) assert.ok(await passes(scope), scope)
    const near = [
      other,
      ...given.flatMap((scope) => [`${scope}x`, scope.slice(1), scope.toUpperCase()]),
    ]
    for (const scope of near)
      assert.equal(await passes(scope), given.includes(scope), scope)
  },
  20,
)
