import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { type TestContext, test } from 'node:test'
import { aFolder, NOON, vitor } from '../../../test/sessions/setup.ts'
import { days, type Seconds, seconds, type UnixSeconds } from '../../base/clock.ts'
import { systemRandom } from '../../base/random.ts'
import type { PortsOf } from '../../stores/extension.ts'
import { sqliteStore } from '../../stores/sqlite/store.ts'
import type { Store } from '../../stores/store.ts'
import type { UserId } from '../../users/user.ts'
import {
  type ApiTokenId,
  apiTokenOf,
  digestOf,
  type StoredApiToken,
} from './api-token.ts'
import { derivedToken } from './derived-token.ts'
import { type ApiTokenInput, issueApiToken } from './issue.ts'
import { apiTokenStore } from './sql.ts'

const KEYS = [Buffer.alloc(32, 1), Buffer.alloc(32, 2), Buffer.alloc(32, 3)] as const
const at = (moment: UnixSeconds) => () => moment
const later = (length: number): UnixSeconds => (NOON + length) as UnixSeconds
const another = { ...vitor, id: 'b2' as UserId, username: 'ada', usernameKey: 'ada' }

type ApiTokenStore = Store<PortsOf<readonly [typeof apiTokenStore]>>

/** A store with two users. */
async function setUp(t: TestContext, file = ':memory:') {
  const store = sqliteStore({ file, extensions: [apiTokenStore] })
  t.after(() => store.close())
  await store.ports.users.insert(vitor)
  await store.ports.users.insert(another)
  return { store, issue: issuerOn(store), derive: deriverOn(store) }
}

const issuerOn =
  ({ ports: { apiTokens } }: ApiTokenStore) =>
  (input: ApiTokenInput = {}, clock = at(NOON)) =>
    issueApiToken(vitor.id, input, { apiTokens, clock, random: systemRandom })

const deriverOn =
  ({ ports: { apiTokens } }: ApiTokenStore) =>
  (options: { reset?: boolean; keys?: readonly Uint8Array[]; user?: UserId } = {}) => {
    const derivingKeys = () => options.keys ?? [KEYS[0]]
    return derivedToken(
      options.user ?? vitor.id,
      { apiTokens, clock: at(NOON), random: systemRandom, derivingKeys },
      options,
    )
  }

function fileOf(t: TestContext): string {
  const { file, remove } = aFolder()
  t.after(remove)
  return file
}

test('a new token has a prefix and 256 random bits, and is found by its complete value only', async (t) => {
  const { store, issue } = await setUp(t)

  const { token, record } = await issue({
    name: 'nightly export',
    scopes: ['posts:read', 'posts:read'],
  })

  assert.match(token, /^ww_[\w-]{43}$/)
  const found = await store.ports.apiTokens.find(digestOf(token), NOON)
  assert.deepEqual(found && apiTokenOf(found), record)
  assert.deepEqual(record, {
    id: record.id,
    userId: vitor.id,
    hint: token.slice(0, 11),
    name: 'nightly export',
    scopes: ['posts:read'],
    createdAt: NOON,
    expiresAt: undefined,
    derived: false,
    kind: undefined,
  })
  for (const wrong of [
    token.slice(0, -1),
    `${token}A`,
    token.toLowerCase(),
    record.hint,
    record.id,
    '',
  ]) {
    assert.equal(
      await store.ports.apiTokens.find(digestOf(wrong), NOON),
      undefined,
      wrong,
    )
  }
})

test('the database contains no token in plain text', async (t) => {
  const file = fileOf(t)
  const { store, issue, derive } = await setUp(t, file)
  const texts = [(await issue()).token.slice(3), (await derive()).token]
  await store.close()

  const bytes = readFileSync(file)

  for (const text of texts) {
    assert.ok(bytes.includes(text.slice(0, 8)), 'what lists show of it is there')
    assert.ok(!bytes.includes(text.slice(9)), 'more than lists show of it is there')
    assert.ok(bytes.includes(digestOf(text.length === 40 ? text : `ww_${text}`)))
  }
})

for (const [what, input, field] of [
  ['an empty name', { name: '' }, 'name'],
  ['a name that moves the cursor', { name: 'a\u001b[2J' }, 'name'],
  ['a name without end', { name: 'a'.repeat(151) }, 'name'],
  ['a scope with a blank', { scopes: ['posts read'] }, 'scopes'],
  ['a scope with a quote', { scopes: ['"'] }, 'scopes'],
  ['an empty scope', { scopes: [''] }, 'scopes'],
  ['a lifetime of 0', { expiresIn: seconds(0) }, 'expiresIn'],
  ['a negative lifetime', { expiresIn: seconds(-1) }, 'expiresIn'],
  ['a lifetime of NaN', { expiresIn: Number.NaN as Seconds }, 'expiresIn'],
  ['a lifetime above a hundred years', { expiresIn: days(36_526) }, 'expiresIn'],
  ['a prefix with an underscore', { prefix: 'a_b' }, 'prefix'],
  ['a prefix of eleven letters', { prefix: 'a'.repeat(11) }, 'prefix'],
] as const) {
  test(`issuing a token with ${what} is rejected`, async (t) => {
    const { store, issue } = await setUp(t)

    await assert.rejects(issue(input), (error: { code?: string; body?: object }) => {
      assert.deepEqual([error.code, Object.keys(error.body ?? {})], ['invalid', [field]])
      return true
    })
    assert.deepEqual(await store.ports.apiTokens.list(vitor.id), [])
  })
}

test('a token is rejected from the second of its expiry', async (t) => {
  const { store, issue } = await setUp(t)
  const { token } = await issue({ expiresIn: days(90) })
  const digest = digestOf(token)

  assert.ok(await store.ports.apiTokens.find(digest, later(days(90) - 0.001)))
  assert.equal(await store.ports.apiTokens.find(digest, later(days(90))), undefined)
})

test('a derived token is 40 hexadecimal digits, the same at each call and different for each user', async (t) => {
  const { store, derive } = await setUp(t)

  const first = await derive()

  assert.match(first.token, /^[0-9a-f]{40}$/)
  assert.equal(first.record.hint, first.token.slice(0, 8))
  assert.equal(first.record.derived, true)
  assert.deepEqual(await derive(), first)
  assert.deepEqual(
    apiTokenOf((await store.ports.apiTokens.find(digestOf(first.token), NOON))!),
    first.record,
  )
  assert.notEqual((await derive({ user: another.id })).token, first.token)
})

test('a reset issues another token and revokes the old one', async (t) => {
  const { store, derive } = await setUp(t)
  const old = await derive()

  const fresh = await derive({ reset: true })

  assert.notEqual(fresh.token, old.token)
  assert.deepEqual(await derive(), fresh)
  assert.equal(await store.ports.apiTokens.find(digestOf(old.token), NOON), undefined)
  assert.equal((await store.ports.apiTokens.list(vitor.id)).length, 1)
})

test('Z20: 500 derived tokens are all different', async (t) => {
  const { derive } = await setUp(t)
  const texts = new Set<string>()

  for (let i = 0; i < 500; i++) texts.add((await derive({ reset: true })).token)

  assert.equal(texts.size, 500)
  for (const text of texts) assert.match(text, /^[0-9a-f]{40}$/)
})

test('concurrent first requests through two stores on one file get the same token', async (t) => {
  const file = fileOf(t)
  const { store, derive } = await setUp(t, file)
  const other = sqliteStore({ file, extensions: [apiTokenStore] })
  t.after(() => other.close())
  await other.migrate()
  const deriveThere = deriverOn(other)

  const given = await Promise.all(
    Array.from({ length: 40 }, (_, i) => (i % 2 === 0 ? derive() : deriveThere())),
  )

  assert.equal(new Set(given.map(({ token }) => token)).size, 1)
  assert.equal((await store.ports.apiTokens.list(vitor.id)).length, 1)
})

test('concurrent resets get the same new token', async (t) => {
  const { store, derive } = await setUp(t)
  const old = await derive()

  const given = await Promise.all(
    Array.from({ length: 20 }, () => derive({ reset: true })),
  )

  const now = await derive()
  assert.notEqual(now.token, old.token)
  for (const { token } of given) assert.equal(token, now.token)
  assert.equal((await store.ports.apiTokens.list(vitor.id)).length, 1)
})

test('two users whose rows have the same nonce have different tokens', async (t) => {
  const { store } = await setUp(t)
  const random = (size: number): Uint8Array => new Uint8Array(size).fill(7)
  const tokens = await Promise.all(
    [vitor.id, another.id].map(async (id) => {
      const notInserting = {
        ...store.ports.apiTokens,
        insertDerived: async (token: StoredApiToken) => token,
      }
      const shown = await derivedToken(id, {
        apiTokens: notInserting,
        clock: at(NOON),
        random,
        derivingKeys: () => KEYS,
      })
      return shown.token
    }),
  )

  assert.equal(new Set(tokens).size, 2)
})

test('an older secret still derives its tokens, and new ones are derived from the first secret', async (t) => {
  const { derive } = await setUp(t)
  const old = await derive({ keys: [KEYS[1]] })

  assert.deepEqual(await derive({ keys: [KEYS[0], KEYS[1]] }), old)
  const fresh = await derive({ keys: [KEYS[0], KEYS[1]], reset: true })
  assert.deepEqual(await derive({ keys: [KEYS[0]] }), fresh)
})

test('a token that no secret derives any more stays valid until its user requests it, and is then replaced', async (t) => {
  const { store, derive } = await setUp(t)
  const old = await derive({ keys: [KEYS[1]] })
  assert.ok(await store.ports.apiTokens.find(digestOf(old.token), NOON))

  const fresh = await derive({ keys: [KEYS[0], KEYS[2]] })

  assert.notEqual(fresh.token, old.token)
  assert.equal(await store.ports.apiTokens.find(digestOf(old.token), NOON), undefined)
  assert.deepEqual(await derive({ keys: [KEYS[0]] }), fresh)
})

test('a token is found by its id or its first characters', async (t) => {
  const { store, issue, derive } = await setUp(t)
  const [{ record }, { record: derived }] = [await issue(), await derive()]

  for (const token of [record, derived]) {
    assert.deepEqual(await store.ports.apiTokens.findByIdOrHint(token.id), [token])
    assert.deepEqual(await store.ports.apiTokens.findByIdOrHint(token.hint), [token])
  }
  for (const nothing of [
    '',
    'ww_',
    record.hint.slice(0, -1),
    '%',
    record.id.toUpperCase(),
  ]) {
    assert.deepEqual(await store.ports.apiTokens.findByIdOrHint(nothing), [], nothing)
  }
})

test('flush deletes expired tokens and tokens of deleted users', async (t) => {
  const { store, issue, derive } = await setUp(t)
  const [{ record: kept }, { record: dead }] = [
    await issue({ expiresIn: days(2) }),
    await issue({ expiresIn: days(1) }),
  ]
  const { record: derived } = await derive()
  await derive({ user: another.id })
  await store.ports.users.delete(another.id)

  assert.equal(await store.ports.apiTokens.flush(later(days(1) + 1), 1), 1)
  assert.equal(await store.ports.apiTokens.flush(later(days(1) + 1), 10), 1)
  assert.equal(await store.ports.apiTokens.flush(later(days(1) + 1), 10), 0)

  assert.deepEqual(
    new Set((await store.ports.apiTokens.list(vitor.id)).map(({ id }) => id)),
    new Set([kept.id, derived.id]),
  )
  assert.deepEqual(await store.ports.apiTokens.list(another.id), [])
  assert.equal(await store.ports.apiTokens.delete(dead.id as ApiTokenId), false)
  assert.equal(await store.ports.apiTokens.delete('nobody' as ApiTokenId), false)
  assert.equal(await store.ports.apiTokens.delete(kept.id as ApiTokenId), true)
  assert.equal(await store.ports.apiTokens.deleteAll(vitor.id), 1)
})
