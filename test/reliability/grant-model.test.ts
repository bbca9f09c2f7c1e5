import assert from 'node:assert/strict'
import { test } from 'node:test'
import { forgotten, GRANT_OPERATIONS, type GrantState, NO_GRANTS } from './grant-model.ts'
import { judge, type Operation } from './history.ts'
import type { Span } from './model.ts'

const {
  signedIn,
  signedOut,
  issued,
  redeemed,
  notRedeemed,
  refreshed,
  disconnected,
  notDisconnected,
  passwordChanged,
  disabled,
} = GRANT_OPERATIONS

const during = (began: number, ended: number): Span => ({ began, ended })
const BROWSER = 1
const CODE = 2
const CONSENT = 3
const OTHER_CODE = 4
const OTHER = 5
const begun = [
  ...signedIn(during(0, 1), BROWSER),
  ...issued(during(2, 3), CODE, BROWSER, true),
  ...issued(during(2, 3), OTHER_CODE, BROWSER, true),
]
const opened = redeemed(during(10, 11), CODE, CONSENT)
const goesOn = refreshed(during(30, 31), CONSENT, true)

/** A name, the operations after a code was issued, and whether they are possible. */
const CASES: readonly (readonly [
  string,
  readonly (readonly Operation<GrantState>[])[],
  boolean,
])[] = [
  ['a code that works twice', [opened, redeemed(during(12, 13), CODE, OTHER)], false],
  [
    'a consent that goes on after its code was presented again',
    [opened, notRedeemed(during(12, 13), CODE), goesOn],
    false,
  ],
  [
    'one that goes on if the code was presented at once, while the session went on',
    [redeemed(during(10, 15), CODE, CONSENT), notRedeemed(during(10, 15), CODE), goesOn],
    false,
  ],
  [
    'one that goes on if the session ended before the other request had checked it',
    [
      redeemed(during(10, 15), CODE, CONSENT),
      notRedeemed(during(10, 25), CODE),
      signedOut(during(16, 17), BROWSER),
      goesOn,
    ],
    true,
  ],
  ['a code that is refused for nothing', [notRedeemed(during(12, 13), CODE)], false],
  [
    'a code of a session that has ended',
    [signedOut(during(4, 5), BROWSER), opened],
    false,
  ],
  [
    'a consent of before a new password',
    [opened, passwordChanged(during(12, 13)), goesOn],
    false,
  ],
  [
    'one that is disconnected before its session is revoked for the new password',
    [opened, passwordChanged(during(12, 20)), disconnected(during(14, 15), CONSENT)],
    true,
  ],
  [
    'consents that end one after the other, while the application is disconnected',
    [
      opened,
      redeemed(during(10, 11), OTHER_CODE, OTHER),
      disconnected(during(12, 40), CONSENT),
      refreshed(during(20, 21), OTHER, false),
      goesOn,
    ],
    true,
  ],
  [
    'one that goes on after the application is disconnected',
    [opened, disconnected(during(12, 13), CONSENT), goesOn],
    false,
  ],
  [
    'a live one that is not there',
    [opened, notDisconnected(during(12, 13), CONSENT)],
    false,
  ],
  [
    'one that goes on after the application was disabled',
    [opened, disabled(during(12, 13), true), goesOn],
    false,
  ],
]

for (const [name, history, isPossible] of CASES)
  test(`a history with ${name} is ${isPossible ? 'possible' : 'impossible'}`, () => {
    const all = [...begun, ...history.flat()]
    for (const options of [{}, { forget: forgotten }])
      assert.equal(
        judge(all, NO_GRANTS, options).kind,
        isPossible ? 'possible' : 'misfit',
      )
  })
