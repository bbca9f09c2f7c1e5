import assert from 'node:assert/strict'
import { test } from 'node:test'
import { firstMisfit, type Operation } from './history.ts'
import { type Family, operations, type Refreshed, type Span, UNOPENED } from './model.ts'

const { signedIn, refreshed, ended, endedAll, activated, deactivated } = operations({
  overlap: 10,
  lostAnswer: 60,
})

const token = (generation: number, jti = `jti ${generation}`) => ({ generation, jti })
const pair = (generation: number, jti?: string): Refreshed => ({
  kind: 'pair',
  token: token(generation, jti),
})
const during = (began: number, until: number): Span => ({ began, ended: until })
const opened = signedIn(during(0, 1), token(0))
const REVOKED: Refreshed = { kind: 'revoked' }
const NO_ACCOUNT: Refreshed = { kind: 'no-account' }
const LATE = during(20_000, 20_001)

/** A name, the operations after the sign-in, and whether they are possible. Times are in milliseconds; the overlap is 10,000, the limit of lost answers 60,000. */
const CASES: readonly (readonly [
  string,
  readonly (Operation<Family> | readonly Operation<Family>[])[],
  boolean,
])[] = [
  ['a refresh', [refreshed(during(2, 3), token(0), pair(1))], true],
  [
    'two refreshes of one token, one after the other',
    twice(pair(1), pair(1), during(4, 5)),
    true,
  ],
  ['two refreshes of one token at once', twice(pair(1), pair(1), during(2, 3)), true],
  [
    'two successors of one token at once',
    twice(pair(1), pair(1, 'another'), during(2, 3)),
    false,
  ],
  [
    'two successors of one token',
    twice(pair(1), pair(1, 'another'), during(4, 5)),
    false,
  ],
  [
    'a successor that skips a generation',
    [refreshed(during(2, 3), token(0), pair(2))],
    false,
  ],
  [
    'a successor that is the same token',
    [refreshed(during(2, 3), token(0), pair(0))],
    false,
  ],
  ['a repetition long after', twice(pair(1), pair(1), during(20_000, 20_001)), false],
  ['a reuse long after', twice(pair(1), REVOKED, during(70_000, 70_001)), true],
  ['a lost answer reported as reuse', twice(pair(1), REVOKED, LATE), false],
  ['a lost answer', lost(pair(2)), true],
  ['a lost answer that skips a generation', lost(pair(3)), false],
  ['a lost answer with the jti of the unused successor', lost(pair(2, 'jti 1')), false],
  ['a lost answer within the overlap', twice(pair(1), pair(2), during(4, 5)), false],
  ['a lost answer long after', twice(pair(1), pair(2), during(70_000, 70_001)), false],
  [
    'a lost answer whose successor was presented',
    [...refreshedTwice(), refreshed(LATE, token(0), pair(3))],
    false,
  ],
  [
    'a repetition of a lost answer',
    [...lost(pair(2)), refreshed(during(20_002, 20_003), token(0), pair(2))],
    true,
  ],
  [
    'an unused successor that is accepted',
    [...lost(pair(2)), refreshed(during(20_002, 20_003), token(1), pair(2))],
    false,
  ],
  [
    'an unused successor that is reuse',
    [...lost(pair(2)), refreshed(during(20_002, 20_003), token(1), REVOKED)],
    true,
  ],
  [
    'a late token and its successor at once that both go on',
    [...lost(pair(2)), refreshed(LATE, token(1), pair(2, 'another'))],
    false,
  ],
  [
    'a late token and its successor at once, of which the late one goes on',
    [...lost(pair(2)), refreshed(LATE, token(1), REVOKED)],
    true,
  ],
  [
    'a late token and its successor at once, of which the successor goes on',
    [...twice(pair(1), REVOKED, LATE), refreshed(LATE, token(1), pair(2))],
    true,
  ],
  [
    'a second lost answer of one token within the limit',
    [...lost(pair(2)), refreshed(during(50_000, 50_001), token(0), pair(3))],
    true,
  ],
  [
    'a second lost answer of one token, within the limit of the first alone',
    [...lost(pair(2)), refreshed(during(70_000, 70_001), token(0), pair(3))],
    false,
  ],
  [
    'a second lost answer after the limit, reported as reuse',
    [...lost(pair(2)), refreshed(during(70_000, 70_001), token(0), REVOKED)],
    true,
  ],
  ['a reuse reported within the overlap', twice(pair(1), REVOKED, during(4, 5)), false],
  [
    'the end of the overlap, either way: a repetition',
    twice(pair(1), pair(1), during(10_002, 10_003)),
    true,
  ],
  [
    'the end of the overlap, either way: a lost answer',
    twice(pair(1), pair(2), during(10_002, 10_003)),
    true,
  ],
  [
    'the end of the limit, either way: a lost answer',
    twice(pair(1), pair(2), during(60_002, 60_003)),
    true,
  ],
  [
    'the end of the limit, either way: a reuse',
    twice(pair(1), REVOKED, during(60_002, 60_003)),
    true,
  ],
  [
    'an old token that is accepted',
    [...refreshedTwice(), refreshed(during(6, 7), token(0), pair(2))],
    false,
  ],
  [
    'an old token that is rejected',
    [...refreshedTwice(), refreshed(during(6, 7), token(0), REVOKED)],
    true,
  ],
  [
    'a refresh after a detected reuse',
    [...reused(), refreshed(during(8, 9), token(2), pair(3))],
    false,
  ],
  [
    'a rejection after a detected reuse',
    [...reused(), refreshed(during(8, 9), token(2), REVOKED)],
    true,
  ],
  [
    'a refresh concurrent with a detected reuse',
    [...reused(), refreshed(during(6, 9), token(2), pair(3))],
    true,
  ],
  ['a rejection of a valid session', [refreshed(during(2, 3), token(0), REVOKED)], false],
  [
    'a refresh after the revocation',
    [ended(during(2, 3), true), refreshed(during(4, 5), token(0), pair(1))],
    false,
  ],
  [
    'a refresh concurrent with the revocation',
    [ended(during(2, 5), true), refreshed(during(3, 4), token(0), pair(1))],
    true,
  ],
  [
    'a rejection concurrent with the revocation',
    [ended(during(2, 5), true), refreshed(during(3, 4), token(0), REVOKED)],
    true,
  ],
  [
    'a rejection before the revocation',
    [refreshed(during(2, 3), token(0), REVOKED), ended(during(4, 5), true)],
    false,
  ],
  [
    'two revocations that both took effect',
    [ended(during(2, 5), true), ended(during(3, 4), true)],
    false,
  ],
  [
    'two revocations of which one took effect',
    [ended(during(2, 5), true), ended(during(3, 4), false)],
    true,
  ],
  ['a revocation without a cause', [ended(during(2, 3), false)], false],
  [
    'a refresh after the revocation of all',
    [endedAll(during(2, 3)), refreshed(during(4, 5), token(0), pair(1))],
    false,
  ],
  [
    'a deactivated user',
    [deactivated(during(2, 3)), refreshed(during(4, 5), token(0), NO_ACCOUNT)],
    true,
  ],
  [
    'a deactivated user who refreshes',
    [deactivated(during(2, 3)), refreshed(during(4, 5), token(0), pair(1))],
    false,
  ],
  [
    'an active user reported as deactivated',
    [refreshed(during(4, 5), token(0), NO_ACCOUNT)],
    false,
  ],
  [
    'a reactivated user',
    [...reactivated(), refreshed(during(6, 7), token(0), NO_ACCOUNT)],
    true,
  ],
  [
    'a reactivated user who refreshes',
    [...reactivated(), refreshed(during(6, 7), token(0), pair(1))],
    false,
  ],
  [
    'a sign-out of a deactivated user',
    [...reactivated(), ended(during(6, 7), true)],
    true,
  ],
  [
    'an unexpected answer',
    [refreshed(during(2, 3), token(0), { kind: 'other', status: 500, body: '' })],
    false,
  ],
]

for (const [name, history, isPossible] of CASES) {
  test(`a history with ${name} is ${isPossible ? 'possible' : 'impossible'}`, () => {
    const misfit = firstMisfit([opened, ...history.flat()], UNOPENED)
    assert.equal(misfit === undefined, isPossible, misfit?.says)
  })
}

function twice(one: Refreshed, other: Refreshed, later: Span) {
  return [refreshed(during(2, 3), token(0), one), refreshed(later, token(0), other)]
}

/** The token is presented again after the overlap. */
function lost(other: Refreshed) {
  return twice(pair(1), other, LATE)
}

function refreshedTwice() {
  return [
    refreshed(during(2, 3), token(0), pair(1)),
    refreshed(during(4, 5), token(1), pair(2)),
  ]
}

function reused() {
  return [...refreshedTwice(), refreshed(during(6, 7), token(0), REVOKED)]
}

function reactivated() {
  return [deactivated(during(2, 3)), activated(during(4, 5))]
}
