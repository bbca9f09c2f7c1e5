import { type Kysely, type RawBuilder, type Selectable, sql } from 'kysely'
import { days, type UnixSeconds } from '../../../base/clock.ts'
import { ifDefined, listIf, listOf } from '../../../base/optional.ts'
import { isStorable } from '../../../base/storable.ts'
import type { Tables } from '../../../stores/tables.ts'
import { apiTokenOf, type ListedApiToken } from '../../api-tokens/api-token.ts'
import { type ApiTokenTable, storedOf } from '../../api-tokens/sql.ts'
import type { ApiTokenFilter, Cursor, Page, Place } from '../listing.ts'
import { contains, type Order, rangeOf, scan } from './scan.ts'

const NEWEST: Order = { columns: ['created_at', 'id'], direction: 'desc' }
const BY_HINT: Order = { columns: ['hint', 'id'], direction: 'asc' }

/** The first characters of a token, as `hint` keeps them. */
const HINT = /^[a-z\d]{1,10}_[\w-]*$/i

/** A page of API tokens, the newest first; by their first characters if those are asked for. */
export async function findApiTokens(
  db: Kysely<Tables>,
  filter: ApiTokenFilter,
  now: UnixSeconds,
  cursor?: Cursor<Place>,
): Promise<Page<ListedApiToken, Place>> {
  const { userId, search = '' } = filter
  const text = search.trim()
  if (!isStorable(text))
    return { rows: [], next: undefined, previous: undefined, isCut: false }
  const { matching, ...range } = searchFor(text)
  const found = await scan<Selectable<ApiTokenTable>>(db, {
    table: 'tokens',
    ...range,
    within: listOf(ifDefined(userId, (id) => sql`user_id = ${id}`)),
    matching: [...matching, ...stateOf(filter, now)],
    cursor,
  })
  return { ...found, rows: found.rows.map((row) => apiTokenOf(storedOf(row))) }
}

function searchFor(text: string) {
  if (HINT.test(text)) return { order: BY_HINT, ...rangeOf('hint', text), matching: [] }
  return { order: NEWEST, matching: listIf(text !== '', contains('name', text)) }
}

const SOON = days(14)

function stateOf(
  { state }: ApiTokenFilter,
  now: UnixSeconds,
): readonly RawBuilder<unknown>[] {
  switch (state) {
    case 'unlimited':
      return [sql`expires_at is null`]
    case 'expiring':
      return [sql`expires_at > ${now} and expires_at <= ${now + SOON}`]
    case 'expired':
      return [sql`expires_at <= ${now}`]
    case undefined:
      return []
  }
}
