import assert from 'node:assert/strict'
import { test } from 'node:test'
import { judge, type Operation } from './history.ts'
import { type Family, operations, type Refreshed, type Span, unopened } from './model.ts'
import { NO_USER, type UserState } from './user-state.ts'

const OPTIONS = { overlap: 10, lostAnswer: 60, staleness: 0, namesByEmail: false }
const {
  signedIn,
  refused,
  refreshed,
  refreshedExpired,
  greeted,
  ended,
  endedAll,
  activated,
  deactivated,
  passwordChanged,
  codeAsked,
  codeIssued,
  passwordReset,
  resetRefused,
  renamed,
  emailChanged,
  deleted,
  created,
} = operations(OPTIONS)
const byEmail = operations({ ...OPTIONS, namesByEmail: true })

const ADA: UserState = {
  ...NO_USER,
  exists: true,
  isActive: true,
  name: 'ada',
  email: 'ada@example.org',
  password: 'first',
}
const EVE: UserState = { ...ADA, epoch: 1000, password: 'of another' }
const CREDENTIALS = { name: 'ada', password: 'first' }

const token = (generation: number, jti = `jti ${generation}`) => ({ generation, jti })
const pair = (generation: number, jti?: string): Refreshed => ({
  kind: 'pair',
  token: token(generation, jti),
})
const during = (began: number, until: number): Span => ({ began, ended: until })
const signIn = (span: Span, { name, password } = CREDENTIALS) =>
  signedIn(span, token(0), { name, password })
const opened = signIn(during(0, 1))
const issuedLink = codeIssued(during(4, 5), 7, true)
const REVOKED: Refreshed = { kind: 'revoked' }
const EXPIRED: Refreshed = { kind: 'expired' }
const NO_ACCOUNT: Refreshed = { kind: 'no-account' }
const LATE = during(20_000, 20_001)
const PASSWORD: Refreshed = { kind: 'password' }

/** A name, the operations after the sign-in, and whether they are possible. Times are in milliseconds; the overlap is 10,000, the limit of lost answers 60,000. */
const CASES: readonly (readonly [
  string,
  readonly (Operation<Family> | readonly Operation<Family>[])[],
  boolean,
])[] = [
  [
    'a link that sets a password',
    [codeAsked(during(2, 3), 7), issuedLink, passwordReset(during(6, 7), 7, 'second')],
    true,
  ],
  [
    'a session that goes on after a link has set a password',
    [
      codeAsked(during(2, 3), 7),
      issuedLink,
      passwordReset(during(6, 7), 7, 'second'),
      refreshed(during(8, 9), token(0), pair(1)),
    ],
    false,
  ],
  [
    'a link that sets two passwords',
    [
      codeAsked(during(2, 3), 7),
      issuedLink,
      passwordReset(during(6, 7), 7, 'second'),
      passwordReset(during(6, 7), 7, 'third'),
    ],
    false,
  ],
  [
    'a link that one client redeems while another is refused, and one asked for before its password is set',
    [
      codeAsked(during(2, 3), 7),
      issuedLink,
      passwordReset(during(6, 20), 7, 'second'),
      resetRefused(during(7, 9), 7),
      codeAsked(during(10, 11), 8),
      codeIssued(during(12, 13), 8, false),
    ],
    true,
  ],
  [
    'a link that is refused for no reason',
    [codeAsked(during(2, 3), 7), issuedLink, resetRefused(during(6, 7), 7)],
    false,
  ],
  [
    'a link that is refused since the password was changed',
    [
      codeAsked(during(2, 3), 7),
      issuedLink,
      passwordChanged(during(5, 6), 'second'),
      resetRefused(during(6, 7), 7),
    ],
    true,
  ],
  [
    'a link that sets a password after the password was changed',
    [
      codeAsked(during(2, 3), 7),
      issuedLink,
      passwordChanged(during(5, 6), 'second'),
      passwordReset(during(7, 8), 7, 'third'),
    ],
    false,
  ],
  [
    'a link that is redeemed, and loses against a change of the password',
    [
      codeAsked(during(2, 3), 7),
      issuedLink,
      passwordChanged(during(6, 9), 'second'),
      resetRefused(during(6, 10), 7),
    ],
    true,
  ],
  [
    'a link that is issued after the password was changed',
    [codeAsked(during(2, 3), 7), passwordChanged(during(3.2, 3.5), 'b'), issuedLink],
    false,
  ],
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
  [
    'an expired unused successor that is harmless',
    [
      ...lost(pair(2)),
      refreshedExpired(during(20_002, 20_003), token(1), EXPIRED),
      refreshed(during(20_004, 20_005), token(2), pair(3)),
    ],
    false,
  ],
  [
    'an expired unused successor that is reuse',
    [
      ...lost(pair(2)),
      refreshedExpired(during(20_002, 20_003), token(1), EXPIRED),
      refreshed(during(20_004, 20_005), token(2), REVOKED),
    ],
    true,
  ],
  [
    'an expired current token that is reuse',
    [
      refreshedExpired(during(2, 3), token(0), EXPIRED),
      refreshed(during(4, 5), token(0), REVOKED),
    ],
    false,
  ],
  [
    'an expired current token that is harmless',
    [
      refreshedExpired(during(2, 3), token(0), EXPIRED),
      refreshed(during(4, 5), token(0), pair(1)),
    ],
    true,
  ],
  [
    'an expired token that gets a successor',
    [refreshedExpired(during(2, 3), token(0), pair(1))],
    false,
  ],
  [
    'a valid token reported as expired',
    [refreshed(during(2, 3), token(0), EXPIRED)],
    false,
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
    'a changed password',
    [
      passwordChanged(during(2, 3), 'second'),
      refreshed(during(4, 5), token(0), PASSWORD),
    ],
    true,
  ],
  [
    'a changed password and a refresh',
    [passwordChanged(during(2, 3), 'second'), refreshed(during(4, 5), token(0), pair(1))],
    false,
  ],
  [
    'an unchanged password reported as changed',
    [refreshed(during(4, 5), token(0), PASSWORD)],
    false,
  ],
  [
    'a deleted user who refreshes',
    [deleted(during(2, 3), true), refreshed(during(4, 5), token(0), pair(1))],
    false,
  ],
  [
    'a deleted user whose id another has who refreshes',
    [
      deleted(during(2, 3), true),
      created(during(4, 5), EVE),
      refreshed(during(6, 7), token(0), pair(1)),
    ],
    false,
  ],
  [
    'a renamed user who refreshes',
    [renamed(during(2, 3), 'eva'), refreshed(during(4, 5), token(0), pair(1))],
    true,
  ],
  [
    'a user with another email who refreshes',
    [
      emailChanged(during(2, 3), 'eva@example.org'),
      refreshed(during(4, 5), token(0), pair(1)),
    ],
    true,
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
    const { kind } = judge([...opened, ...history.flat()], unopened(ADA))
    assert.equal(kind, isPossible ? 'possible' : 'misfit')
  })
}

/** The same about a sign-in while its user changes. */
const SIGN_INS: typeof CASES = [
  [
    'a new password',
    [passwordChanged(during(2, 3), 'second'), signIn(during(4, 5))],
    false,
  ],
  [
    'a new password, by which it signs in',
    [
      passwordChanged(during(2, 3), 'second'),
      signIn(during(4, 5), { ...CREDENTIALS, password: 'second' }),
    ],
    true,
  ],
  [
    'a password that changes meanwhile, by the old one before',
    [passwordChanged(during(2, 5), 'second'), signIn(during(3, 4))],
    true,
  ],
  [
    'a password that changed meanwhile, by the old one',
    [
      signIn(during(2, 7)),
      passwordChanged(during(3, 4), 'second'),
      refreshed(during(8, 9), token(0), pair(1)),
    ],
    false,
  ],
  [
    'a password that changed meanwhile, whose session ended',
    [
      signIn(during(2, 7)),
      passwordChanged(during(3, 4), 'second'),
      refreshed(during(8, 9), token(0), PASSWORD),
    ],
    true,
  ],
  [
    'a deactivation meanwhile, after which the access token is valid',
    [
      signIn(during(2, 7)),
      deactivated(during(3, 4)),
      activated(during(5, 6)),
      greeted(during(8, 9), true),
    ],
    true,
  ],
  [
    'a deactivation meanwhile, after which the user stays inactive and the token valid',
    [signIn(during(2, 7)), deactivated(during(3, 4)), greeted(during(8, 9), true)],
    false,
  ],
  ['a deletion before', [deleted(during(2, 3), true), signIn(during(4, 5))], false],
  [
    'a deletion before, after which another has the id, by the old password',
    [deleted(during(2, 3), true), created(during(4, 5), EVE), signIn(during(6, 7))],
    false,
  ],
  [
    'a deletion meanwhile, after which another has the id, whose session goes on',
    [
      signIn(during(2, 9)),
      deleted(during(3, 4), true),
      created(during(5, 6), EVE),
      refreshed(during(10, 11), token(0), pair(1)),
    ],
    false,
  ],
  [
    'the old name after a renaming',
    [renamed(during(2, 3), 'eva'), signIn(during(4, 5))],
    false,
  ],
  [
    'the old name during a renaming',
    [signIn(during(2, 5)), renamed(during(3, 4), 'eva'), greeted(during(6, 7), true)],
    true,
  ],
  ['a refusal without a reason', [refused(during(2, 3), CREDENTIALS)], false],
  [
    'a refusal of the old password',
    [passwordChanged(during(2, 3), 'second'), refused(during(4, 5), CREDENTIALS)],
    true,
  ],
  [
    'a refusal while inactive',
    [
      refused(during(2, 7), CREDENTIALS),
      deactivated(during(3, 4)),
      activated(during(5, 6)),
    ],
    true,
  ],
]

for (const [name, history, isPossible] of SIGN_INS) {
  test(`a sign-in with ${name} is ${isPossible ? 'possible' : 'impossible'}`, () => {
    const { kind } = judge(history.flat(), unopened(ADA))
    assert.equal(kind, isPossible ? 'possible' : 'misfit')
  })
}

for (const [which, client, isPossible] of [
  ['ids', { emailChanged, refreshed }, true],
  ['emails', byEmail, false],
] as const) {
  test(`if tokens name ${which}, a session that outlives a change of the email is ${isPossible ? 'possible' : 'impossible'}`, () => {
    const history = [
      ...client.emailChanged(during(2, 3), 'eva@example.org'),
      ...client.refreshed(during(4, 5), token(0), pair(1)),
    ]
    const { kind } = judge([...opened, ...history], unopened(ADA))
    assert.equal(kind, isPossible ? 'possible' : 'misfit')
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
