import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openUsers } from '../../test/users/setup.ts'
import { changeUser, parseUpdate, setPassword } from './change.ts'
import { createUser } from './create.ts'
import type { UserId } from './user.ts'

test('a user is created with the given fields and its password matches', async () => {
  await using deps = await openUsers()
  const user = await createUser(
    {
      username: 'ada',
      password: 'Wonder-Land-42',
      email: 'ada@Example.org',
      emailVerified: true,
      phone: '+351912345678',
      staff: true,
      roles: ['editor'],
      attributes: { age: 36 },
    },
    deps,
  )

  assert.match(user.id, /^[0-9a-f]{32}$/)
  assert.deepEqual(user, {
    id: user.id,
    username: 'ada',
    email: 'ada@example.org',
    emailVerifiedAt: deps.clock(),
    phone: '+351912345678',
    phoneVerifiedAt: undefined,
    active: true,
    staff: true,
    superuser: false,
    roles: ['editor'],
    epoch: 0,
    joinedAt: deps.clock(),
    lastLoginAt: undefined,
    attributes: { age: 36 },
  })
  const account = await deps.users.find('username', 'ada')
  assert.deepEqual(account?.user, user)
  assert.equal(
    (await deps.passwords.verify(['Wonder-Land-42'], account?.hash)).kind,
    'right',
  )
})

test('no password matches a user that was created without one', async () => {
  await using deps = await openUsers()
  await createUser({ username: 'robot' }, deps)

  const account = await deps.users.find('username', 'robot')
  assert.match(account?.hash ?? '', /^![0-9a-f]{40}$/)
})

test('all invalid fields of a new user are reported together, and nothing is written', async () => {
  await using deps = await openUsers()

  await assert.rejects(
    createUser({ username: 'a b', password: '12345', email: 'nowhere' }, deps),
    {
      code: 'invalid',
      body: {
        username: [
          'Enter a valid username. This value may contain only letters, numbers, and @/./+/-/_ characters.',
        ],
        email: ['Enter a valid email address.'],
        password: [
          'This password is too short. It must contain at least 8 characters.',
          'This password is too common.',
          'This password is entirely numeric.',
        ],
      },
    },
  )
  assert.equal(await deps.users.count(), 0)
})

test('a password similar to the username, email or name attributes is rejected', async () => {
  await using deps = await openUsers()
  const attributes = { first_name: 'Augusta', last_name: 'Kingsley' }

  for (const [password, name] of [
    ['adalovelace1', 'username'],
    ['countess1852', 'email address'],
    ['Augusta11', 'first name'],
    ['kingsley42', 'last name'],
  ] as const) {
    await assert.rejects(
      createUser(
        { username: 'adalovelace', email: 'countess1@example.org', password, attributes },
        deps,
      ),
      { body: { password: [`The password is too similar to the ${name}.`] } },
    )
  }
})

for (const [first, second] of [
  ['alice', 'alice'],
  ['alice', 'Alice'],
  ['kate', '\u212aate'],
  ['éric', 'e\u0301ric'],
] as const) {
  test(`a username is unique: ${first} and ${JSON.stringify(second)}`, async () => {
    await using deps = await openUsers()
    await createUser({ username: first }, deps)

    await assert.rejects(createUser({ username: second }, deps), {
      body: { username: ['A user with that username already exists.'] },
    })
    assert.equal(await deps.users.count(), 1)
  })
}

test('an email is unique in every letter case of its domain', async () => {
  await using deps = await openUsers()
  await createUser({ username: 'alice', email: 'alice@example.org' }, deps)

  await assert.rejects(
    createUser({ username: 'bob', email: 'alice@EXAMPLE.org' }, deps),
    {
      body: { email: ['A user with this email address already exists.'] },
    },
  )
})

test('of concurrent creations with one name exactly one succeeds', async () => {
  await using deps = await openUsers()

  const outcomes = await Promise.allSettled(
    Array.from({ length: 10 }, (_, n) =>
      createUser({ username: n % 2 ? 'alice' : 'ALICE' }, deps),
    ),
  )

  assert.equal(outcomes.filter(({ status }) => status === 'fulfilled').length, 1)
  assert.equal(await deps.users.count(), 1)
})

test('after setPassword the new password matches, the old one does not, and the epoch is incremented', async () => {
  await using deps = await openUsers()
  const { id } = await createUser({ username: 'ada', password: 'Wonder-Land-42' }, deps)

  await setPassword(id, 'Looking-Glass-7', deps)

  const account = await deps.users.find('id', id)
  assert.equal(account?.user.epoch, 1)
  assert.equal(
    (await deps.passwords.verify(['Looking-Glass-7'], account?.hash)).kind,
    'right',
  )
  assert.equal(
    (await deps.passwords.verify(['Wonder-Land-42'], account?.hash)).kind,
    'wrong',
  )
})

test('a weak password changes nothing', async () => {
  await using deps = await openUsers()
  const { id } = await createUser({ username: 'ada', password: 'Wonder-Land-42' }, deps)
  const before = await deps.users.find('id', id)

  for (const [password, message] of [
    ['password', 'This password is too common.'],
    ['', 'This field may not be blank.'],
    [' \t ', 'This field may not be blank.'],
    ['Wonder-Land-42\0', 'Null characters are not allowed.'],
    ['x'.repeat(4097), 'Ensure this field has no more than 4096 characters.'],
  ] as const) {
    await assert.rejects(setPassword(id, password, deps), {
      code: 'invalid',
      body: { password: [message] },
    })
  }
  assert.deepEqual(await deps.users.find('id', id), before)
})

test('setPassword of an unknown user throws user_not_found', async () => {
  await using deps = await openUsers()

  await assert.rejects(setPassword('nobody' as UserId, 'Wonder-Land-42', deps), {
    code: 'user_not_found',
  })
})

test('custom strength rules replace the default ones', async () => {
  await using deps = await openUsers()

  await createUser({ username: 'ada', password: 'ada' }, { ...deps, strength: [] })
  assert.equal(await deps.users.count(), 1)
})

test('renaming a user normalises the name like creating one', async () => {
  await using deps = await openUsers()
  const { id } = await createUser({ username: 'ada' }, deps)

  const renamed = await changeUser(id, { username: '\u212aate' }, deps)

  assert.equal(renamed?.username, 'Kate')
  assert.equal((await deps.users.find('username', 'Kate'))?.user.id, id)
  assert.equal(await deps.users.find('username', 'ada'), undefined)
  assert.equal((await createUser({ username: 'ada' }, deps)).username, 'ada')
  await assert.rejects(createUser({ username: 'KATE' }, deps), {
    body: { username: ['A user with that username already exists.'] },
  })
})

test('a user can change the letter case of the own name', async () => {
  await using deps = await openUsers()
  const { id } = await createUser({ username: 'ada' }, deps)

  assert.equal((await changeUser(id, { username: 'Ada' }, deps))?.username, 'Ada')
})

test('a name that is invalid, or taken in any spelling, changes nothing', async () => {
  await using deps = await openUsers()
  const { id } = await createUser({ username: 'ada' }, deps)
  await createUser({ username: 'Bob', email: 'bob@example.org' }, deps)
  const before = await deps.users.find('id', id)

  for (const [username, message] of [
    ['', 'This field may not be blank.'],
    ['a'.repeat(151), 'Ensure this field has no more than 150 characters.'],
    [
      'a b',
      'Enter a valid username. This value may contain only letters, numbers, and @/./+/-/_ characters.',
    ],
    ['bOB', 'A user with that username already exists.'],
  ] as const) {
    await assert.rejects(changeUser(id, { username, staff: true }, deps), {
      code: 'invalid',
      body: { username: [message] },
    })
  }
  await assert.rejects(
    changeUser(id, { username: 'bob', email: 'bob@example.org' }, deps),
    {
      body: {
        username: ['A user with that username already exists.'],
        email: ['A user with this email address already exists.'],
      },
    },
  )
  assert.deepEqual(await deps.users.find('id', id), before)
})

test('changing a user validates the email like creating one', async () => {
  await using deps = await openUsers()
  const { id } = await createUser({ username: 'ada', email: 'ada@example.org' }, deps)
  await createUser({ username: 'bob', email: 'bob@example.org' }, deps)

  assert.equal((await changeUser(id, { active: false }, deps))?.active, false)
  assert.equal(
    (await changeUser(id, { email: 'ADA@Example.ORG' }, deps))?.email,
    'ADA@example.org',
  )
  assert.equal(
    (await changeUser(id, { email: 'ADA@example.org' }, deps))?.email,
    'ADA@example.org',
  )
  await assert.rejects(changeUser(id, { email: 'bob@example.org' }, deps), {
    body: { email: ['A user with this email address already exists.'] },
  })
  await assert.rejects(changeUser(id, { email: 'a,b@example.org' }, deps), {
    body: { email: ['Enter a valid email address.'] },
  })
  assert.equal((await changeUser(id, { email: undefined }, deps))?.email, undefined)
  assert.equal(await changeUser('nobody' as UserId, { staff: true }, deps), undefined)
})

for (const [what, input, errors] of [
  ['nothing', undefined, { username: ['This field is required.'] }],
  ['an empty object', {}, { username: ['This field is required.'] }],
  ['a number', { username: 7 }, { username: ['Not a valid string.'] }],
  ['null', { username: null }, { username: ['Not a valid string.'] }],
  [
    'values of other types',
    { username: 'ada', staff: 'yes', roles: 'editor', attributes: [], password: 1 },
    {
      staff: ['Must be a valid boolean.'],
      roles: ['Expected a list of strings.'],
      attributes: ['Expected an object.'],
      password: ['Not a valid string.'],
    },
  ],
  [
    'an unknown member',
    { username: 'ada', isAdmin: true },
    {
      isAdmin: [
        'Unknown member. Expected one of: id, username, password, email, emailVerified, phone, phoneVerified, active, staff, superuser, roles, attributes.',
      ],
    },
  ],
  [
    'a misspelt member',
    { username: 'ada', pasword: 'x' },
    { pasword: ['Unknown member. Did you mean "password"?'] },
  ],
  [
    'an id with a space',
    { id: 'a b', username: 'ada' },
    { id: ['Must be 1 to 64 visible ASCII characters.'] },
  ],
] as const) {
  test(`creating a user of ${what} is invalid, and each field says why`, async () => {
    await using deps = await openUsers()

    await assert.rejects(createUser(input as never, deps), {
      code: 'invalid',
      body: errors,
    })
    assert.equal(await deps.users.count(), 0)
  })
}

test('an unknown member in a change is invalid, and so is a new id or a password', async () => {
  await using deps = await openUsers()
  const { id } = await createUser({ username: 'ada' }, deps)

  for (const change of [{ active: 1 }, { id: 'x' }, { password: 'Wonder-Land-42' }])
    assert.throws(() => parseUpdate(change as never), { code: 'invalid' })
  assert.equal((await deps.users.find('id', id))?.user.active, true)
})

test('a name that is too long to be one is invalid in a change, too', async () => {
  await using deps = await openUsers()
  const { id } = await createUser({ username: 'ada' }, deps)

  await assert.rejects(changeUser(id, { username: 'x'.repeat(601) }, deps), {
    code: 'invalid',
    body: { username: ['Ensure this field has no more than 150 characters.'] },
  })
})

test('a user of another system keeps its id, which no other user gets', async () => {
  await using deps = await openUsers()
  const user = await createUser({ id: '7', username: 'ada' }, deps)

  assert.equal(user.id, '7')
  assert.equal((await deps.users.find('id', '7'))?.user.username, 'ada')
  await assert.rejects(createUser({ id: '7', username: 'eve' }, deps), {
    code: 'invalid',
    body: { id: ['A user with that id already exists.'] },
  })
})
