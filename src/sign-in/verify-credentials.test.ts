import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openUsers } from '../../test/users/setup.ts'
import { AuthError } from '../base/errors.ts'
import { systemRandom } from '../base/random.ts'
import { passwords } from '../passwords/passwords.ts'
import { hashQueue } from '../passwords/queue.ts'
import { changeUser, setPassword } from '../users/change.ts'
import { createUser } from '../users/create.ts'
import type { User } from '../users/user.ts'
import { type VerifyCredentialsOptions, verifyCredentials } from './verify-credentials.ts'

const options: VerifyCredentialsOptions = {
  loginField: 'username',
  trimPassword: 'both',
  allows: (user: User | undefined) => user?.active === true,
}
const password = 'Wonder-Land-42'
const strength: [] = []

/** The PBKDF2 hash of `Wonder-Land-42`, made by Django. */
const OLD =
  'pbkdf2_sha256$1000$oracleSaltOfAlice00001$yijy6AjAtt3PDFxLFllvxJXAGgEaxE1rFiD2YCw5eAI='

test('the right password returns the account', async () => {
  await using deps = await openUsers()
  const user = await createUser({ username: 'ada', password }, deps)

  assert.deepEqual((await verifyCredentials('ada', password, deps, options)).user, user)
})

test('with email as the login field, the email is the login and the name is not', async () => {
  await using deps = await openUsers()
  await createUser({ username: 'ada', email: 'ada@example.org', password }, deps)
  const byEmail: VerifyCredentialsOptions = { ...options, loginField: 'email' }

  assert.equal(
    (await verifyCredentials('ada@example.org', password, deps, byEmail)).user.username,
    'ada',
  )
  await assert.rejects(verifyCredentials('ada', password, deps, byEmail), {
    code: 'no_active_account',
  })
})

test('a rejection has the same error for every reason', async () => {
  await using deps = await openUsers()
  await createUser({ username: 'ada', password }, deps)
  await createUser({ username: 'robot' }, deps)
  await createUser({ username: 'ivan', password, active: false }, deps)
  await deps.putHash(
    (await createUser({ username: 'odd', password }, deps)).id,
    'md5$salt$5f4dcc3b5aa765d61d83',
  )

  const answers = await Promise.all(
    (
      [
        ['ada', 'wrong'],
        ['ada', ''],
        ['ada', `${password}\0`],
        ['Ada', password],
        ['ada ', password],
        ['nobody', password],
        ['', password],
        ['robot', password],
        ['robot', '!'],
        ['ivan', password],
        ['ivan', 'wrong'],
        ['odd', password],
      ] as const
    ).map(([login, tried]) =>
      verifyCredentials(login, tried, deps, options).then(
        () => assert.fail(`${login} was accepted`),
        (error: unknown) => error,
      ),
    ),
  )

  for (const refusal of answers) {
    assert.ok(refusal instanceof AuthError)
    assert.deepEqual({ ...refusal }, { ...new AuthError('no_active_account') })
    assert.equal(refusal.message, 'No active account found with the given credentials')
  }
})

test('every rejection computes the same number of hashes', async () => {
  await using deps = await openUsers()
  await createUser({ username: 'ada', password }, deps)
  await createUser({ username: 'robot' }, deps)
  await createUser({ username: 'ivan', password, active: false }, deps)

  for (const [tried, hashes] of [
    ['wrong', 1],
    [password, 1],
    [' wrong ', 2],
    [` ${password} `, 2],
  ] as const) {
    for (const login of [
      'nobody',
      'robot',
      'ivan',
      ...(tried.includes('wrong') ? ['ada'] : []),
    ]) {
      deps.counted.hashes = 0
      await assert.rejects(verifyCredentials(login, tried, deps, options), {
        code: 'no_active_account',
      })
      assert.equal(deps.counted.hashes, hashes, `${login} with ${JSON.stringify(tried)}`)
    }
  }
})

for (const [trimPassword, sent, stored, admitted] of [
  ['both', '  pad ', '  pad ', true],
  ['both', ' pw12345 ', 'pw12345', true],
  ['both', 'pw12345', ' pw12345 ', false],
  [true, '  pad ', '  pad ', false],
  [true, ' pw12345 ', 'pw12345', true],
  [false, '  pad ', '  pad ', true],
  [false, ' pw12345 ', 'pw12345', false],
] as const) {
  test(`trimPassword ${trimPassword}: ${JSON.stringify(sent)} for ${JSON.stringify(stored)}`, async () => {
    await using deps = await openUsers()
    await createUser({ username: 'ada', password: stored }, { ...deps, strength })

    const entering = verifyCredentials('ada', sent, deps, { ...options, trimPassword })

    await (admitted
      ? assert.doesNotReject(entering)
      : assert.rejects(entering, { code: 'no_active_account' }))
  })
}

test('composed and decomposed letters match the same hash', async () => {
  await using deps = await openUsers()
  await createUser({ username: 'ada', password: 'pa\u0308sswo\u0308rt→ß12' }, deps)

  for (const sent of ['pa\u0308sswo\u0308rt→ß12', 'p\u00e4ssw\u00f6rt→ß12']) {
    assert.equal(
      (await verifyCredentials('ada', sent, deps, options)).user.username,
      'ada',
    )
  }
})

test('the rule decides who may sign in, and is called for unknown users too', async () => {
  await using deps = await openUsers()
  await createUser({ username: 'ada', password }, deps)
  await createUser({ username: 'ivan', password, active: false }, deps)
  const asked: (string | undefined)[] = []
  const allows = (user: User | undefined): boolean => {
    asked.push(user?.username)
    return user?.username !== 'ada'
  }

  await assert.rejects(verifyCredentials('ada', password, deps, { ...options, allows }), {
    code: 'no_active_account',
  })
  assert.equal(
    (await verifyCredentials('ivan', password, deps, { ...options, allows })).user.active,
    false,
  )
  await assert.rejects(
    verifyCredentials('nobody', password, deps, { ...options, allows }),
    { code: 'no_active_account' },
  )
  assert.deepEqual(asked, ['ada', 'ivan', undefined])
})

test('an outdated hash is replaced at sign-in, and the epoch does not change', async () => {
  await using deps = await openUsers()
  const { id } = await createUser({ username: 'ada', password }, deps)
  await deps.putHash(id, OLD)

  const account = await verifyCredentials('ada', password, deps, options)

  const stored = await deps.users.find('id', id)
  assert.match(stored!.hash, /^argon2\$argon2id\$/)
  assert.deepEqual(account, stored)
  assert.equal(account.user.epoch, 0)
  await verifyCredentials('ada', password, deps, options)
  assert.deepEqual(await deps.users.find('id', id), stored)
})

test('a wrong password does not replace an outdated hash', async () => {
  await using deps = await openUsers()
  const { id } = await createUser({ username: 'ada', password }, deps)
  await deps.putHash(id, OLD)

  await assert.rejects(verifyCredentials('ada', 'wrong', deps, options), {
    code: 'no_active_account',
  })
  assert.equal((await deps.users.find('id', id))?.hash, OLD)
})

test('two concurrent sign-ins that replace a hash both succeed, with the hash that was written', async () => {
  await using deps = await openUsers()
  const { id } = await createUser({ username: 'ada', password }, deps)
  await deps.putHash(id, OLD)

  const accounts = await Promise.all(
    [1, 2, 3].map(() => verifyCredentials('ada', password, deps, options)),
  )

  const stored = await deps.users.find('id', id)
  assert.deepEqual(accounts, [stored, stored, stored])
})

test('a password that is changed while its hash is replaced is rejected', async () => {
  await using deps = await openUsers()
  const { id } = await createUser({ username: 'ada', password }, deps)
  await deps.putHash(id, OLD)
  const changing = {
    ...deps,
    passwords: {
      ...deps.passwords,
      async hash(text: string) {
        await setPassword(id, 'Looking-Glass-7', deps)
        return deps.passwords.hash(text)
      },
    },
  }

  await assert.rejects(verifyCredentials('ada', password, changing, options), {
    code: 'no_active_account',
  })
  assert.equal(
    (await verifyCredentials('ada', 'Looking-Glass-7', deps, options)).user.epoch,
    1,
  )
})

test('if hashing is busy, the outdated hash stays and the sign-in succeeds', async () => {
  await using deps = await openUsers()
  const { id } = await createUser({ username: 'ada', password }, deps)
  await deps.putHash(id, OLD)
  const busy = { ...deps.passwords, hash: () => Promise.reject(new AuthError('busy')) }

  assert.equal(
    (await verifyCredentials('ada', password, { ...deps, passwords: busy }, options))
      .hash,
    OLD,
  )
})

test('a password that is too long throws invalid, with an account and without', async () => {
  await using deps = await openUsers()
  await createUser({ username: 'ada', password }, deps)

  for (const login of ['ada', 'nobody']) {
    deps.counted.hashes = 0
    await assert.rejects(verifyCredentials(login, 'x'.repeat(4097), deps, options), {
      code: 'invalid',
    })
    assert.equal(deps.counted.hashes, 0)
  }
})

test('a deactivated user cannot sign in until activated again', async () => {
  await using deps = await openUsers()
  const { id } = await createUser({ username: 'ada', password }, deps)

  await changeUser(id, { active: false }, deps)
  await assert.rejects(verifyCredentials('ada', password, deps, options), {
    code: 'no_active_account',
  })
  await changeUser(id, { active: true }, deps)
  assert.equal((await verifyCredentials('ada', password, deps, options)).user.id, id)
})

for (const [what, username] of [
  ['decomposed letters', 'bjo\u0308rk'],
  ['full-width letters', '\uff4d\uff49\uff4b\uff4f'],
  ['half-width kana', '\uff76\uff9e\uff72\uff84\uff9e'],
  ['decomposed Hangul', '\u1112\u1161\u11ab\u1100\u1173\u11af'],
  ['150 letters, each of four characters', '\u03b1\u0313\u0300\u0345'.repeat(150)],
] as const) {
  test(`a username of ${what} signs in as it was written when it was created`, async () => {
    await using deps = await openUsers()
    const { id } = await createUser({ username, password }, deps)

    assert.equal((await verifyCredentials(username, password, deps, options)).user.id, id)
  })
}

test('an email signs in as it was written when it was created', async () => {
  await using deps = await openUsers()
  const email = 'Eve.Online@Example.ORG'
  const { id } = await createUser({ username: 'eve', email, password }, deps)

  const byEmail: VerifyCredentialsOptions = { ...options, loginField: 'email' }
  for (const login of [email, 'Eve.Online@example.org'])
    assert.equal((await verifyCredentials(login, password, deps, byEmail)).user.id, id)
})

test('a login that is longer than any name is not looked up, and takes the same work', async () => {
  await using deps = await openUsers()
  const users: typeof deps.users = {
    ...deps.users,
    find: () => assert.fail('looked up'),
    read: () => assert.fail('looked up'),
  }

  await assert.rejects(
    verifyCredentials('x'.repeat(601), 'wrong', { ...deps, users }, options),
    { code: 'no_active_account' },
  )
  assert.equal(deps.counted.hashes, 1)
})

test('while the queue of hashes is full, no account is read', async () => {
  await using deps = await openUsers()
  const users: typeof deps.users = {
    ...deps.users,
    find: () => assert.fail('looked up'),
    read: () => assert.fail('looked up'),
  }
  const queue = hashQueue({ concurrency: 1, maxWaiting: 0 })
  const full = passwords({ queue, random: systemRandom, warn: assert.fail })
  const running = Promise.withResolvers<void>()
  const first = queue(() => running.promise)

  await assert.rejects(
    verifyCredentials('ada', password, { users, passwords: full }, options),
    { code: 'busy', retryAfter: 1 },
  )
  running.resolve()
  await first
})
