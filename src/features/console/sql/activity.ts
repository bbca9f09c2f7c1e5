import { type Kysely, sql } from 'kysely'
import { days } from '../../../base/clock.ts'
import type { ActivityCount } from '../listing.ts'
import { ACTIVITIES, SLOT } from '../listing.ts'

export interface ActivityTable {
  /** The number of the half hour since 1970. */
  readonly slot: number
  readonly kind: ActivityCount['kind']
  readonly count: number
}

type ActivityTables = { activity: ActivityTable }

/** How long counts are kept: the longest period that is shown, and the one before it. */
const KEPT = days(62) / SLOT

const placeOf = ({ kind }: Pick<ActivityCount, 'kind'>): number =>
  ACTIVITIES.indexOf(kind)

/** Adds counts of a process. The rows are in one order, so that processes do not wait for each other in a circle. */
export async function addActivity(
  db: Kysely<ActivityTables>,
  counts: readonly ActivityCount[],
): Promise<void> {
  if (counts.length === 0) return
  const rows = counts
    .map(({ at, ...rest }) => ({ ...rest, slot: slotOf(at) }))
    .toSorted((a, b) => a.slot - b.slot || placeOf(a) - placeOf(b))
  await db
    .insertInto('activity')
    .values(rows)
    .onConflict((conflict) =>
      conflict
        .columns(['slot', 'kind'])
        .doUpdateSet({ count: sql`activity.count + excluded.count` }),
    )
    .execute()
  const oldest = Math.max(...rows.map(({ slot }) => slot)) - KEPT
  await db.deleteFrom('activity').where('slot', '<', oldest).execute()
}

/** @param length how long one count is for, in seconds */
export async function listActivity(
  db: Kysely<ActivityTables>,
  since: number,
  length: number,
): Promise<readonly ActivityCount[]> {
  const slots = sql.lit(length / SLOT)
  const { rows } = await sql<ActivityTable>`
    select slot / ${slots} * ${slots} as slot, kind, sum(count) as count from activity
    where slot >= ${slotOf(since)} group by 1, kind order by 1, kind`.execute(db)
  return rows.map(({ kind, slot, count }) => ({
    kind,
    at: slot * SLOT,
    count: Number(count),
  }))
}

const slotOf = (moment: number): number => Math.floor(moment / SLOT)
