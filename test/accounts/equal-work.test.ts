import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { openAccounts } from './open.ts'

/**
 * The parts of the store that a client waits for. The audit log and the outbox are written and read beside the
 * request, and the revocations are read each second.
 */
const WAITED_FOR =
  /^(users\.(?!version)|codes|hits|sessions\.(?!revokedSince)|outbox\.insert)/

/** What may be wrong with a name, by the form in which it is sent. */
const NAMES: Readonly<Record<string, Readonly<Record<string, object>>>> = {
  email: {
    known: { email: 'ada@example.org' },
    'without a password': { email: 'bob@example.org' },
    inactive: { email: 'eve@example.org' },
    unknown: { email: 'nobody@example.org' },
  },
  username: {
    known: { username: 'ada' },
    'without a password': { username: 'bob' },
    'without an address': { username: 'robot' },
    inactive: { username: 'eve' },
    unknown: { username: 'nobody' },
  },
  phone: {
    known: { phone: '+351912345678' },
    inactive: { phone: '+351912345679' },
    unknown: { phone: '+351912345670' },
  },
}

async function setUp(t: TestContext, form: 'link' | 'digits') {
  const app = await openAccounts(t, {
    accounts: { signInCodes: true, requireActivation: false, form },
    codes: {
      resendAfter: 0,
      perTarget: null,
      perClient: null,
      inTotal: null,
      wrongPerTarget: null,
    },
  })
  const { users } = app.auth
  const password = 'qhr4-7mzt-w2pd-x9kc'
  await users.create({
    username: 'ada',
    email: 'ada@example.org',
    phone: '+351912345678',
    password,
  })
  await users.create({ username: 'bob', email: 'bob@example.org' })
  await users.create({ username: 'robot', password })
  await users.create({
    username: 'eve',
    email: 'eve@example.org',
    phone: '+351912345679',
    password,
    active: false,
  })
  return app
}

/** Paths that a client without credentials sends a name to, and what it sends besides. */
const REQUESTS: readonly (readonly [path: string, fields: object, names: string[]])[] = [
  ['/auth/password/reset/', {}, ['email', 'username']],
  ['/auth/code/', {}, ['email', 'username', 'phone']],
  ['/auth/password/reset/check/', { code: '000000' }, ['email', 'username']],
  [
    '/auth/password/reset/confirm/',
    { code: '000000', new_password: 'w2pd-x9kc-qhr4-7mzt' },
    ['email', 'username'],
  ],
  ['/auth/code/redeem/', { code: '000000' }, ['email', 'username', 'phone']],
]

for (const form of ['link', 'digits'] as const)
  for (const [path, fields, names] of REQUESTS)
    test(`${path} does the same work and has the same answer for every name (${form})`, async (t) => {
      const { calls, post } = await setUp(t, form)
      for (const field of names) {
        const seen: (readonly [string, number, string, readonly string[]])[] = []
        for (const [what, name] of Object.entries(NAMES[field]!)) {
          // So that there is a code to be guessed.
          await post(path.replace(/(check|confirm|redeem)\/$/, ''), name)
          calls.length = 0
          const response = await post(path, { ...name, ...fields })
          const waited = calls.filter((call) => WAITED_FOR.test(call))
          seen.push([what, response.status, await response.text(), waited])
        }
        const [[, ...first] = [], ...others] = seen
        assert.ok((first[2] ?? []).length > 0)
        for (const [what, ...other] of others)
          assert.deepEqual(other, first, `${field}, ${what}`)
      }
    })
