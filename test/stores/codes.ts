import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { minutes } from '../../src/base/clock.ts'
import type {
  CodeDigest,
  CodeId,
  CodeUser,
  PresentedCode,
  StoredCode,
} from '../../src/features/codes/code.ts'
import type { InstanceStore } from '../../src/features.ts'
import type { JointWrite } from '../../src/users/joint-write.ts'
import type { UserId } from '../../src/users/user.ts'
import type { NewUser, UserChange } from '../../src/users/users.ts'
import { at, NOON, vitor } from '../sessions/setup.ts'
import type { FreshDatabase } from './sqlite.ts'

/** Callers at once, distributed over four stores, as in four processes. */
const CALLERS = 50

const ada: NewUser = {
  ...vitor,
  id: 'ada' as UserId,
  username: 'ada',
  usernameKey: 'ada',
  email: 'ada@example.org',
  phone: '+351912345678',
}
const asRead: CodeUser = {
  id: ada.id,
  epoch: 0,
  active: true,
  email: 'ada@example.org',
  phone: '+351912345678',
}

const digits = (more: Partial<StoredCode> = {}): StoredCode => ({
  id: 'c1' as CodeId,
  purpose: 'sign_in',
  form: 'digits',
  target: 'ada@example.org',
  user: undefined,
  digest: 'right' as CodeDigest,
  payload: { next: '/home' },
  attempts: 0,
  maxAttempts: 5,
  createdAt: NOON,
  expiresAt: at(NOON, minutes(10)),
  redeemedAt: undefined,
  ...more,
})
const link = (more: Partial<StoredCode> = {}): StoredCode =>
  digits({ form: 'link', maxAttempts: undefined, purpose: 'reset_password', ...more })

/** @param secret the digest of what is presented */
const presented = (code: StoredCode, secret = 'right'): PresentedCode => ({
  purpose: code.purpose,
  form: code.form,
  target: code.form === 'link' ? undefined : code.target,
  digests: ['of another key' as CodeDigest, secret as CodeDigest],
})

/** What voids the codes of a user. */
const CHANGES: Readonly<
  Record<string, (store: InstanceStore['ports']) => Promise<unknown>>
> = {
  'a new password': ({ users }) => users.setPassword(ada.id, 'new'),
  'another email address': ({ users }) =>
    users.change(ada.id, { email: 'new@example.org' }),
  'a removed email address': ({ users }) => users.change(ada.id, { email: undefined }),
  'another phone number': ({ users }) => users.change(ada.id, { phone: '+351912345670' }),
  'the deactivation': ({ users }) => users.change(ada.id, { active: false }),
  'the deletion': ({ users }) => users.delete(ada.id),
}

/** What does not. */
const HARMLESS: Readonly<Record<string, UserChange>> = {
  'another name': { username: 'ada2', usernameKey: 'ada2' },
  roles: { roles: ['editor'], attributes: { a: 1 }, lastLoginAt: NOON },
}

/** One-time codes: what happens once, and what voids a code. */
export function codeTests(database: string, fresh: FreshDatabase): void {
  const on = (
    title: string,
    body: (
      stores: readonly InstanceStore[],
      ports: InstanceStore['ports'],
    ) => Promise<void>,
  ) =>
    test(`${database}: ${title}`, async (t: TestContext) => {
      const place = await fresh(t)
      if (typeof place === 'string') return t.skip(place)
      const stores: InstanceStore[] = []
      for (let n = 0; n < 4; n++) stores.push(await place.open())
      await body(stores, stores[0]!.ports)
    })
  const each = <T>(
    stores: readonly InstanceStore[],
    ask: (ports: InstanceStore['ports'], n: number) => Promise<T>,
  ): Promise<T[]> =>
    Promise.all(Array.from({ length: CALLERS }, (_, n) => ask(stores[n % 4]!.ports, n)))

  on(
    'the code that was issued last is found by its purpose and target',
    async (_, ports) => {
      const { codes } = ports
      await codes.issue(link())
      assert.deepEqual(await codes.findIssued('reset_password', link().target), link())
      const newer = link({ id: 'c2' as CodeId, digest: 'newer' as CodeDigest })
      await codes.issue(newer)
      assert.deepEqual(await codes.findIssued('reset_password', link().target), newer)
      assert.equal(await codes.findIssued('sign_in', link().target), undefined)
      assert.equal(
        await codes.findIssued('reset_password', 'grace@example.org'),
        undefined,
      )
    },
  )

  for (const code of [
    digits(),
    link(),
    digits({ user: asRead }),
    link({ user: asRead }),
  ]) {
    const what = `${code.form} of ${code.user === undefined ? 'nobody' : 'a user'}`
    on(
      `of ${CALLERS} redemptions at once of ${what} one succeeds`,
      async (stores, ports) => {
        await ports.users.insert(ada)
        assert.equal(await ports.codes.issue(code), true)

        const outcomes = await each(stores, ({ codes }) =>
          codes.attempt(presented(code), at(NOON, 1), 'redeem'),
        )

        const redeemed = outcomes.filter((outcome) => outcome !== undefined)
        assert.deepEqual(redeemed, [
          { code: { ...code, redeemedAt: at(NOON, 1) }, isRight: true },
        ])
        // Also after the clock was set back.
        const later = await ports.codes.attempt(presented(code), at(NOON, -600), 'redeem')
        assert.equal(later, undefined)
      },
    )
  }

  on(
    `of ${CALLERS} users at once one is inserted with a link, and a user who is not inserted does not redeem it`,
    async (stores, ports) => {
      await ports.users.insert(ada)
      await ports.codes.issue(link())
      const redeeming =
        ({ codes }: InstanceStore['ports']): JointWrite =>
        (to) =>
          codes.redeemIn(to, presented(link()), at(NOON, 1))
      assert.equal(await ports.users.insert(ada, redeeming(ports)), false)

      const inserted = await Promise.allSettled(
        Array.from({ length: CALLERS }, (_, n) => {
          const { ports: own } = stores[n % 4] ?? { ports }
          const names = { id: `u${n}` as UserId, username: `u${n}`, usernameKey: `u${n}` }
          return own.users.insert({ ...vitor, ...names }, redeeming(own))
        }),
      )

      const done = inserted.filter(({ status }) => status === 'fulfilled')
      assert.equal(done.length, 1)
      assert.equal(await ports.users.count(), 2)
      for (const each of inserted)
        if (each.status === 'rejected') assert.equal(each.reason.code, 'invalid_code')
    },
  )

  on(
    'a notice is in the outbox only with the password that it is about',
    async (_, { users, outbox }) => {
      await users.insert(ada)
      const message = { id: 'm', sealed: 's', attempts: 0, dueAt: NOON, expiresAt: NOON }
      const joint: JointWrite = (to) => outbox.insertIn(to, message)
      assert.equal(await users.setPassword(ada.id, 'new', { epoch: 9 }, joint), false)
      assert.deepEqual(await outbox.due(NOON, 9), [])
      assert.equal(await users.setPassword(ada.id, 'new', { epoch: 0 }, joint), true)
      assert.deepEqual(await outbox.due(NOON, 9), [message])
      const failing = users.setPassword(ada.id, 'newer', { epoch: 1 }, joint)
      await assert.rejects(failing, 'the same id twice')
      assert.equal((await users.read('id', ada.id))?.hash, 'new')

      await outbox.replace({ id: 'm', sealed: 'final', dueAt: at(NOON, 1) })
      const [replaced] = await outbox.due(at(NOON, 1), 9)
      assert.equal(replaced?.sealed, 'final')
      assert.ok(replaced !== undefined && (await outbox.claim(replaced, at(NOON, 60))))
      await outbox.replace({ id: 'm', sealed: 'late', dueAt: NOON })
      assert.equal((await outbox.due(at(NOON, 60), 9))[0]?.sealed, 'final')
    },
  )

  for (const mode of ['redeem', 'check'] as const)
    on(
      `of ${CALLERS} wrong digits at once five are compared (${mode}), and then the right ones are not`,
      async (stores, ports) => {
        await ports.codes.issue(digits())

        const outcomes = await each(stores, ({ codes }, n) =>
          codes.attempt(presented(digits(), `wrong ${n}`), NOON, mode),
        )

        const counted = outcomes.flatMap((outcome) => outcome?.code.attempts ?? [])
        assert.deepEqual(counted.toSorted(), [1, 2, 3, 4, 5])
        assert.ok(outcomes.every((outcome) => outcome?.isRight !== true))
        const right = await ports.codes.attempt(presented(digits()), NOON, 'redeem')
        assert.equal(right, undefined)
      },
    )

  on(
    'of checks at once of a link with attempts that many succeed, and it is redeemed once',
    async (stores, ports) => {
      const ticket = link({ maxAttempts: 3, purpose: 'second_factor' })
      await ports.codes.issue(ticket)

      const checks = await each(stores, ({ codes }) =>
        codes.attempt(presented(ticket), NOON, 'check'),
      )
      assert.equal(checks.filter((outcome) => outcome?.isRight).length, 3)
      const redeemed = await each(stores, ({ codes }) =>
        codes.attempt(presented(ticket), NOON, 'redeem'),
      )
      assert.equal(redeemed.filter((outcome) => outcome?.isRight).length, 1)
      assert.equal(await ports.codes.attempt(presented(ticket), NOON, 'check'), undefined)
    },
  )

  on(
    `of ${CALLERS} codes issued at once for one target one is left`,
    async (stores, ports) => {
      const issued = await each(stores, async ({ codes }, n) => {
        const code = link({ id: `c${n}` as CodeId, digest: `d${n}` as CodeDigest })
        await codes.issue(code)
        return code
      })

      const found: string[] = []
      for (const code of issued)
        if ((await ports.codes.find(presented(code, code.digest))) !== undefined)
          found.push(code.id)
      assert.equal(found.length, 1)
    },
  )

  on(
    'a newer code supersedes the one of its purpose and target only',
    async (_, ports) => {
      const { codes } = ports
      const older = [
        digits({ attempts: 5 }),
        digits({ id: 'c2' as CodeId, purpose: 'verify_email' }),
        digits({ id: 'c3' as CodeId, target: 'bob@example.org' }),
      ]
      for (const code of older) await codes.issue(code)
      await codes.issue(digits({ id: 'c4' as CodeId, digest: 'newer' as CodeDigest }))

      const [first, ...others] = older
      assert.equal(
        (await codes.attempt(presented(first!), NOON, 'check'))?.isRight,
        false,
      )
      const newer = await codes.attempt(presented(first!, 'newer'), NOON, 'redeem')
      assert.equal(newer?.isRight, true)
      for (const code of others)
        assert.equal(
          (await codes.attempt(presented(code), NOON, 'redeem'))?.isRight,
          true,
        )
    },
  )

  on('a code is for its purpose, target and form only', async (_, { codes }) => {
    await codes.issue(digits())
    await codes.issue(link({ id: 'c2' as CodeId }))
    const foreign: readonly PresentedCode[] = [
      { ...presented(digits()), purpose: 'verify_email' },
      { ...presented(digits()), target: 'bob@example.org' },
      { ...presented(digits()), form: 'link' },
      { ...presented(link()), purpose: 'invitation' },
      { ...presented(link()), target: 'bob@example.org' },
      { ...presented(link()), form: 'digits', target: 'ada@example.org' },
    ]

    for (const each of foreign)
      assert.equal(await codes.attempt(each, NOON, 'redeem'), undefined)
    for (const code of [digits(), link()])
      assert.equal((await codes.attempt(presented(code), NOON, 'redeem'))?.isRight, true)
  })

  on('a code expires at its exact moment', async (_, { codes }) => {
    for (const code of [digits(), link({ id: 'c2' as CodeId })]) {
      await codes.issue(code)
      const end = code.expiresAt
      assert.equal(await codes.attempt(presented(code), end, 'redeem'), undefined)
      const before = await codes.attempt(presented(code), at(end, -0.001), 'redeem')
      assert.equal(before?.isRight, true)
    }
  })

  for (const [what, change] of Object.entries(CHANGES))
    on(
      `${what} voids the codes of a user, but one for the id alone outlives all but the deletion`,
      async (_, ports) => {
        await ports.users.insert(ada)
        const bound = [
          digits({ user: asRead }),
          link({ id: 'c2' as CodeId, user: asRead }),
        ]
        const undo = link({
          id: 'c3' as CodeId,
          purpose: 'undo_change_email',
          user: { id: ada.id },
        })
        for (const code of [...bound, undo])
          assert.equal(await ports.codes.issue(code), true)

        await change(ports)

        for (const code of bound)
          assert.equal(
            await ports.codes.attempt(presented(code), NOON, 'redeem'),
            undefined,
          )
        const left = await ports.codes.attempt(presented(undo), NOON, 'redeem')
        assert.equal(left?.isRight, what === 'the deletion' ? undefined : true)
      },
    )

  for (const [what, change] of Object.entries(HARMLESS))
    on(`${what} does not void the codes of a user`, async (_, ports) => {
      await ports.users.insert({ ...ada, phone: undefined })
      const code = digits({ user: { ...asRead, phone: undefined } })
      await ports.codes.issue(code)

      await ports.users.change(ada.id, change)

      assert.equal(
        (await ports.codes.attempt(presented(code), NOON, 'redeem'))?.isRight,
        true,
      )
    })

  on('codes of a user can be deleted from a moment on', async (_, ports) => {
    await ports.users.insert(ada)
    const codeAt = (seconds: number, target: string) =>
      link({
        id: target as never,
        digest: `digest of ${target}` as never,
        target,
        user: { id: ada.id },
        createdAt: at(NOON, seconds),
      })
    const before = codeAt(-1, 'before')
    const codes = [before, codeAt(0, 'same'), codeAt(1, 'after')]
    for (const code of codes) assert.ok(await ports.codes.issue(code))
    await ports.codes.issue(link({ target: 'of nobody', user: undefined }))

    assert.equal(await ports.codes.deleteSince(ada.id, NOON), 2)
    const found = { ...presented(before), target: 'before', digests: [before.digest] }
    assert.equal((await ports.codes.find(found))?.target, 'before')
  })

  on('a code that was issued to an inactive user is valid', async (_, ports) => {
    await ports.users.insert({ ...ada, active: false })
    const code = link({ purpose: 'verify_email', user: { ...asRead, active: false } })
    await ports.codes.issue(code)

    assert.equal(
      (await ports.codes.attempt(presented(code), NOON, 'redeem'))?.isRight,
      true,
    )
  })

  on('no code is issued for a user who is gone or has changed', async (_, ports) => {
    assert.equal(await ports.codes.issue(digits({ user: asRead })), false)
    assert.equal(await ports.codes.issue(digits({ user: { id: ada.id } })), false)
    await ports.users.insert(ada)
    await ports.users.setPassword(ada.id, 'new')

    assert.equal(await ports.codes.issue(digits({ user: asRead })), false)
    assert.equal(await ports.codes.find(presented(digits())), undefined)
  })

  on('flush deletes what expired, and deleteAll what is of a user', async (_, ports) => {
    await ports.users.insert(ada)
    const expired = Array.from({ length: 7 }, (_, n) =>
      link({ id: `e${n}` as CodeId, target: `t${n}`, digest: `d${n}` as CodeDigest }),
    )
    const own = link({ id: 'own' as CodeId, user: asRead, expiresAt: at(NOON, 9e5) })
    for (const code of [...expired, own]) await ports.codes.issue(code)

    assert.equal(await ports.codes.flush(at(NOON, 601), 5), 5)
    assert.equal(await ports.codes.flush(at(NOON, 601), 5), 2)
    assert.equal(await ports.codes.flush(at(NOON, 601), 5), 0)
    assert.equal((await ports.codes.find(presented(own)))?.id, 'own')
    assert.equal(await ports.codes.deleteAll(vitor.id), 0)
    assert.equal(await ports.codes.deleteAll(ada.id), 1)
    assert.equal(await ports.codes.find(presented(own)), undefined)
  })
}
