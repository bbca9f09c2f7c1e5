import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openWorld } from '../../test/users/world.ts'
import { Refusal } from '../base/errors.ts'
import { type SignInTerms, signIn } from './check-password.ts'
import { changeUser, setPassword } from '../users/change.ts'
import { createUser } from '../users/create.ts'
import type { User } from '../users/user.ts'

const terms: SignInTerms = {
  loginField: 'username',
  trimPassword: 'both',
  allows: (user: User | undefined) => user?.active === true,
}
const password = 'Wonder-Land-42'
const strength: [] = []

/** What PBKDF2 makes of `Wonder-Land-42`, as Django writes it. */
const OLD = 'pbkdf2_sha256$1000$oracleSaltOfAlice00001$yijy6AjAtt3PDFxLFllvxJXAGgEaxE1rFiD2YCw5eAI='

test('who knows the password is let in', async () => {
  await using world = await openWorld()
  const user = await createUser({ username: 'ada', password }, world)

  assert.deepEqual((await signIn('ada', password, world, terms)).user, user)
})

test('with email as the login field, the email is the login and the name is not', async () => {
  await using world = await openWorld()
  await createUser({ username: 'ada', email: 'ada@example.org', password }, world)
  const byEmail: SignInTerms = { ...terms, loginField: 'email' }

  assert.equal((await signIn('ada@example.org', password, world, byEmail)).user.username, 'ada')
  await assert.rejects(signIn('ada', password, world, byEmail), { code: 'no_active_account' })
})

test('whoever is not let in hears the same, whatever the reason', async () => {
  await using world = await openWorld()
  await createUser({ username: 'ada', password }, world)
  await createUser({ username: 'robot' }, world)
  await createUser({ username: 'ivan', password, active: false }, world)
  await world.putHash((await createUser({ username: 'odd', password }, world)).id, 'md5$salt$5f4dcc3b5aa765d61d83')

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
      signIn(login, tried, world, terms).then(
        () => assert.fail(`${login} was let in`),
        (error: unknown) => error,
      ),
    ),
  )

  for (const refusal of answers) {
    assert.ok(refusal instanceof Refusal)
    assert.deepEqual({ ...refusal }, { ...new Refusal('no_active_account') })
    assert.equal(refusal.message, 'No active account found with the given credentials')
  }
})

test('every refusal is the same number of hashes', async () => {
  await using world = await openWorld()
  await createUser({ username: 'ada', password }, world)
  await createUser({ username: 'robot' }, world)
  await createUser({ username: 'ivan', password, active: false }, world)

  for (const [tried, hashes] of [
    ['wrong', 1],
    [password, 1],
    [' wrong ', 2],
    [` ${password} `, 2],
  ] as const) {
    for (const login of ['nobody', 'robot', 'ivan', ...(tried.includes('wrong') ? ['ada'] : [])]) {
      world.counted.hashes = 0
      await assert.rejects(signIn(login, tried, world, terms), { code: 'no_active_account' })
      assert.equal(world.counted.hashes, hashes, `${login} with ${JSON.stringify(tried)}`)
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
    await using world = await openWorld()
    await createUser({ username: 'ada', password: stored }, { ...world, strength })

    const entering = signIn('ada', sent, world, { ...terms, trimPassword })

    await (admitted ? assert.doesNotReject(entering) : assert.rejects(entering, { code: 'no_active_account' }))
  })
}

test('a password is the same however its letters are composed', async () => {
  await using world = await openWorld()
  await createUser({ username: 'ada', password: 'pa\u0308sswo\u0308rt→ß12' }, world)

  for (const sent of ['pa\u0308sswo\u0308rt→ß12', 'p\u00e4ssw\u00f6rt→ß12']) {
    assert.equal((await signIn('ada', sent, world, terms)).user.username, 'ada')
  }
})

test('the rule decides who may enter, and is asked of nobody too', async () => {
  await using world = await openWorld()
  await createUser({ username: 'ada', password }, world)
  await createUser({ username: 'ivan', password, active: false }, world)
  const asked: (string | undefined)[] = []
  const allows = (user: User | undefined): boolean => {
    asked.push(user?.username)
    return user?.username !== 'ada'
  }

  await assert.rejects(signIn('ada', password, world, { ...terms, allows }), { code: 'no_active_account' })
  assert.equal((await signIn('ivan', password, world, { ...terms, allows })).user.active, false)
  await assert.rejects(signIn('nobody', password, world, { ...terms, allows }), { code: 'no_active_account' })
  assert.deepEqual(asked, ['ada', 'ivan', undefined])
})

test('an old hash is replaced at sign-in, and the epoch stays', async () => {
  await using world = await openWorld()
  const { id } = await createUser({ username: 'ada', password }, world)
  await world.putHash(id, OLD)

  const account = await signIn('ada', password, world, terms)

  const stored = await world.users.find('id', id)
  assert.match(stored!.hash, /^argon2\$argon2id\$/)
  assert.deepEqual(account, stored)
  assert.equal(account.user.epoch, 0)
  await signIn('ada', password, world, terms)
  assert.deepEqual(await world.users.find('id', id), stored)
})

test('a wrong password does not replace an old hash', async () => {
  await using world = await openWorld()
  const { id } = await createUser({ username: 'ada', password }, world)
  await world.putHash(id, OLD)

  await assert.rejects(signIn('ada', 'wrong', world, terms), { code: 'no_active_account' })
  assert.equal((await world.users.find('id', id))?.hash, OLD)
})

test('of two who replace a hash at the same moment both are let in, with the hash that was written', async () => {
  await using world = await openWorld()
  const { id } = await createUser({ username: 'ada', password }, world)
  await world.putHash(id, OLD)

  const accounts = await Promise.all([1, 2, 3].map(() => signIn('ada', password, world, terms)))

  const stored = await world.users.find('id', id)
  assert.deepEqual(accounts, [stored, stored, stored])
})

test('a password that is changed while its hash is replaced lets nobody in', async () => {
  await using world = await openWorld()
  const { id } = await createUser({ username: 'ada', password }, world)
  await world.putHash(id, OLD)
  const changing = {
    ...world,
    passwords: {
      ...world.passwords,
      async hash(text: string) {
        await setPassword(id, 'Looking-Glass-7', world)
        return world.passwords.hash(text)
      },
    },
  }

  await assert.rejects(signIn('ada', password, changing, terms), { code: 'no_active_account' })
  assert.equal((await signIn('ada', 'Looking-Glass-7', world, terms)).user.epoch, 1)
})

test('where no hash can be made now, the old one stays and the user is let in', async () => {
  await using world = await openWorld()
  const { id } = await createUser({ username: 'ada', password }, world)
  await world.putHash(id, OLD)
  const busy = { ...world.passwords, hash: () => Promise.reject(new Refusal('busy')) }

  assert.equal((await signIn('ada', password, { ...world, passwords: busy }, terms)).hash, OLD)
})

test('a password that is too long is refused as such, with an account and without', async () => {
  await using world = await openWorld()
  await createUser({ username: 'ada', password }, world)

  for (const login of ['ada', 'nobody']) {
    world.counted.hashes = 0
    await assert.rejects(signIn(login, 'x'.repeat(4097), world, terms), { code: 'invalid' })
    assert.equal(world.counted.hashes, 0)
  }
})

test('a deactivated user is not let in, and once activated is again', async () => {
  await using world = await openWorld()
  const { id } = await createUser({ username: 'ada', password }, world)

  await changeUser(id, { active: false }, world.users)
  await assert.rejects(signIn('ada', password, world, terms), { code: 'no_active_account' })
  await changeUser(id, { active: true }, world.users)
  assert.equal((await signIn('ada', password, world, terms)).user.id, id)
})
