import { type Kysely, sql } from 'kysely'
import type { UnixSeconds } from '../base/clock.ts'
import {
  FLUSH_BATCH,
  type HitResult,
  type Hits,
  noHitsAllowed,
} from '../throttling/hits.ts'
import { prepared } from './prepared.ts'
import type { Tables } from './tables.ts'

/** A hit that wants a place. */
interface Taking {
  readonly key: string
  readonly limit: number
  readonly now: UnixSeconds
  /** What was counted then or before counts no more. */
  readonly past: UnixSeconds
}

/**
 * Hits in SQL: a key has as many places as its limit, each with the time at which it was last taken. To take one is one
 * statement, and two that want the same place get it one after the other, so that no more than `limit` are taken in a period.
 */
export function sqlHits(db: Kysely<Tables>): Hits {
  const take = prepared<Taking, never>(db, (its) =>
    db
      .insertInto('throttle_hits')
      .values({ key: its.key, slot: placeFor(its), at: its.now })
      .onConflict((conflict) =>
        conflict
          .columns(['key', 'slot'])
          .doUpdateSet((place) => ({ at: place.ref('excluded.at') }))
          .where('throttle_hits.at', '<=', its.past),
      ),
  )

  const taken = prepared<Taking, { count: number | string; oldest: UnixSeconds | null }>(
    db,
    (its) =>
      db
        .selectFrom('throttle_hits')
        .select((place) => [
          place.fn.countAll().as('count'),
          place.fn.min('at').as('oldest'),
        ])
        .where('key', '=', its.key)
        .where('slot', '<', its.limit)
        .where('at', '>', its.past),
  )

  const free = prepared<{ key: string; moment: UnixSeconds }, never>(db, (its) =>
    db
      .deleteFrom('throttle_hits')
      .where('key', '=', its.key)
      .where('slot', '=', (place) =>
        place
          .selectFrom('throttle_hits')
          .select((one) => one.fn.min('slot').as('slot'))
          .where('key', '=', its.key)
          .where('at', '=', its.moment),
      ),
  )

  return {
    async hit(key, { limit, per }, now) {
      if (limit === 0) return noHitsAllowed({ limit, per })
      const taking: Taking = {
        key: keptAs(key),
        limit,
        now,
        past: (now - per) as UnixSeconds,
      }
      let oldest: UnixSeconds = now
      // If another process took the slot and one is free, it is tried again: `limit` hits of others make it full.
      for (let tries = 0; tries <= limit; tries++) {
        if ((await take(taking)).numAffectedRows === 1n)
          return { kind: 'counted' } satisfies HitResult
        const [state] = (await taken(taking)).rows
        oldest = state?.oldest ?? now
        if (Number(state?.count) >= limit) break
      }
      return { kind: 'full', wait: per - (now - oldest) }
    },

    async takeBack(key, _limit, moment) {
      await free({ key: keptAs(key), moment })
    },

    async flush(before, limit = FLUSH_BATCH) {
      const { numDeletedRows } = await db
        .deleteFrom('throttle_hits')
        .where('at', '<', before)
        .where('key', 'in', (hits) =>
          hits
            .selectFrom('throttle_hits as old')
            .select('old.key')
            .where('old.at', '<', before)
            .where((old) =>
              old.not(
                old.exists(
                  old
                    .selectFrom('throttle_hits as later')
                    .select('later.key')
                    .whereRef('later.key', '=', 'old.key')
                    .where('later.at', '>=', before),
                ),
              ),
            )
            .limit(limit),
        )
        .executeTakeFirst()
      return Number(numDeletedRows)
    },
  }
}

/** Keys come from clients; PostgreSQL stores no NUL and no lone surrogate. */
const keptAs = (key: string): string => key.toWellFormed().replaceAll('\0', '\ufffd')

/**
 * The place for the next hit: the one taken longest ago, if that counts no more; else the next that was never taken; else one
 * that was given back; else one that will not be had.
 */
const placeFor = ({ key, limit, past }: Taking) => sql<number>`coalesce(
  (select slot from throttle_hits where key = ${key} and slot < ${limit} and at <= ${past} order by at limit 1),
  (select max(slot) + 1 from throttle_hits where key = ${key} having max(slot) + 1 < ${limit}),
  (select min(free) from
    (select 0 as free union all select slot + 1 from throttle_hits where key = ${key}) as places
    where free < ${limit} and free not in (select slot from throttle_hits where key = ${key})),
  0)`
