import assert from 'node:assert/strict'
import { test } from 'node:test'
import { acrOf, hasLevel } from './acr.ts'

for (const [amr, acr] of [
  [undefined, undefined],
  [[], undefined],
  [['pwd'], 'aal1'],
  [['link'], 'aal1'],
  [['own-method'], 'aal1'],
  [['swk'], 'aal1'],
  [['pwd', 'pin'], 'aal1'],
  [['otp', 'hwk'], 'aal1'],
  [['pwd', 'otp'], 'aal2'],
  [['link', 'otp'], 'aal2'],
  [['swk', 'user'], 'aal2'],
  [['own-method', 'mfa'], 'aal2'],
] as const)
  test(`a sign-in by ${amr?.join(' and ') ?? 'what is not known'} is ${acr}`, () => {
    assert.equal(acrOf(amr), acr)
    assert.equal(hasLevel(amr, 'aal1'), acr !== undefined)
    assert.equal(hasLevel(amr, 'aal2'), acr === 'aal2')
  })
