import assert from 'node:assert/strict'
import { test } from 'node:test'
import { testInstance } from '../../src/testing/index.ts'
import { HOSTILE, outcomeOf, verbsOf } from './hostile-arguments.ts'

const app = testInstance({ roles: { editor: ['posts.change'] } })
test.after(() => app.auth.close())
const { id } = await app.auth.users.create({ username: 'rui' })

for (const [verb, call] of Object.entries(verbsOf(app.auth as never, id))) {
  test(`${verb} answers every value with a result or an AuthError`, async () => {
    for (const [what, value] of Object.entries(HOSTILE))
      await outcomeOf(call, value, `${verb}(${what})`)
  })
}

for (const [what, value] of Object.entries({
  BigInt: 10n,
  NaN: Number.NaN,
  Map: new Map(),
  function: () => 1,
  symbol: Symbol('s'),
  'invalid date': new Date(Number.NaN),
  'undefined in a list': [undefined],
  nested: { deep: [{ deeper: 1n }] },
  NUL: 'a\0b',
  'lone surrogate': '\ud800',
  'NUL in a name': { 'a\0b': 1 },
  circular: HOSTILE.circular,
})) {
  test(`an attribute that JSON or a database cannot hold is a field error: ${what}`, async () => {
    for (const call of [
      () => app.auth.users.create({ username: 'ada', attributes: { value } }),
      () => app.auth.users.change(id, { attributes: { value } }),
    ])
      await assert.rejects(call, ({ code, body }) => {
        assert.deepEqual([code, Object.keys(body)], ['invalid', ['attributes']])
        return true
      })
  })
}

test('attributes are read once, at a creation as at a change', async () => {
  let read = 0
  const update = {
    get attributes() {
      read += 1
      return { toJSON: () => ({ city: `city ${read}` }) }
    },
  }
  const given = Object.defineProperties(
    { username: 'grace' },
    Object.getOwnPropertyDescriptors(update),
  )
  const created = await app.auth.users.create(given)
  assert.deepEqual([created.attributes, read], [{ city: 'city 1' }, 1])
  const changed = await app.auth.users.change(created.id, update)
  assert.deepEqual([changed?.attributes, read], [{ city: 'city 2' }, 2])
})

test('attributes are returned as they will be read', async () => {
  const attributes = {
    born: new Date(0),
    nick: undefined,
    list: [null, 1, { a: '' }],
    zero: -0,
  }
  const { id, attributes: returned } = await app.auth.users.create({
    username: 'eve',
    attributes,
  })
  const expected = {
    born: '1970-01-01T00:00:00.000Z',
    list: [null, 1, { a: '' }],
    zero: 0,
  }
  assert.deepEqual(returned, expected)
  assert.deepEqual((await app.auth.users.find({ id }))?.attributes, expected)
})

test('an actor with characters that a database cannot store is recorded with replacements', async () => {
  await app.auth.events.by('staff\0\ud800', () =>
    app.auth.users.change(id, { staff: true }),
  )
  const [event] = await app.auth.events.list({ userId: id, limit: 1 })
  assert.equal(event?.actor, 'staff\ufffd\ufffd')
})

test('ids that no row can hold are not found', async () => {
  const { users, sessions, apiTokens } = app.auth
  for (const none of ['a\0b', '\ud800']) {
    assert.equal(await users.find({ id: none }), undefined)
    assert.equal(await users.change(none, { staff: true }), undefined)
    assert.equal(await users.delete(none), false)
    assert.deepEqual(await sessions.list(none), [])
    assert.equal(await sessions.revoke(none), false)
    assert.equal(await sessions.revokeAll(none), 0)
    assert.equal(await apiTokens.revoke(none), undefined)
    assert.equal(await apiTokens.revokeAll(none), 0)
  }
})
