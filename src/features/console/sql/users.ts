import { type Kysely, type RawBuilder, sql } from 'kysely'
import { ifDefined } from '../../../base/optional.ts'
import { isStorable } from '../../../base/storable.ts'
import type { Tables } from '../../../stores/tables.ts'
import { type UserRow, userOf } from '../../../stores/user-rows.ts'
import { emailKey } from '../../../users/email.ts'
import { usernameKey } from '../../../users/names.ts'
import type { StoredUser } from '../../../users/user.ts'
import type { Cursor, Page, UserFilter, UserPlace } from '../listing.ts'
import {
  beginsWith,
  type Order,
  PAGE,
  type Position,
  rangeOf,
  type Scan,
  type ScanCursor,
  type Scanned,
  scan,
} from './scan.ts'

const ascending = (column: string): Order => ({ columns: [column], direction: 'asc' })

/** The columns that a search goes through, in this order; each has a unique index. */
const SEARCHES = [
  { column: 'username_key', keyOf: usernameKey },
  { column: 'email_key', keyOf: emailKey },
  { column: 'id', keyOf: (text: string) => text },
  { column: 'phone', keyOf: (text: string) => text },
] as const

const BY_NAME = ascending('username')
const NEWEST: Order = { columns: ['joined_at', 'id'], direction: 'desc' }

const NONE = { rows: [], next: undefined, previous: undefined, isCut: false }

/** A page of users, ordered by name; newest first with a filter of times; by the matching column with a search. */
export async function findUsers(
  db: Kysely<Tables>,
  filter: UserFilter,
  cursor: Cursor<UserPlace> = {},
  limit: number = PAGE,
): Promise<Page<StoredUser, UserPlace>> {
  const text = filter.search.trim()
  if (!isStorable(text)) return NONE
  if (text !== '') return search({ db, text, filter, limit }, cursor)
  const { after, until } = cursor
  const found = await scan<UserRow>(db, {
    table: 'users',
    ...rangeIn(filter),
    matching: checksOf(filter),
    cursor: { after: after?.position, until: until?.position },
    limit,
  })
  return pageOf(found, 0)
}

function rangeIn(filter: UserFilter): Pick<Scan, 'order' | 'within' | 'from' | 'to'> {
  if (filter.joinedSince === undefined)
    return { order: BY_NAME, within: narrowed(filter) }
  return { order: NEWEST, ...boundsOf(filter) }
}

interface Search {
  readonly db: Kysely<Tables>
  readonly text: string
  readonly filter: UserFilter
  readonly limit: number
}

function search(
  searched: Search,
  { after, until }: Cursor<UserPlace>,
): Promise<Page<StoredUser, UserPlace>> {
  if (until !== undefined) return searchBackwards(searched, until)
  return searchForwards(searched, after)
}

/** Goes through the columns until the page is full, or enough was read. */
async function searchForwards(
  searched: Search,
  previous: UserPlace | undefined,
): Promise<Page<StoredUser, UserPlace>> {
  const rows: StoredUser[] = []
  let after = previous?.position
  for (let stage = previous?.stage ?? 0; stage < SEARCHES.length; stage++) {
    const found = await searchIn(searched, stage, { after }, searched.limit - rows.length)
    rows.push(...found.rows)
    if (found.next !== undefined) return { ...found, rows, previous }
    if (rows.length === searched.limit)
      return { rows, next: beginOf(stage + 1), previous, isCut: false }
    after = undefined
  }
  return { rows, next: undefined, previous, isCut: false }
}

/** A place without a position is the beginning of its column: the page ends with the column before. */
async function searchBackwards(
  searched: Search,
  next: UserPlace,
): Promise<Page<StoredUser, UserPlace>> {
  let rows: readonly StoredUser[] = []
  let until: ScanCursor['until'] = next.position
  for (let stage = lastStageOf(next); stage >= 0; stage--) {
    const cursor = { until: until ?? 'end' } as const
    const found = await searchIn(searched, stage, cursor, searched.limit - rows.length)
    rows = [...found.rows, ...rows]
    if (found.previous !== undefined) return { ...found, rows, next }
    if (rows.length === searched.limit)
      return { rows, next, previous: beginOf(stage), isCut: false }
    until = 'end'
  }
  return { rows, next, previous: undefined, isCut: false }
}

function lastStageOf({ stage, position }: UserPlace): number {
  if (position === undefined) return stage - 1
  return stage
}

/** @returns `undefined` before the first column, and after the last one */
function beginOf(stage: number): UserPlace | undefined {
  if (stage === 0 || stage >= SEARCHES.length) return undefined
  return { stage, position: undefined }
}

async function searchIn(
  { db, text, filter }: Omit<Search, 'limit'>,
  stage: number,
  cursor: ScanCursor,
  limit: number,
): Promise<Page<StoredUser, UserPlace>> {
  const { column, keyOf } = SEARCHES[stage] ?? SEARCHES[0]
  const found = await scan<UserRow>(db, {
    table: 'users',
    order: ascending(column),
    ...rangeOf(column, keyOf(text)),
    matching: [
      ...SEARCHES.slice(0, stage).map((each) => notFoundIn(each, text)),
      ...narrowed(filter),
      ...timeOf(filter),
      ...checksOf(filter),
    ],
    cursor,
    limit,
  })
  return pageOf(found, stage)
}

/** An earlier column has found it already. */
const notFoundIn = ({ column, keyOf }: (typeof SEARCHES)[number], text: string) =>
  sql`not coalesce(${beginsWith(column, keyOf(text))}, ${sql.lit(false)})`

function pageOf(
  { rows, next, previous, isCut }: Scanned<UserRow>,
  stage: number,
): Page<StoredUser, UserPlace> {
  const placeOf = (position: Position): UserPlace => ({ stage, position })
  return {
    rows: rows.map(userOf),
    next: ifDefined(next, placeOf),
    previous: ifDefined(previous, placeOf),
    isCut,
  }
}

/** Conditions of partial indexes, in their words: each index is in the order of names. */
function narrowed({ staff, status, role }: UserFilter): readonly RawBuilder<unknown>[] {
  const conditions: RawBuilder<unknown>[] = []
  if (staff === true) conditions.push(sql`staff = 1`)
  if (status === 'inactive') conditions.push(sql`active = 0`)
  if (role !== undefined) conditions.push(sql`roles <> '[]'`)
  return conditions
}

/** The newest are first. */
const boundsOf = ({ joinedSince, joinedUntil }: UserFilter) => ({
  from: ifDefined(joinedUntil, (until) => sql`joined_at < ${until}`),
  to: ifDefined(joinedSince, (since) => sql`joined_at >= ${since}`),
})

const timeOf = (filter: UserFilter): readonly RawBuilder<unknown>[] =>
  Object.values(boundsOf(filter)).filter((bound) => bound !== undefined)

const HAS_FACTOR = sql`exists (
  select 1 from credentials where credentials.user_id = users.id and
  (credentials.kind = 'passkey' or
    (credentials.kind = 'totp' and credentials.confirmed_at is not null)))`

function checksOf(filter: UserFilter): readonly RawBuilder<unknown>[] {
  const checks: RawBuilder<unknown>[] = []
  const { status, staff, role, factor } = filter
  if (status === 'active') checks.push(sql`active = 1`)
  if (status === 'unverified')
    checks.push(sql`email is not null and email_verified_at is null`)
  if (status === 'verified') checks.push(sql`email_verified_at is not null`)
  if (filter.joinedSince !== undefined) checks.push(...narrowed(filter))
  if (staff === false) checks.push(sql`staff = 0`)
  if (role !== undefined)
    checks.push(sql`replace(roles, ${JSON.stringify(role)}, '') <> roles`)
  if (factor === true) checks.push(HAS_FACTOR)
  if (factor === false) checks.push(sql`not ${HAS_FACTOR}`)
  return checks
}
