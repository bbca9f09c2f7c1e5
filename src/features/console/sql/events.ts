import { type Kysely, type RawBuilder, type Selectable, sql } from 'kysely'
import type { StoredEvent } from '../../../audit/event.ts'
import { ifDefined, listOf } from '../../../base/optional.ts'
import { eventOf, storedKinds } from '../../../stores/events.ts'
import type { EventTable, Tables } from '../../../stores/tables.ts'
import type { Count, Cursor, EventFilter, Page, Place } from '../listing.ts'
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
  cursor: Cursor<Place> = {},
  limit: number = PAGE,
): Promise<Page<StoredEvent, Place>> {
  const range = { ...timesOf(filter), matching: checksOf(filter), cursor, limit }
  const parts = await Promise.all(
    rangesOf(filter).map((within) =>
      scan<Row>(db, { table: 'events', order: NEWEST, within, ...range }),
    ),
  )
  const { rows, ...rest } = merged(parts, cursor, limit)
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
  from: ifDefined(until, (moment) => sql`at < ${moment}`),
  to: ifDefined(since, (moment) => sql`at >= ${moment}`),
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
function merged(
  parts: readonly Scanned<Row>[],
  { until }: Cursor<Place>,
  limit: number,
): Scanned<Row> {
  const [only, ...others] = parts
  if (only !== undefined && others.length === 0) return only
  if (until !== undefined) return mergedBackwards(parts, limit)
  return mergedForwards(parts, limit)
}

function mergedForwards(parts: readonly Scanned<Row>[], limit: number): Scanned<Row> {
  const [end] = parts.flatMap(({ next }) => listOf(next)).toSorted(newestFirst)
  const read = sorted(parts).filter(
    (row) => end === undefined || newestFirst(placeOf(row), end) <= 0,
  )
  const rows = read.slice(0, limit)
  const previous = parts[0]?.previous
  const last = rows.at(-1)
  if (read.length > limit && last !== undefined)
    return { rows, next: placeOf(last), previous, isCut: false }
  const isCut = end !== undefined && rows.length < limit
  return { rows, next: end, previous, isCut }
}

function mergedBackwards(parts: readonly Scanned<Row>[], limit: number): Scanned<Row> {
  const unread = parts.flatMap(({ previous }) => listOf(previous)).toSorted(newestFirst)
  const begin = unread.at(-1)
  const read = sorted(parts).filter(
    (row) => begin === undefined || newestFirst(placeOf(row), begin) > 0,
  )
  const rows = read.slice(-limit)
  const next = parts[0]?.next
  const before = read.at(-limit - 1)
  if (before !== undefined) return { rows, next, previous: placeOf(before), isCut: false }
  const isCut = begin !== undefined && rows.length < limit
  return { rows, next, previous: begin, isCut }
}

const sorted = (parts: readonly Scanned<Row>[]): readonly Row[] =>
  parts
    .flatMap(({ rows }) => rows)
    .toSorted((a, b) => newestFirst(placeOf(a), placeOf(b)))

const placeOf = ({ at, id }: Row): Position => [at, id]

function newestFirst(a: Position, b: Position): number {
  const [atA = 0, idA = ''] = a
  const [atB = 0, idB = ''] = b
  if (atA !== atB) return Number(atB) - Number(atA)
  if (idA === idB) return 0
  if (idA < idB) return 1
  return -1
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
