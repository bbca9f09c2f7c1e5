import { type Kysely, type RawBuilder, sql } from 'kysely'

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

/** The values of the order's columns: of the last row of a page. */
export type Position = readonly (string | number)[]

export interface Scan {
  readonly table: string
  readonly order: Order
  /** Conditions that an index answers before the order's columns. */
  readonly within?: readonly RawBuilder<unknown>[]
  /** A bound of the first of the order's columns, where the first page begins … */
  readonly from?: RawBuilder<unknown> | undefined
  /** … and where the last page ends. Databases use one bound of each side, which must be the nearer one. */
  readonly to?: RawBuilder<unknown> | undefined
  /** Conditions that are checked row by row. */
  readonly matching?: readonly RawBuilder<unknown>[]
  readonly after?: Position | undefined
  /** Default `PAGE`. */
  readonly limit?: number
}

export interface Scanned<Row> {
  readonly rows: readonly Row[]
  /** The position after which the next page begins; `undefined` at the end. */
  readonly next: Position | undefined
  /** Whether the page has fewer rows because `MAX_READ` were read. */
  readonly isCut: boolean
}

/**
 * Reads a page in the order of an index. It costs the same at any number of rows: what no index answers is checked on at most
 * `MAX_READ` rows, and the next page goes on after them.
 */
export async function scan<Row extends object>(
  db: Database,
  { table, order, within = [], matching = [], limit = PAGE, ...range }: Scan,
): Promise<Scanned<Row>> {
  const after = range.after && positionIn(order, range.after)
  const begun = [
    ...within,
    ...(after === undefined ? listOf(range.from) : beyond(order, after)),
  ]
  const whole = [...begun, ...listOf(range.to)]
  const bound = matching.length === 0 ? undefined : await boundOf(db, table, order, whole)
  const read = bound === undefined ? whole : [...begun, ...upTo(order, bound)]
  const { rows } = await sql<Row>`
    select * from ${sql.table(table)} ${where([...read, ...matching])}
    order by ${orderBy(order)} limit ${sql.lit(limit + 1)}`.execute(db)
  if (rows.length > limit) {
    const page = rows.slice(0, limit)
    return { rows: page, next: positionOf(page.at(-1), order), isCut: false }
  }
  return { rows, next: bound, isCut: bound !== undefined }
}

/** @returns `undefined` for the position of another list, as an address that was typed may have it: the list begins anew */
const positionIn = ({ columns }: Order, position: Position): Position | undefined => {
  const isOf = columns.every(
    (column, i) => typeof position[i] === (isMoment(column) ? 'number' : 'string'),
  )
  return isOf && position.length === columns.length ? position : undefined
}

const isMoment = (column: string): boolean => /(?:^|_)at$/.test(column)

/** The position of the last row that may be read; `undefined` if there are fewer. */
async function boundOf(
  db: Database,
  table: string,
  order: Order,
  range: readonly RawBuilder<unknown>[],
): Promise<Position | undefined> {
  const { rows } = await sql<object>`
    select ${sql.join(order.columns.map((each) => sql.ref(each)))}
    from ${sql.table(table)} ${where(range)}
    order by ${orderBy(order)} limit 1 offset ${sql.lit(MAX_READ - 1)}`.execute(db)
  return rows[0] && positionOf(rows[0], order)
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

export const where = (conditions: readonly RawBuilder<unknown>[]): RawBuilder<unknown> =>
  conditions.length === 0 ? sql`` : sql`where ${sql.join(conditions, sql` and `)}`

const orderBy = ({ columns, direction }: Order): RawBuilder<unknown> =>
  sql.join(columns.map((each) => sql`${sql.ref(each)} ${sql.raw(direction)}`))

const listOf = <T>(value: T | undefined): readonly T[] =>
  value === undefined ? [] : [value]

const beyond = (order: Order, position: Position) =>
  compared(order, position, order.direction === 'asc' ? sql`>` : sql`<`)

const upTo = (order: Order, position: Position) =>
  compared(order, position, order.direction === 'asc' ? sql`<=` : sql`>=`)

/** Row values: both databases read them from an index (SQL-92 §8.2). */
function compared(
  { columns }: Order,
  position: Position,
  operator: RawBuilder<unknown>,
): readonly RawBuilder<unknown>[] {
  const names = sql.join(columns.map((each) => sql.ref(each)))
  return [sql`(${names}) ${operator} (${sql.join(position)})`]
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
