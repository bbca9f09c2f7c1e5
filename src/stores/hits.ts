import { type Kysely, sql } from 'kysely'
import type { UnixSeconds } from '../base/clock.ts'
import { storable } from '../base/storable.ts'
import {
  FLUSH_BATCH,
  type Hits,
  KNOWN_ADDRESS,
  keyPrefix,
  noHitsAllowed,
} from '../throttling/hits.ts'
import { LONGEST_PERIOD } from '../throttling/rate.ts'
import { HitQueue, type NewHit, type SlotResult } from './hit-queue.ts'
import { prepared } from './prepared.ts'
import type { Tables } from './tables.ts'

/**
 * Hits in SQL: a key has as many slots as its limit, each with the time at which it was last taken. Taking one is one statement,
 * and two that want the same slot get it one after the other, so that no more than `limit` are taken in a period.
 */
export function sqlHits(db: Kysely<Tables>): Hits {
  const queue = new HitQueue(hitCounter(db))
  const count = countStatement(db)
  const mark = markStatement(db)
  const giveBack = giveBackStatement(db)

  return {
    async hit(key, limit, now) {
      if (limit.limit === 0) return noHitsAllowed(limit)
      const cutoff = (now - limit.per) as UnixSeconds
      const hit: NewHit = { key: storable(key), limit: limit.limit, now, cutoff }
      const result = await queue.add(hit)
      if (result === 'counted') return { kind: 'counted' }
      return { kind: 'full', wait: limit.per - (now - result.oldest) }
    },

    async isMarked(key, per, now) {
      const cutoff = (now - per) as UnixSeconds
      const [counted] = (await count({ key: storable(key), limit: 1, now, cutoff })).rows
      return Number(counted?.count) > 0
    },

    async mark(key, _per, now) {
      await mark({ key: storable(key), now })
    },

    async takeBack(key, _limit, moment) {
      await giveBack({ key: storable(key), moment })
    },

    async flush(before, limit = FLUSH_BATCH) {
      const deleted = await flush(db, 'not like', before, limit)
      if (deleted >= limit) return deleted
      const longer = KNOWN_ADDRESS.per - LONGEST_PERIOD
      const beforeKnown = (before - longer) as UnixSeconds
      return deleted + (await flush(db, 'like', beforeKnown, limit - deleted))
    },
  }
}

function hitCounter(db: Kysely<Tables>): (hit: NewHit) => Promise<SlotResult> {
  const take = takeStatement(db)
  const count = countStatement(db)
  return async (hit) => {
    let oldest: UnixSeconds = hit.now
    // If another process took the slot while others are free, try again: after `limit` such losses the key is full.
    for (let tries = 0; tries <= hit.limit; tries++) {
      if ((await take(hit)).numAffectedRows === 1n) return 'counted'
      const [counted] = (await count(hit)).rows
      oldest = counted?.oldest ?? hit.now
      if (Number(counted?.count) >= hit.limit) break
    }
    return { oldest }
  }
}

const takeStatement = (db: Kysely<Tables>) =>
  prepared<NewHit, never>(db, (values) =>
    db
      .insertInto('throttle_hits')
      .values({ key: values.key, slot: slotFor(values), at: values.now })
      .onConflict((conflict) =>
        conflict
          .columns(['key', 'slot'])
          .doUpdateSet((eb) => ({ at: eb.ref('excluded.at') }))
          .where('throttle_hits.at', '<=', values.cutoff),
      ),
  )

/** A count; PostgreSQL's are 64-bit integers, which `pg` returns as strings. */
interface Count {
  readonly count: number | string
  readonly oldest: UnixSeconds | null
}

const countStatement = (db: Kysely<Tables>) =>
  prepared<NewHit, Count>(db, (values) =>
    db
      .selectFrom('throttle_hits')
      .select((eb) => [eb.fn.countAll().as('count'), eb.fn.min('at').as('oldest')])
      .where('key', '=', values.key)
      .where('slot', '<', values.limit)
      .where('at', '>', values.cutoff),
  )

const markStatement = (db: Kysely<Tables>) =>
  prepared<{ key: string; now: UnixSeconds }, never>(db, ({ key, now }) =>
    db
      .insertInto('throttle_hits')
      .values({ key, slot: 0, at: now })
      .onConflict((conflict) =>
        conflict
          .columns(['key', 'slot'])
          .doUpdateSet((eb) => ({ at: eb.ref('excluded.at') })),
      ),
  )

const giveBackStatement = (db: Kysely<Tables>) =>
  prepared<{ key: string; moment: UnixSeconds }, never>(db, (values) =>
    db
      .deleteFrom('throttle_hits')
      .where('key', '=', values.key)
      .where('slot', '=', (eb) =>
        eb
          .selectFrom('throttle_hits')
          .select((eb) => eb.fn.min('slot').as('slot'))
          .where('key', '=', values.key)
          .where('at', '=', values.moment),
      ),
  )

/** Deletes the old hits of keys that have no later ones: of known addresses, or of all other keys. @returns how many */
async function flush(
  db: Kysely<Tables>,
  isKnown: 'like' | 'not like',
  before: UnixSeconds,
  limit: number,
): Promise<number> {
  const later = db
    .selectFrom('throttle_hits as later')
    .select('later.key')
    .whereRef('later.key', '=', sql.ref('old.key'))
    .where('later.at', '>=', before)
  const keys = db
    .selectFrom('throttle_hits as old')
    .select('old.key')
    .where('old.key', isKnown, `${keyPrefix(KNOWN_ADDRESS.scope)}%`)
    .where('old.at', '<', before)
    .where((eb) => eb.not(eb.exists(later)))
    .limit(limit)
  const { numDeletedRows } = await db
    .deleteFrom('throttle_hits')
    .where('at', '<', before)
    .where('key', 'in', keys)
    .executeTakeFirst()
  return Number(numDeletedRows)
}

/**
 * The slot for the next hit: the one taken longest ago, if that does not count any more; else the next that was never taken; else
 * one that was given back; else one that is taken, which makes the insert fail.
 */
const slotFor = ({ key, limit, cutoff }: NewHit) => sql<number>`coalesce(
  (select slot from throttle_hits where key = ${key} and slot < ${limit} and at <= ${cutoff} order by at limit 1),
  (select max(slot) + 1 from throttle_hits where key = ${key} having max(slot) + 1 < ${limit}),
  (select min(free) from
    (select 0 as free union all select slot + 1 from throttle_hits where key = ${key}) as slots
    where free < ${limit} and free not in (select slot from throttle_hits where key = ${key})),
  0)`
