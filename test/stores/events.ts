import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { StoredEvent } from '../../src/audit/event.ts'
import type { UnixSeconds } from '../../src/base/clock.ts'
import { hexId, systemRandom } from '../../src/base/random.ts'
import type { EventKind } from '../../src/features.ts'
import type { SessionId } from '../../src/sessions/session.ts'
import type { UserId } from '../../src/users/user.ts'
import type { FreshDatabase } from './sqlite.ts'

const event = (at: number, fields: Partial<StoredEvent> = {}): StoredEvent => ({
  id: hexId(systemRandom),
  at: at as UnixSeconds,
  kind: 'signed_in',
  userId: undefined,
  sessionId: undefined,
  actor: undefined,
  address: undefined,
  requestId: undefined,
  detail: {},
  ...fields,
})

const moment = (at: number): UnixSeconds => at as UnixSeconds

export function eventTests(name: string, fresh: FreshDatabase): void {
  test(`events on ${name}`, async (t) => {
    const database = await fresh(t)
    if (typeof database === 'string') return t.skip(database)
    const [
      {
        ports: { events },
      },
      {
        ports: { events: others },
      },
    ] = [await database.open(), await database.open()]

    await t.test(
      'an event written by one process is read by another with all its fields',
      async () => {
        const whole = event(1_800_000_000.25, {
          kind: 'user_changed',
          userId: 'ann' as UserId,
          sessionId: 'a session' as SessionId,
          actor: 'staff:7',
          address: '2001:db8::1',
          requestId: 'edge-7',
          detail: { fields: ['email', 'ünï'], deep: { yes: true } },
        })
        const bare = event(1_800_000_001)
        await events.append(whole)
        await events.append(bare)
        assert.deepEqual(await others.list({ limit: 10 }), [bare, whole])
      },
    )

    await t.test(
      'events are filtered by user, kind and time, and pages have no gaps',
      async () => {
        const kinds: readonly EventKind[] = ['signed_in', 'signed_out']
        const written = Array.from({ length: 20 }, (_, i) =>
          event(1_900_000_000 + Math.floor(i / 4), {
            kind: kinds[i % 2]!,
            userId: `u${i % 3}` as UserId,
          }),
        )
        await Promise.all(
          written.map((each, i) => (i % 2 ? events : others).append(each)),
        )
        const since = moment(1_900_000_000)
        const inOrder = written.toSorted((a, b) => b.at - a.at || (a.id < b.id ? 1 : -1))
        assert.deepEqual(await events.list({ since, limit: 100 }), inOrder)
        const userId = 'u1' as UserId
        assert.deepEqual(
          await events.list({ since, userId, kind: 'signed_out', limit: 100 }),
          inOrder.filter((each) => each.userId === userId && each.kind === 'signed_out'),
        )
        assert.deepEqual(
          await events.list({ since: moment(1_900_000_003), limit: 100 }),
          inOrder.filter(({ at }) => at >= 1_900_000_003),
        )
        const paged: StoredEvent[] = []
        for (let page = await events.list({ since, limit: 3 }); page.length > 0; ) {
          paged.push(...page)
          page = await events.list({ since, after: paged.at(-1), limit: 3 })
        }
        assert.deepEqual(paged, inOrder)
      },
    )

    await t.test(
      'a flush deletes older events, at most the given number per call',
      async () => {
        for (let i = 0; i < 5; i++) await events.append(event(1_000 + i))
        assert.equal(await events.flush(moment(1_004), 3), 3)
        assert.equal(await events.flush(moment(1_004), 3), 1)
        assert.equal(await events.flush(moment(1_004), 3), 0)
        const [oldest] = (await events.list({ limit: 100 })).slice(-1)
        assert.equal(oldest?.at, 1_004)
      },
    )
  })
}
