import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { InvalidUser } from '../../src/admin/import-users.ts'
import { apiToken } from '../../src/features/api-tokens/scheme.ts'
import { testInstance } from '../../src/testing/index.ts'
import type { ImportedUser } from '../../src/users/user-input.ts'
import { freshSqlite } from '../stores/sqlite.ts'
import { collected, importTests } from './import.ts'

importTests('SQLite', freshSqlite)

const ada = { id: '7', username: 'ada' }

test('an API token that a failed deletion has left is not that of a user imported with the same id', async () => {
  await using place = await testInstance({ authentication: [apiToken()] })
  const { auth, faults } = place
  await auth.users.import([ada])
  const { token } = await auth.apiTokens.create('7', { name: 'old' })
  const request = () =>
    new Request('http://localhost/', { headers: { authorization: `Token ${token}` } })
  assert.equal((await auth.require(request())).user.id, '7')
  faults.fail('apiTokens.deleteAll')
  await assert.rejects(auth.users.delete('7'), { code: 'store_unavailable' })
  faults.clear()

  await auth.users.import([ada])

  await assert.rejects(auth.require(request()), { code: 'authentication_failed' })
})

test('an import that the store interrupts rejects, and is completed when it is run again', async () => {
  await using place = await testInstance()
  const { auth, faults } = place
  const users = Array.from({ length: 1100 }, (_, n) => ({
    id: `${n}`,
    username: `u${n}`,
  }))

  await assert.rejects(
    auth.users.import(users, {
      progress: ({ created }) => created === 1000 && faults.fail('users.insertAll'),
    }),
    { code: 'store_unavailable' },
  )

  const [event] = await auth.events.list({ kind: 'users_imported' })
  assert.equal(event?.detail.created, 1000)
  faults.clear()
  assert.deepEqual(await auth.users.import(users), {
    created: 100,
    updated: 0,
    skipped: 1000,
    invalid: 0,
  })
})

test('without onInvalid the first user that cannot be imported ends the import', async () => {
  await using place = await testInstance()
  const { auth } = place
  let read = 0
  function* users() {
    for (const username of ['ada', 'a b', 'bea']) {
      read++
      yield { id: username.replace(' ', ''), username }
    }
  }

  await assert.rejects(auth.users.import(users()), {
    code: 'invalid',
    body: {
      username: [
        'Enter a valid username. This value may contain only letters, numbers, and @/./+/-/_ characters.',
      ],
    },
  })

  assert.equal(read, 2)
})

test('an unknown option of an import or an export is an error that names it', async () => {
  await using place = await testInstance()
  const { users } = place.auth

  await assert.rejects(users.import([], { dryrun: true } as object), /dryRun/)
  await assert.rejects(
    collected(users.export({ hashes: true } as object)),
    /passwordHashes/,
  )
})

test('attributes of imported users are checked as the option user says, a user at a time', async () => {
  await using instance = testInstance({ user: { team: 'string', born: 'date?' } })
  const { users } = instance.auth
  const invalid: [unknown, unknown][] = []
  const options = {
    existing: 'update',
    onInvalid: ({ user, errors }: InvalidUser) =>
      void invalid.push([(user as ImportedUser).id, errors.attributes]),
  } as const
  const team = { team: 'blue' }

  const first = await users.import(
    [
      { id: '1', username: 'ada', attributes: { ...team, born: '1815-12-10' } },
      { id: '2', username: 'bob' },
      { id: '3', username: 'cyd', attributes: { ...team, born: 'in spring' } },
      { id: '4', username: 'dee', attributes: { ...team, plan: 'free' } },
      { id: '5', username: 'eve', attributes: {} },
    ],
    options,
  )
  assert.deepEqual(first, { created: 1, updated: 0, skipped: 0, invalid: 4 })
  assert.deepEqual(
    new Map(invalid as never),
    new Map<unknown, unknown>([
      [
        '3',
        ['born: Date has wrong format. Use one of these formats instead: YYYY-MM-DD.'],
      ],
      ['4', ['plan: There is no such field in the option "user".']],
      ['5', ['team: This field is required.']],
      ['2', ['team: This field is required.']],
    ]),
  )

  const second = await users.import([{ id: '1', username: 'ada', staff: true }], options)
  assert.deepEqual(second, { created: 0, updated: 1, skipped: 0, invalid: 0 })
  assert.deepEqual((await users.find('ada'))?.attributes, { ...team, born: '1815-12-10' })
})
