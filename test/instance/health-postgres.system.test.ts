import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { aServer } from '../services/postgres.ts'
import { stopwatch, timed } from '../time.ts'
import { instanceFor, SECRET } from './setup.ts'

test('health reports PostgreSQL down and up again, each time within two seconds', async (t) => {
  const server = await aServer()
  if (typeof server === 'string') return t.skip(server)
  t.after(() => server.stop('immediate'))
  const auth = instanceFor(t, {
    database: server.url,
    secret: SECRET,
    tokens: { revocationMaxAge: '8s' },
  })
  const asked = async () => {
    const { ms, got } = await timed(() => auth.health())
    assert.ok(ms < 2_000, `${ms} ms`)
    return got
  }
  const until = async (status: string, seconds: number) => {
    using watch = stopwatch()
    for (;;) {
      const health = await asked()
      if (health.status === status) return health
      assert.ok(
        watch.ms() < seconds * 1000,
        `${JSON.stringify(health)}, and not ${status}`,
      )
      await sleep(200)
    }
  }
  const before = await until('ok', 20)
  assert.ok(Math.abs(before.clock?.ahead ?? 99) < 1, 'the clocks of one machine agree')

  await server.stop('immediate')
  const down = await until('down', 5)
  assert.equal(down.store.status, 'down')
  await sleep(9_000)
  const cut = await asked()
  assert.deepEqual([cut.store.status, cut.revocations?.status], ['down', 'down'])

  await server.start()
  const back = await until('ok', 15)
  assert.ok(back.revocations!.age < 5)
})
