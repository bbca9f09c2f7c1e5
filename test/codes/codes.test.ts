import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { seconds } from '../../src/base/clock.ts'
import { runInContext } from '../../src/base/request-context.ts'
import { issueCode, type NewCode } from '../../src/features/codes/issue.ts'
import { type CodeTarget, limitCodeRequests } from '../../src/features/codes/limits.ts'
import { CODE_LIFETIMES, type CodePurpose } from '../../src/features/codes/purposes.ts'
import {
  type CodeAttempt,
  checkCode,
  redeemCode,
  tryCode,
} from '../../src/features/codes/redeem.ts'
import type { Options } from '../../src/settings/options.ts'
import { cleanUp } from '../cleanup.ts'
import { aFolder } from '../sessions/setup.ts'
import { openCore } from './open-core.ts'

const TARGET = 'ada@example.org'
const PURPOSES = Object.keys(CODE_LIFETIMES) as CodePurpose[]
const INVALID = { code: 'invalid_code', status: 400 } as const

const DIGITS: NewCode = { purpose: 'sign_in', form: 'digits', target: TARGET }
const LINK: NewCode = { purpose: 'reset_password', form: 'link', target: TARGET }

async function setUp(t: TestContext, options: Options = {}) {
  const { core, clock, create, instance } = await openCore(t, options)
  return {
    core,
    clock,
    create,
    instance,
    issue: (code: NewCode) => issueCode(code, core),
    redeem: (attempt: CodeAttempt) => redeemCode(attempt, core),
    kindOf: async (attempt: CodeAttempt) => (await tryCode(attempt, 'redeem', core)).kind,
    limit: (target: CodeTarget, address?: string) =>
      runInContext({ address }, () => limitCodeRequests(target, core)),
  }
}

const DIGITS_ATTEMPT = { purpose: 'sign_in', target: TARGET } as const

test('a link is redeemed once, and returns what was issued', async (t) => {
  const { issue, redeem, kindOf, create } = await setUp(t)
  const user = await create({ username: 'ada', email: TARGET })
  const { secret, expiresAt } = await issue({ ...LINK, user, payload: { next: '/a' } })

  assert.match(secret, /^[\w-]{43}$/)
  assert.deepEqual(await redeem({ purpose: 'reset_password', secret }), {
    purpose: 'reset_password',
    target: TARGET,
    userId: user.id,
    payload: { next: '/a' },
    createdAt: expiresAt - CODE_LIFETIMES.reset_password,
    expiresAt,
  })
  assert.equal(await kindOf({ purpose: 'reset_password', secret }), 'already_redeemed')
  await assert.rejects(redeem({ purpose: 'reset_password', secret }), INVALID)
})

for (const length of [6, 7, 8])
  test(`${length} digits are random, and redeemed with their target only`, async (t) => {
    const { issue, redeem } = await setUp(t, { codes: { digits: length } })
    const secrets = new Set<string>()
    for (let n = 0; n < 20; n++) secrets.add((await issue(DIGITS)).secret)
    const secret = [...secrets].at(-1)!

    assert.ok(secrets.size >= 18, `${secrets.size} of 20`)
    for (const each of secrets) assert.match(each, new RegExp(`^\\d{${length}}$`))
    await assert.rejects(redeem({ purpose: 'sign_in', secret }), INVALID)
    await assert.rejects(
      redeem({ purpose: 'sign_in', secret, target: 'bob@example.org' }),
      INVALID,
    )
    assert.equal((await redeem({ ...DIGITS_ATTEMPT, secret })).target, TARGET)
  })

test('a code of each purpose is refused for every other one (UM-08)', async (t) => {
  const { issue, kindOf } = await setUp(t, { codes: { wrongPerTarget: null } })
  for (const form of ['link', 'digits'] as const) {
    for (const purpose of PURPOSES) {
      const { secret } = await issue({ purpose, form, target: TARGET })
      for (const other of PURPOSES.filter((each) => each !== purpose)) {
        const kind = await kindOf({ purpose: other, secret, target: TARGET })
        assert.notEqual(kind, 'right', `${purpose} for ${other}`)
      }
      assert.equal(await kindOf({ purpose, secret, target: TARGET }), 'right')
    }
  }
})

test('a newer code supersedes the former one, and codes without a target none', async (t) => {
  const { issue, kindOf } = await setUp(t)
  const older = await issue(LINK)
  const newer = await issue(LINK)
  const tickets: string[] = []
  for (let n = 0; n < 3; n++)
    tickets.push((await issue({ purpose: 'second_factor', form: 'link' })).secret)

  const { purpose } = LINK
  assert.equal(await kindOf({ purpose, secret: older.secret }), 'unknown')
  assert.equal(await kindOf({ purpose, secret: newer.secret }), 'right')
  for (const secret of tickets)
    assert.equal(await kindOf({ purpose: 'second_factor', secret }), 'right')
})

test('a code expires at its exact moment, digits after ten minutes at most', async (t) => {
  const { issue, kindOf, clock } = await setUp(t)
  for (const [code, lifetime] of [
    [DIGITS, 600],
    [LINK, 3600],
    [{ ...LINK, lifetime: seconds(7) }, 7],
  ] as const) {
    const { purpose, target } = code as NewCode
    for (const [age, kind] of [
      [lifetime - 1, 'right'],
      [lifetime, 'expired'],
    ] as const) {
      const { secret, expiresAt } = await issue(code)
      assert.equal(expiresAt, clock.now() + lifetime)
      clock.advance(age)
      assert.equal(await kindOf({ purpose, secret, target }), kind)
    }
  }
})

test('after five wrong digits the right ones are refused, also by another process', async (t) => {
  const { issue, kindOf, core } = await setUp(t)
  const { secret } = await issue(DIGITS)
  const wrong = [1, 2, 3, 4, 5].map((n) =>
    String((Number(secret) + n) % 1_000_000).padStart(6, '0'),
  )

  const outcomes = []
  for (const each of wrong)
    outcomes.push(await tryCode({ ...DIGITS_ATTEMPT, secret: each }, 'check', core))

  assert.deepEqual(outcomes, [
    ...[4, 3, 2, 1].map((attemptsLeft) => ({ kind: 'wrong', attemptsLeft })),
    { kind: 'exhausted' },
  ])
  assert.equal(await kindOf({ ...DIGITS_ATTEMPT, secret }), 'exhausted')
})

test('of fifty wrong digits at once five are compared, ten are counted, and the rest is throttled', async (t) => {
  const { issue, redeem, core } = await setUp(t)
  const { secret } = await issue(DIGITS)
  const guess = (n: number) => String((Number(secret) + n) % 1_000_000).padStart(6, '0')

  const outcomes = await Promise.all(
    Array.from({ length: 50 }, (_, n) =>
      tryCode({ ...DIGITS_ATTEMPT, secret: guess(n + 1) }, 'redeem', core).then(
        ({ kind }) => kind,
        (error) => error.code,
      ),
    ),
  )

  const count = (kind: string) => outcomes.filter((each) => each === kind).length
  assert.deepEqual(['wrong', 'exhausted', 'throttled', 'right'].map(count), [4, 6, 40, 0])
  await assert.rejects(redeem({ ...DIGITS_ATTEMPT, secret }), { code: 'throttled' })
})

test('ten wrong digits an hour throttle a target, whatever the number of codes; right ones do not count', async (t) => {
  const { issue, redeem, kindOf, clock } = await setUp(t)
  for (let n = 0; n < 15; n++) {
    const { secret } = await issue(DIGITS)
    await redeem({ ...DIGITS_ATTEMPT, secret })
  }
  for (let n = 0; n < 10; n++) {
    const { secret } = await issue(DIGITS)
    const wrong = secret === '000000' ? '000001' : '000000'
    assert.equal(await kindOf({ ...DIGITS_ATTEMPT, secret: wrong }), 'wrong')
  }
  const { secret } = await issue(DIGITS)

  await assert.rejects(redeem({ ...DIGITS_ATTEMPT, secret }), {
    code: 'throttled',
    retryAfter: 3600,
  })
  const other = { ...DIGITS, target: 'bob@example.org' }
  const { purpose, target } = other
  const ofOther = await issue(other)
  assert.equal(await kindOf({ purpose, target, secret: ofOther.secret }), 'right')
  clock.advance('1h')
  const later = await issue(DIGITS)
  assert.equal(await kindOf({ ...DIGITS_ATTEMPT, secret: later.secret }), 'right')
})

test('wrong digits do not use up a link for the same purpose and target', async (t) => {
  const { issue, kindOf } = await setUp(t, { codes: { wrongPerTarget: null } })
  const { purpose } = LINK
  const { secret } = await issue(LINK)

  for (let n = 0; n < 20; n++)
    assert.equal(
      await kindOf({ purpose, target: TARGET, secret: `10000${n % 10}` }),
      'unknown',
    )
  assert.equal(await kindOf({ purpose, secret }), 'right')
})

test('a check redeems nothing; a ticket is checked as often as its attempts', async (t) => {
  const { issue, redeem, core } = await setUp(t)
  const link = await issue(LINK)
  const attempt = { purpose: 'reset_password', secret: link.secret } as const
  for (let n = 0; n < 20; n++) await checkCode(attempt, core)
  await redeem(attempt)
  await assert.rejects(checkCode(attempt, core), INVALID)

  const purpose = 'second_factor'
  const ticket = await issue({ purpose, form: 'link', attempts: 3 })
  for (let n = 0; n < 3; n++) await checkCode({ purpose, secret: ticket.secret }, core)
  await assert.rejects(checkCode({ purpose, secret: ticket.secret }, core), INVALID)
})

for (const form of ['link', 'digits'] as const)
  test(`a ${form} that is bound to a browser is refused in another`, async (t) => {
    const { issue, kindOf } = await setUp(t)
    const { secret } = await issue({ ...DIGITS, form, binding: 'cookie' })
    const attempt = { ...DIGITS_ATTEMPT, secret }
    const isRight = async (binding?: string) =>
      (await kindOf({ ...attempt, binding })) === 'right'

    assert.equal(await isRight(), false)
    assert.equal(await isRight('another'), false)
    assert.equal(await isRight('cookie'), true)
  })

test('codes issued under an old secret are redeemed beside a new one, and not after it was removed', async (t) => {
  const secrets = [
    'the first secret, long enough for a test',
    'the second secret, long enough for it',
  ]
  const { core, issue, kindOf } = await setUp(t, { secret: secrets[0]! })
  const rotated = await setUp(t, { secret: [secrets[1]!, secrets[0]!] })
  const removed = await setUp(t, { secret: secrets[1]! })
  const onOneStore = (keysOf: typeof core) => ({
    ...core,
    derivedKeys: keysOf.derivedKeys,
  })
  const { secret } = await issue(DIGITS)
  const attempt = { ...DIGITS_ATTEMPT, secret }

  assert.equal((await tryCode(attempt, 'check', onOneStore(removed.core))).kind, 'wrong')
  assert.equal((await tryCode(attempt, 'check', onOneStore(rotated.core))).kind, 'right')
  assert.equal(await kindOf(attempt), 'right')
})

test('what no client was given is refused, whatever it is', async (t) => {
  const { issue, kindOf } = await setUp(t, { codes: { wrongPerTarget: null } })
  await issue(DIGITS)
  await issue(LINK)
  const strange = [
    '',
    ' ',
    '\0',
    '\ud800',
    '１２３４５６',
    '123456\n',
    'x'.repeat(1_000_000),
    '__proto__',
  ]
  for (const purpose of ['sign_in', 'reset_password'] as const)
    for (const secret of strange)
      for (const target of [undefined, TARGET, ...strange])
        assert.equal(await kindOf({ purpose, secret, target }), 'unknown')
})

test('a request for a code is limited by its target, in half a minute and in an hour', async (t) => {
  const { limit, clock } = await setUp(t)
  const target = { purpose: 'sign_in', target: TARGET } as const
  await limit(target)
  await assert.rejects(limit(target), { code: 'throttled', retryAfter: 30 })
  await limit({ ...target, purpose: 'reset_password' })
  await limit({ ...target, target: 'bob@example.org' })

  for (let n = 0; n < 4; n++) {
    clock.advance('30s')
    await limit(target)
  }
  clock.advance('30s')
  await assert.rejects(limit(target), { code: 'throttled', retryAfter: 3450 })
})

test('requests for codes are limited by client and in total, and a refused one uses up no other limit', async (t) => {
  const codes = { perClient: '2/hour', inTotal: '3/hour' } as const
  const { limit } = await setUp(t, { codes })
  const to = (target: string) => ({ purpose: 'sign_in', target }) as const
  await limit(to('a'), '203.0.113.1')
  await limit(to('b'), '203.0.113.1')
  for (let n = 0; n < 5; n++)
    await assert.rejects(limit(to('c'), '203.0.113.1'), { code: 'throttled' })

  await limit(to('c'), '203.0.113.2')
  await assert.rejects(limit(to('d'), '203.0.113.3'), { code: 'throttled' })
})

test('without limits every request passes', async (t) => {
  const codes = { perClient: null, inTotal: null, perTarget: null, resendAfter: 0 }
  const { limit } = await setUp(t, { codes })
  await assert.doesNotReject(async () => {
    for (let n = 0; n < 700; n++) await limit(DIGITS_ATTEMPT, '203.0.113.1')
  })
})

test('deleting a user deletes its codes, and flush those that expired a day ago', async (t) => {
  const { issue, create, core, clock, instance } = await setUp(t)
  const user = await create({ username: 'ada', email: TARGET })
  await issue({ ...LINK, user })
  await issue({ ...DIGITS, target: 'bob@example.org' })
  const { FEATURE_LIST } = await import('../../src/features.ts')
  const codes = FEATURE_LIST.find(({ name }) => name === 'codes')
  const count = async () =>
    (await instance.store.ports.codes.flush(9e9 as never, 100)) as number

  await codes?.onUserDeleted?.(user.id, core)
  clock.advance(600 + 86_400)
  assert.deepEqual(await codes?.flush?.(core, () => {}), { codes: 0 })
  clock.advance(1)
  assert.deepEqual(await codes?.flush?.(core, () => {}), { codes: 1 })
  assert.equal(await count(), 0)
})

test('the database holds no secret of a code (UM-04)', async (t) => {
  const folder = aFolder()
  cleanUp(t, folder.remove)
  const { issue } = await setUp(t, { database: folder.file, codes: { digits: 8 } })
  const secrets: string[] = []
  for (const code of [LINK, DIGITS, { ...LINK, binding: 'value of a cookie' }])
    secrets.push((await issue({ ...code, payload: { kept: 'as it is' } })).secret)

  const stored = readdirSync(folder.folder)
    .map((name) => readFileSync(join(folder.folder, name), 'latin1'))
    .join()
  assert.ok(stored.includes('as it is'))
  for (const secret of [...secrets, 'value of a cookie'])
    assert.ok(!stored.includes(secret), secret)
})

test('the audit log has what happened to a code of a user, and no secret', async (t) => {
  const { issue, create, core, instance } = await setUp(t)
  const user = await create({ username: 'ada', email: TARGET })
  const link = await issue({ ...LINK, user })
  await redeemCode({ purpose: 'reset_password', secret: link.secret }, core)
  const { secret } = await issue({ ...DIGITS, user })
  const wrong = secret === '000000' ? '000001' : '000000'
  for (let n = 0; n < 6; n++)
    await tryCode({ ...DIGITS_ATTEMPT, secret: wrong }, 'redeem', core)
  await issue(DIGITS)
  await core.audit.settled()

  const events = await instance.store.ports.events.list({ limit: 100 })
  const seen = events.map(({ kind, userId, detail }) => [kind, userId, detail.purpose])
  assert.deepEqual(seen.toSorted(), [
    ['code_exhausted', user.id, 'sign_in'],
    ['code_issued', user.id, 'reset_password'],
    ['code_issued', user.id, 'sign_in'],
    ['code_redeemed', user.id, 'reset_password'],
  ])
  const log = JSON.stringify(events)
  for (const each of [link.secret, secret, wrong]) assert.ok(!log.includes(each))
})
