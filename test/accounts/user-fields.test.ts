import assert from 'node:assert/strict'
import { test } from 'node:test'
import { testInstance } from '../../src/testing/index.ts'

const FIELDS = { nickname: 'string?', age: 'number', newsletter: 'boolean?' } as const

test('the fields of the option user are typed in users and in principals', async () => {
  await using app = testInstance({ user: FIELDS })
  const { auth } = app

  const created = await auth.users.create({ username: 'ada', attributes: { age: 36 } })
  const age: number = created.attributes.age
  const nickname: string | undefined = created.attributes.nickname
  const headers = await app.as('ada')
  const { user } = await auth.require(new Request('http://localhost/', { headers }))
  const again: number = user.attributes.age

  assert.deepEqual([age, nickname, again], [36, undefined, 36])
  // @ts-expect-error: there is no such field
  assert.equal(user.attributes.shoeSize, undefined)
  // @ts-expect-error: a field of another type
  await assert.rejects(auth.users.change(created.id, { attributes: { age: '37' } }), {
    code: 'invalid',
  })
})

test('without the option, attributes are anything', async () => {
  await using app = testInstance()
  const attributes = { shoeSize: [43] }
  const user = await app.auth.users.create({ username: 'ada', attributes })
  const size: unknown = user.attributes.shoeSize
  assert.deepEqual(size, [43])
})

test('claims are fields by name, and leave out what a user does not have', async () => {
  await using app = testInstance({
    user: FIELDS,
    tokens: { claims: ['email', 'nickname', 'age'] },
  })
  const { id } = await app.auth.users.create({
    username: 'ada',
    email: 'ada@example.org',
    attributes: { age: 36 },
  })
  const { access } = await app.auth.signIn(id)
  const payload = Buffer.from(access.split('.')[1] ?? '', 'base64url').toString()
  const { email, age, ...others } = JSON.parse(payload)

  assert.deepEqual([email, age], ['ada@example.org', 36])
  assert.ok(!('nickname' in others) && !('username' in others))
})
