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

/** Whether a hit was counted; if not, when the oldest of those that count was. */
type Counted = 'counted' | { readonly oldest: UnixSeconds }

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

  const count = async (taking: Taking): Promise<Counted> => {
    let oldest: UnixSeconds = taking.now
    // If another process took the slot and one is free, it is tried again: `limit` hits of others make it full.
    for (let tries = 0; tries <= taking.limit; tries++) {
      if ((await take(taking)).numAffectedRows === 1n) return 'counted'
      const [state] = (await taken(taking)).rows
      oldest = state?.oldest ?? taking.now
      if (Number(state?.count) >= taking.limit) break
    }
    return { oldest }
  }
  const counts = countsByKey(count)

  return {
    async hit(key, { limit, per }, now) {
      if (limit === 0) return noHitsAllowed({ limit, per })
      const past = (now - per) as UnixSeconds
      const result = await counts({ key: keptAs(key), limit, now, past })
      if (result === 'counted') return { kind: 'counted' } satisfies HitResult
      return { kind: 'full', wait: per - (now - result.oldest) }
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

interface Waiting extends PromiseWithResolvers<Counted> {
  readonly taking: Taking
}

/**
 * Counts the hits of one key one after the other: those that arrive together want the same place, and each would hold a
 * connection of the pool while it waits for the others.
 */
function countsByKey(
  count: (taking: Taking) => Promise<Counted>,
): (taking: Taking) => Promise<Counted> {
  const queues = new Map<string, Waiting[]>()

  async function drain(key: string, queue: Waiting[]): Promise<void> {
    while (queue.length > 0) {
      const batch = queue.splice(0)
      await countInTurn(batch).catch((error) => {
        // If the database is down, each would wait until its statement times out.
        for (const { reject } of batch) reject(error)
      })
    }
    queues.delete(key)
  }

  async function countInTurn(batch: readonly Waiting[]): Promise<void> {
    let full: { readonly oldest: UnixSeconds } | undefined
    for (const { taking, resolve } of batch) {
      // Found after this hit arrived, and full for it too: none of those that count has expired at its time.
      if (full === undefined || full.oldest <= taking.past) {
        const result = await count(taking)
        resolve(result)
        if (result !== 'counted') full = result
      } else resolve(full)
    }
  }

  return (taking) => {
    const waiting: Waiting = { taking, ...Promise.withResolvers<Counted>() }
    const queue = queues.get(taking.key)
    if (queue === undefined) {
      const fresh = [waiting]
      queues.set(taking.key, fresh)
      void drain(taking.key, fresh)
    } else queue.push(waiting)
    return waiting.promise
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
