import assert from 'node:assert/strict'
import { test } from 'node:test'
import { seconds, type UnixSeconds } from '../base/clock.ts'
import { claimFault, type Expectation } from './claims.ts'

const now = 1000 as UnixSeconds
const want: Expectation = {
  issuer: 'https://us',
  audiences: ['api', 'web'],
  leeway: seconds(5),
}
const sound = { iss: 'https://us', aud: 'api', iat: 990, exp: 1100, jti: 'x' }

for (const [name, claims, fault] of [
  ['valid claims', sound, undefined],
  ['no dates', { iss: sound.iss, aud: sound.aud }, undefined],
  ['an audience among several', { ...sound, aud: ['other', 'web'] }, undefined],
  ['dates with fractions', { ...sound, exp: 1000.5, iat: 999.5 }, undefined],
  ['exp past by less than the leeway', { ...sound, exp: 996 }, undefined],
  ['exp past by the leeway', { ...sound, exp: 995 }, 'expired'],
  ['iat in the future by the leeway', { ...sound, iat: 1005 }, undefined],
  ['iat in the future by more', { ...sound, iat: 1006 }, 'not_yet_valid'],
  ['nbf in the future by more', { ...sound, nbf: 1006 }, 'not_yet_valid'],
  ['a future iat before a past exp', { ...sound, iat: 1006, exp: 1 }, 'not_yet_valid'],
  ['a past exp before a wrong issuer', { ...sound, exp: 1, iss: 'x' }, 'expired'],
  ['exp as a string', { ...sound, exp: '1100' }, 'invalid_claim'],
  ['exp null', { ...sound, exp: null }, 'invalid_claim'],
  ['exp infinite', { ...sound, exp: Number.POSITIVE_INFINITY }, 'invalid_claim'],
  ['exp after the year 9999', { ...sound, exp: 253_402_300_800 }, 'invalid_claim'],
  ['iat negative', { ...sound, iat: -1 }, 'invalid_claim'],
  ['another issuer', { ...sound, iss: 'https://us/' }, 'wrong_issuer'],
  ['issuers in an array', { ...sound, iss: ['https://us'] }, 'wrong_issuer'],
  ['no audience', { ...sound, aud: undefined }, 'wrong_audience'],
  ['an empty array of audiences', { ...sound, aud: [] }, 'wrong_audience'],
  [
    'an audience that is not a string beside the expected one',
    { ...sound, aud: ['api', 5] },
    'wrong_audience',
  ],
  [
    'an audience that starts with the expected one',
    { ...sound, aud: 'api2' },
    'wrong_audience',
  ],
  ['jti a number', { ...sound, jti: 5 }, 'invalid_claim'],
  ['sub null', { ...sound, sub: null }, 'invalid_claim'],
] as const) {
  test(`claims: ${name}: ${fault ?? 'valid'}`, () =>
    assert.equal(claimFault(claims, want, now), fault))
}

test('issuer and audience are ignored unless they are expected', () => {
  const nothing: Expectation = {
    issuer: undefined,
    audiences: undefined,
    leeway: seconds(0),
  }
  assert.equal(claimFault({ iss: 5, aud: {} }, nothing, now), undefined)
})
