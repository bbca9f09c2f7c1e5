import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Options } from '../../src/settings/options.ts'
import {
  folder,
  instanceFor,
  PASSWORD,
  post,
  SECRET,
  signIn,
  stillClock,
} from '../instance/setup.ts'
import { DATABASES } from '../stores/databases.ts'

/** Two instances on one database, as two processes have. */
const houses = (t: TestContext, options: Options) =>
  [1, 2].map(() => instanceFor(t, { secret: SECRET, ...options })) as [
    ReturnType<typeof instanceFor>,
    ReturnType<typeof instanceFor>,
  ]

for (const [name, aDatabase] of Object.entries(DATABASES)) {
  test(`a spent token that comes back to two processes at once is one event on ${name}, and its access token is dead in both within a second (R2)`, async (t) => {
    const database = await aDatabase(t)
    if (typeof database === 'string') return t.skip(database)
    const { clock, pass } = stillClock()
    const [one, two] = houses(t, { database: database.url, clock })
    const ann = await one.users.create({ username: 'ann', password: PASSWORD })
    const first = await signIn(one)
    const second = (
      await post(one, '/api/token/refresh/', { refresh: String(first.refresh) })
    ).body
    await two.migrate()
    pass(60)

    const again = (auth: typeof one) =>
      post(auth, '/api/token/refresh/', { refresh: String(first.refresh) })
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, i) => again(i % 2 ? one : two)),
    )
    assert.deepEqual(new Set(answers.map(({ status }) => status)), new Set([401]))
    for (const auth of [one, two]) {
      const who = () =>
        auth
          .authenticate(
            new Request('http://localhost/', {
              headers: { authorization: `Bearer ${second.access}` },
            }),
          )
          .then(
            () => 'alive',
            () => 'dead',
          )
      for (let i = 0; (await who()) === 'alive'; i++) {
        assert.ok(i < 20, 'an access token is alive after a second')
        await sleep(50)
      }
      assert.equal(
        (await post(auth, '/api/token/refresh/', { refresh: String(second.refresh) }))
          .status,
        401,
      )
    }
    // Each waits for its own.
    await two.events.list()
    const events = await one.events.list({ kind: 'reuse_detected' })
    assert.deepEqual(
      events.map(({ userId, sessionId }) => [userId, sessionId]),
      [[ann.id, (await one.sessions.list(ann.id))[0]?.id]],
    )
  })
}

test('a key that is rotated because its time has come is an event, once', async (t) => {
  const { clock, pass } = stillClock()
  const database = `${folder(t)}/watchword.db`
  const before = instanceFor(t, { database, secret: SECRET, clock })
  await before.migrate()
  await before.close()
  pass(91 * 86_400)
  const [one, two] = houses(t, { database, clock })
  await Promise.all([one.migrate(), two.migrate()])
  for (let i = 0; (await one.events.list({ kind: 'keys_rotated' })).length === 0; i++) {
    assert.ok(i < 60, 'no event')
    await sleep(50)
  }
  await sleep(200)
  const events = await one.events.list({ kind: 'keys_rotated' })
  assert.deepEqual(
    events.map(({ detail, actor }) => [detail.scheduled, actor]),
    [[true, undefined]],
  )
})
