import { type Kysely, type RawBuilder, type Selectable, sql } from 'kysely'
import type { StoredEvent } from '../../../audit/event.ts'
import { eventOf, storedKinds } from '../../../stores/events.ts'
import type { EventTable, Tables } from '../../../stores/tables.ts'
import type { Count, EventFilter, Page, Place } from '../listing.ts'
import {
  beginsWith,
  countUpTo,
  type Order,
  PAGE,
  type Position,
  type Scanned,
  scan,
} from './scan.ts'
import { COUNTED } from './sessions.ts'

const NEWEST: Order = { columns: ['at', 'id'], direction: 'desc' }

type Row = Selectable<EventTable>
type Conditions = readonly RawBuilder<unknown>[]

/** A page of events, the newest first. */
export async function findEvents(
  db: Kysely<Tables>,
  filter: EventFilter,
  after: Place | undefined,
  limit: number = PAGE,
): Promise<Page<StoredEvent, Place>> {
  const parts = await Promise.all(
    rangesOf(filter).map((within) =>
      scan<Row>(db, {
        table: 'events',
        order: NEWEST,
        within,
        ...timesOf(filter),
        matching: checksOf(filter),
        after,
        limit,
      }),
    ),
  )
  const { rows, ...rest } = merged(parts, limit)
  return { ...rest, rows: rows.map(eventOf) }
}

/**
 * The ranges of an index that have the events. There are two for a kind that release 0.1.0 named differently: read at once, they
 * would have to be sorted.
 */
function rangesOf(filter: EventFilter): readonly Conditions[] {
  const { userId, kind } = filter
  if (userId !== undefined) return [[sql`user_id = ${userId}`]]
  if (kind === undefined) return [[]]
  return storedKinds(kind).map((stored) => [sql`kind = ${stored}`])
}

/** The newest are first. */
const timesOf = ({ since, until }: EventFilter) => ({
  from: until === undefined ? undefined : sql`at < ${until}`,
  to: since === undefined ? undefined : sql`at >= ${since}`,
})

function checksOf({ userId, kind, address }: EventFilter): Conditions {
  const checks: RawBuilder<unknown>[] = []
  if (userId !== undefined && kind !== undefined)
    // An expression: the index of users finds fewer rows than that of kinds.
    checks.push(sql`kind || '' in (${sql.join(storedKinds(kind))})`)
  if (address !== undefined) checks.push(beginsWith('address', address))
  return checks
}

/** One page of several: no further than the place up to which all of them were read. */
function merged(parts: readonly Scanned<Row>[], limit: number): Scanned<Row> {
  const [only, ...others] = parts
  if (only !== undefined && others.length === 0) return only
  const ends = parts.flatMap(({ next }) => (next === undefined ? [] : [next]))
  const end = ends.toSorted(newestFirst)[0]
  const read = parts
    .flatMap(({ rows }) => rows)
    .toSorted((a, b) => newestFirst(placeOf(a), placeOf(b)))
    .filter((row) => end === undefined || newestFirst(placeOf(row), end) <= 0)
  const rows = read.slice(0, limit)
  const last = rows.at(-1)
  if (read.length > limit && last !== undefined)
    return { rows, next: placeOf(last), isCut: false }
  return { rows, next: end, isCut: end !== undefined && rows.length < limit }
}

const placeOf = ({ at, id }: Row): Position => [at, id]

function newestFirst(a: Position, b: Position): number {
  const [atA = 0, idA = ''] = a
  const [atB = 0, idB = ''] = b
  if (atA !== atB) return Number(atB) - Number(atA)
  if (idA === idB) return 0
  return idA < idB ? 1 : -1
}

/** Counts what the entries of an index answer. */
export async function countEvents(
  db: Kysely<Tables>,
  filter: EventFilter,
): Promise<Count | undefined> {
  if (checksOf(filter).length > 0) return undefined
  const times = Object.values(timesOf(filter)).filter((bound) => bound !== undefined)
  const counts = await Promise.all(
    rangesOf(filter).map((within) =>
      countUpTo(db, 'events', [...within, ...times], COUNTED + 1),
    ),
  )
  const count = counts.reduce((sum, each) => sum + each, 0)
  return { count: Math.min(count, COUNTED), isMore: count > COUNTED }
}
