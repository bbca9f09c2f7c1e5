import { type Kysely, type RawBuilder, sql } from 'kysely'
import { ifDefined, listOf } from '../../../base/optional.ts'

/** A database with any tables. */
type Database = Pick<Kysely<object>, 'getExecutor'>

/** Rows of a page. */
export const PAGE = 25

/** Rows that a page reads at most to find those that match what no index answers: some tens of milliseconds. */
export const MAX_READ = 5000

/** The columns that a list is ordered by: the last one is unique, or there is one. */
export interface Order {
  readonly columns: readonly string[]
  readonly direction: 'asc' | 'desc'
}

/** The values of the order's columns, of one row. */
export type Position = readonly (string | number)[]

/** Which page of a list. Default: the first one. */
export interface ScanCursor {
  readonly after?: Position | undefined
  /** The page that ends here; `'end'`: the last one. */
  readonly until?: Position | 'end' | undefined
}

export interface Scan {
  readonly table: string
  readonly order: Order
  /** Conditions that an index answers before the order's columns. */
  readonly within?: readonly RawBuilder<unknown>[]
  /** The bound of the first column of the order at which the first page begins. */
  readonly from?: RawBuilder<unknown> | undefined
  /** The bound at which the last page ends. Databases use one bound of each side, which must be the nearer one. */
  readonly to?: RawBuilder<unknown> | undefined
  /** Conditions that are checked row by row. */
  readonly matching?: readonly RawBuilder<unknown>[]
  readonly cursor?: ScanCursor | undefined
  /** Default `PAGE`. */
  readonly limit?: number
}

export interface Scanned<Row> {
  readonly rows: readonly Row[]
  /** The position after which the next page begins; `undefined` at the end. */
  readonly next: Position | undefined
  /** The position with which the page before ends; `undefined` at the beginning. */
  readonly previous: Position | undefined
  /** Whether the page has fewer rows because `MAX_READ` were read. */
  readonly isCut: boolean
}

/**
 * Reads a page in the order of an index. It costs the same at any number of rows: what no index answers is checked on at most
 * `MAX_READ` rows, and the page beyond goes on with the others.
 */
export async function scan<Row extends object>(
  db: Database,
  { cursor = {}, ...scanned }: Scan,
): Promise<Scanned<Row>> {
  const { after, until } = cursor
  if (until === 'end') return scanBackwards(db, scanned, undefined)
  const end = ifDefined(until, (position) => positionIn(scanned.order, position))
  if (end !== undefined) return scanBackwards(db, scanned, end)
  const begin = ifDefined(after, (position) => positionIn(scanned.order, position))
  return scanForwards(db, scanned, begin)
}

async function scanForwards<Row extends object>(
  db: Database,
  { table, order, from, to, within = [], matching = [], limit = PAGE }: Scan,
  after: Position | undefined,
): Promise<Scanned<Row>> {
  const begin = ifDefined(after, (position) => beyond(order, position)) ?? from
  const begun = [...within, ...listOf(begin)]
  const whole = [...begun, ...listOf(to)]
  const read = { table, order, conditions: whole, matching }
  const bound = await boundOf(db, read, MAX_READ - 1)
  const end = ifDefined(bound, (position) => upTo(order, position)) ?? to
  const conditions = [...begun, ...listOf(end), ...matching]
  const rows = await rowsOf<Row>(db, { table, order, conditions }, limit + 1)
  const page = rows.slice(0, limit)
  if (rows.length <= limit)
    return { rows, next: bound, previous: after, isCut: bound !== undefined }
  const last = positionOf(page.at(-1), order)
  return { rows: page, next: last, previous: after, isCut: false }
}

/** The rows before a position, and that row: read in the other direction. */
async function scanBackwards<Row extends object>(
  db: Database,
  { table, order, from, to, within = [], matching = [], limit = PAGE }: Scan,
  until: Position | undefined,
): Promise<Scanned<Row>> {
  const backwards = { table, order: reversed(order) }
  const end = ifDefined(until, (position) => upTo(order, position)) ?? to
  const ended = [...within, ...listOf(end)]
  const whole = [...ended, ...listOf(from)]
  const read = { ...backwards, conditions: whole, matching }
  const bound = await boundOf(db, read, MAX_READ)
  const begin = ifDefined(bound, (position) => beyond(order, position)) ?? from
  const conditions = [...ended, ...listOf(begin), ...matching]
  const rows = await rowsOf<Row>(db, { ...backwards, conditions }, limit + 1)
  const page = rows.slice(0, limit).toReversed()
  if (rows.length <= limit)
    return { rows: page, next: until, previous: bound, isCut: bound !== undefined }
  const first = positionOf(rows[limit], order)
  return { rows: page, next: until, previous: first, isCut: false }
}

const reversed = ({ columns, direction }: Order): Order => ({
  columns,
  direction: REVERSED[direction],
})

const REVERSED = { asc: 'desc', desc: 'asc' } as const

interface Read {
  readonly table: string
  readonly order: Order
  readonly conditions: readonly RawBuilder<unknown>[]
}

async function rowsOf<Row extends object>(
  db: Database,
  { table, order, conditions }: Read,
  limit: number,
): Promise<readonly Row[]> {
  const { rows } = await sql<Row>`
    select * from ${sql.table(table)} ${where(conditions)}
    order by ${orderBy(order)} limit ${sql.lit(limit)}`.execute(db)
  return rows
}

/** @returns `undefined` for the position of another list, as an address that was typed may have it: the list begins anew */
function positionIn({ columns }: Order, position: Position): Position | undefined {
  const isOf = columns.every((column, i) => typeof position[i] === typeOf(column))
  if (!isOf || position.length !== columns.length) return undefined
  return position
}

/** Columns of moments are numbers, others are texts. */
function typeOf(column: string): 'number' | 'string' {
  if (/(?:^|_)at$/.test(column)) return 'number'
  return 'string'
}

/** The position of the row up to which rows are checked; `undefined` if there are fewer, or nothing is checked. */
async function boundOf(
  db: Database,
  { table, order, conditions, matching }: Read & Required<Pick<Scan, 'matching'>>,
  offset: number,
): Promise<Position | undefined> {
  if (matching.length === 0) return undefined
  const { rows } = await sql<object>`
    select ${sql.join(order.columns.map((each) => sql.ref(each)))}
    from ${sql.table(table)} ${where(conditions)}
    order by ${orderBy(order)} limit 1 offset ${sql.lit(offset)}`.execute(db)
  return ifDefined(rows[0], (row) => positionOf(row, order))
}

/** How many rows match, counted up to a limit. */
export async function countUpTo(
  db: Database,
  table: string,
  conditions: readonly RawBuilder<unknown>[],
  limit: number,
): Promise<number> {
  const { rows } = await sql<{ readonly count: number | string }>`
    select count(*) as count from (
      select 1 as one from ${sql.table(table)} ${where(conditions)} limit ${sql.lit(limit)}
    ) as counted`.execute(db)
  return Number(rows[0]?.count)
}

export function where(conditions: readonly RawBuilder<unknown>[]): RawBuilder<unknown> {
  if (conditions.length === 0) return sql``
  return sql`where ${sql.join(conditions, sql` and `)}`
}

const orderBy = ({ columns, direction }: Order): RawBuilder<unknown> =>
  sql.join(columns.map((each) => sql`${sql.ref(each)} ${sql.raw(direction)}`))

const BEYOND = { asc: sql`>`, desc: sql`<` }
const UP_TO = { asc: sql`<=`, desc: sql`>=` }

const beyond = (order: Order, position: Position) =>
  compared(order, position, BEYOND[order.direction])

const upTo = (order: Order, position: Position) =>
  compared(order, position, UP_TO[order.direction])

/** Row values: both databases read them from an index (SQL-92 §8.2). */
function compared(
  { columns }: Order,
  position: Position,
  operator: RawBuilder<unknown>,
): RawBuilder<unknown> {
  const names = sql.join(columns.map((each) => sql.ref(each)))
  return sql`(${names}) ${operator} (${sql.join(position)})`
}

const positionOf = (row: object | undefined, { columns }: Order): Position =>
  columns.map((each) => Reflect.get(row ?? {}, each))

/** The values of a column that begin with a text. Columns are compared by their bytes, and this is the last character of Unicode. */
export const rangeOf = (column: string, text: string) => ({
  from: sql`${sql.ref(column)} >= ${text}`,
  to: sql`${sql.ref(column)} < ${`${text}\u{10FFFF}`}`,
})

/** Whether a column begins with a text. */
export function beginsWith(column: string, text: string): RawBuilder<unknown> {
  const { from, to } = rangeOf(column, text)
  return sql`(${from} and ${to})`
}

/** Whether a column contains a text, in any case of ASCII letters. */
export function contains(column: string, text: string): RawBuilder<unknown> {
  const pattern = `%${text.toLowerCase().replace(/[\\%_]/g, '\\$&')}%`
  return sql`lower(${sql.ref(column)}) like ${pattern} escape '\\'`
}
