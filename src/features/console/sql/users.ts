import { type Kysely, type RawBuilder, sql } from 'kysely'
import { isStorable } from '../../../base/storable.ts'
import type { Tables } from '../../../stores/tables.ts'
import { type UserRow, userOf } from '../../../stores/user-rows.ts'
import { emailKey } from '../../../users/email.ts'
import { usernameKey } from '../../../users/names.ts'
import type { StoredUser } from '../../../users/user.ts'
import type { Page, UserFilter, UserPlace } from '../listing.ts'
import {
  beginsWith,
  type Order,
  PAGE,
  type Position,
  rangeOf,
  type Scanned,
  scan,
} from './scan.ts'

const ascending = (column: string): Order => ({ columns: [column], direction: 'asc' })

/** Where a text is looked for, in this order; each has a unique index. */
const SEARCHES = [
  { column: 'username_key', keyOf: usernameKey },
  { column: 'email_key', keyOf: emailKey },
  { column: 'id', keyOf: (text: string) => text },
  { column: 'phone', keyOf: (text: string) => text },
] as const

const BY_NAME = ascending('username')
const NEWEST: Order = { columns: ['joined_at', 'id'], direction: 'desc' }

/** A page of users: by name; newest first if a time is asked for; by where the text was found. */
export async function findUsers(
  db: Kysely<Tables>,
  filter: UserFilter,
  after: UserPlace | undefined,
): Promise<Page<StoredUser, UserPlace>> {
  const text = filter.search.trim()
  if (!isStorable(text)) return { rows: [], next: undefined, isCut: false }
  if (text !== '') return search(db, text, filter, after)
  const isTimed = filter.joinedSince !== undefined
  const found = await scan<UserRow>(db, {
    table: 'users',
    ...(isTimed
      ? { order: NEWEST, ...boundsOf(filter) }
      : { order: BY_NAME, within: narrowed(filter) }),
    matching: checksOf(filter),
    after: after?.position,
  })
  return pageOf(found, 0)
}

/** Goes through the columns until the page is full, or enough was read. */
async function search(
  db: Kysely<Tables>,
  text: string,
  filter: UserFilter,
  after: UserPlace | undefined,
): Promise<Page<StoredUser, UserPlace>> {
  const rows: StoredUser[] = []
  let position = after?.position
  for (let stage = after?.stage ?? 0; stage < SEARCHES.length; stage++) {
    const found = await searchIn(db, stage, text, filter, position, PAGE - rows.length)
    rows.push(...found.rows)
    if (found.next !== undefined) return { ...found, rows }
    if (rows.length === PAGE) return endOfStage(rows, stage)
    position = undefined
  }
  return { rows, next: undefined, isCut: false }
}

/** The page is full at the end of a column: the next one begins with the next column. */
const endOfStage = (
  rows: readonly StoredUser[],
  stage: number,
): Page<StoredUser, UserPlace> => ({
  rows,
  next:
    stage + 1 < SEARCHES.length ? { stage: stage + 1, position: undefined } : undefined,
  isCut: false,
})

async function searchIn(
  db: Kysely<Tables>,
  stage: number,
  text: string,
  filter: UserFilter,
  after: Position | undefined,
  limit: number,
): Promise<Page<StoredUser, UserPlace>> {
  const { column, keyOf } = SEARCHES[stage] ?? SEARCHES[0]
  // Found by an earlier column already.
  const seen = SEARCHES.slice(0, stage).map(
    (each) =>
      sql`not coalesce(${beginsWith(each.column, each.keyOf(text))}, ${sql.lit(false)})`,
  )
  const found = await scan<UserRow>(db, {
    table: 'users',
    order: ascending(column),
    ...rangeOf(column, keyOf(text)),
    matching: [...seen, ...narrowed(filter), ...timeOf(filter), ...checksOf(filter)],
    after,
    limit,
  })
  return pageOf(found, stage)
}

const pageOf = (
  { rows, next, isCut }: Scanned<UserRow>,
  stage: number,
): Page<StoredUser, UserPlace> => ({
  rows: rows.map(userOf),
  next: next && { stage, position: next },
  isCut,
})

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
  from: joinedUntil === undefined ? undefined : sql`joined_at < ${joinedUntil}`,
  to: joinedSince === undefined ? undefined : sql`joined_at >= ${joinedSince}`,
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
