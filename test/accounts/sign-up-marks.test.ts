import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { type SignUp, signUp } from '../../src/features/accounts/sign-up.ts'
import type { StoredCode } from '../../src/features/codes/code.ts'
import { codeStore } from '../../src/features/codes/sql.ts'
import { openInstance } from '../../src/instance/instance.ts'
import { parseSettings } from '../../src/settings/settings.ts'
import { CHEAP_PASSWORDS } from '../../src/testing/cheap-passwords.ts'
import { cleanUp } from '../cleanup.ts'
import { sqliteStore, withPorts } from '../stores/open.ts'
import { accountsApp, PASSWORD } from './setup.ts'

const ADA = { username: 'ada', email: 'ada@example.org', password: PASSWORD }
const NEW = 'w2pd-x9kc-qhr4-7mzt'

/** An instance, and the codes that it has stored, the newest of each purpose and target. */
async function setUp(t: TestContext, form: 'link' | 'digits' = 'link') {
  const settings = parseSettings(
    {
      secret: 'a secret of the tests of accounts, which is long enough',
      url: 'https://app.example.com',
      accounts: { form },
      mail: () => undefined,
      codes: { resendAfter: 0, perTarget: null, perClient: null, inTotal: null },
      log: () => {},
    },
    {},
  )
  const store = sqliteStore({ file: ':memory:' })
  const stored = new Map<string, StoredCode>()
  const calls: string[] = []
  const { codes } = store.ports
  const recording = withPorts(store, {
    codes: {
      ...codes,
      async issue(code) {
        calls.push(code.purpose)
        stored.set(`${code.purpose} ${code.target}`, code)
        return codes.issue(code)
      },
    },
  })
  const instance = await openInstance(settings, {
    encodings: CHEAP_PASSWORDS,
    openStore: async () => ({ store: recording }),
  })
  cleanUp(t, () => instance.close())
  const { core } = instance
  return {
    core,
    calls,
    signUp: (input: SignUp) => signUp(input, undefined, core),
    live: (purpose: string) =>
      [...stored.values()].filter(
        (code) => code.purpose === purpose && code.expiresAt > core.clock(),
      ).length,
    find: (target: string) =>
      core.ports(codeStore).codes.find({
        purpose: 'reset_password',
        form,
        target,
        digests: [],
      }),
  }
}

test('a sign-up that creates no user leaves no mark of an unconfirmed one', async (t) => {
  const { signUp, live } = await setUp(t)
  assert.ok(await signUp(ADA))
  assert.equal(live('unconfirmed'), 1)
  assert.equal(await signUp({ ...ADA, username: 'eve' }), undefined)
  assert.equal(live('unconfirmed'), 1)
  assert.equal(live('hold_username'), 1)
})

test('a sign-up writes as many codes whether or not the address is taken', async (t) => {
  const { signUp, calls } = await setUp(t)
  await signUp(ADA)
  const free = calls.length
  await signUp({ ...ADA, username: 'eve' })
  // One more: the mark of the user who was not created goes.
  assert.deepEqual([free, calls.length - free], [3, 4])
})

for (const form of ['link', 'digits'] as const)
  test(`a sign-up with a taken address does not void what a reset has mailed (${form})`, async (t) => {
    const app = accountsApp(t, { accounts: { form } })
    const { auth, post, lastMail } = app
    await auth.users.create({ ...ADA, emailVerified: true })
    await post('/auth/password/reset/', { email: ADA.email })
    const { token, code } = await lastMail(ADA.email)
    await post('/auth/users/', { ...ADA, username: 'eve' })
    const exists = await lastMail(ADA.email)
    assert.match(exists.subject ?? '', /already have an account/)
    const proof = form === 'link' ? { token } : { email: ADA.email, code }
    const confirm = { ...proof, new_password: NEW }
    assert.equal((await post('/auth/password/reset/confirm/', confirm)).status, 204)
  })

test('the mail of such a sign-up has a link that sets a new password, and no digits that could not be typed in', async (t) => {
  for (const form of ['link', 'digits'] as const) {
    const { auth, post, lastMail } = accountsApp(t, { accounts: { form } })
    await auth.users.create({ ...ADA, emailVerified: true })
    await post('/auth/users/', { ...ADA, username: 'eve' })
    const { token, code, text } = await lastMail(ADA.email)
    assert.equal(code, '')
    if (form === 'digits') {
      assert.doesNotMatch(text, /works once/)
      continue
    }
    const confirm = { token, new_password: NEW }
    assert.equal((await post('/auth/password/reset/confirm/', confirm)).status, 204)
  }
})
