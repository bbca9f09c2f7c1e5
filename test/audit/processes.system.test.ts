import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Options } from '../../src/settings/options.ts'
import { testClock } from '../../src/testing/clock.ts'
import { folder, instanceFor, PASSWORD, post, SECRET, signIn } from '../instance/setup.ts'
import { DATABASES } from '../stores/databases.ts'
import { timed, until, untilAvailable } from '../time.ts'

/** Two instances on one database, like two processes. */
const instances = (t: TestContext, options: Options) =>
  [1, 2].map(() => instanceFor(t, { secret: SECRET, ...options })) as [
    ReturnType<typeof instanceFor>,
    ReturnType<typeof instanceFor>,
  ]

for (const [name, aDatabase] of Object.entries(DATABASES)) {
  test(`on ${name} a token reused at two processes at once is one event, and both reject the access token within a second (R2)`, async (t) => {
    const database = await aDatabase(t)
    if (typeof database === 'string') return t.skip(database)
    const clock = testClock()
    const [one, two] = instances(t, { database: database.url, clock: clock.now })
    const ann = await one.users.create({ username: 'ann', password: PASSWORD })
    const first = await signIn(one)
    const refreshed = async (refresh: unknown) =>
      (await post(one, '/api/token/refresh/', { refresh: String(refresh) })).body
    // The second token was presented, too: the answer that had it was not lost.
    const third = await refreshed((await refreshed(first.refresh)).refresh)
    await two.migrate()
    clock.advance(60)

    // On a busy machine twenty connections at once take longer than a request waits for one.
    const again = (auth: typeof one): ReturnType<typeof post> =>
      untilAvailable(() =>
        post(auth, '/api/token/refresh/', { refresh: String(first.refresh) }),
      )
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, i) => again(i % 2 ? one : two)),
    )
    assert.deepEqual(new Set(answers.map(({ status }) => status)), new Set([401]))
    for (const auth of [one, two]) {
      const state = () =>
        auth
          .authenticate(
            new Request('http://localhost/', {
              headers: { authorization: `Bearer ${third.access}` },
            }),
          )
          .then(
            () => 'valid',
            () => 'revoked',
          )
      const { ms } = await timed(() =>
        until(async () => (await state()) === 'revoked', 'an access token is valid'),
      )
      assert.ok(ms < 1000, `an access token was valid after ${ms} ms`)
      assert.equal(
        (await post(auth, '/api/token/refresh/', { refresh: String(third.refresh) }))
          .status,
        401,
      )
    }
    // Each process writes its own events.
    await two.events.list()
    const events = await one.events.list({ kind: 'reuse_detected' })
    assert.deepEqual(
      events.map(({ userId, sessionId }) => [userId, sessionId]),
      [[ann.id, (await one.sessions.list(ann.id))[0]?.id]],
    )
  })
}

test('a scheduled key rotation is recorded once', async (t) => {
  const clock = testClock()
  const database = `${folder(t)}/watchword.db`
  const before = instanceFor(t, { database, secret: SECRET, clock: clock.now })
  await before.migrate()
  await before.close()
  clock.advance(91 * 86_400)
  const [one, two] = instances(t, { database, clock: clock.now })
  await Promise.all([one.migrate(), two.migrate()])
  await until(
    async () => (await one.events.list({ kind: 'keys_rotated' })).length > 0,
    'no event',
  )
  await sleep(200)
  const events = await one.events.list({ kind: 'keys_rotated' })
  assert.deepEqual(
    events.map(({ detail, actor }) => [detail.scheduled, actor]),
    [[true, undefined]],
  )
})
