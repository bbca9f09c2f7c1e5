import { type Kysely, type RawBuilder, type Selectable, sql } from 'kysely'
import { days, type UnixSeconds } from '../../../base/clock.ts'
import { isStorable } from '../../../base/storable.ts'
import type { Tables } from '../../../stores/tables.ts'
import { apiTokenOf, type ListedApiToken } from '../../api-tokens/api-token.ts'
import { type ApiTokenTable, storedOf } from '../../api-tokens/sql.ts'
import type { ApiTokenFilter, Page, Place } from '../listing.ts'
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
  after: Place | undefined,
): Promise<Page<ListedApiToken, Place>> {
  const { userId, search = '' } = filter
  const text = search.trim()
  if (!isStorable(text)) return { rows: [], next: undefined, isCut: false }
  const isHint = HINT.test(text)
  const within = userId === undefined ? [] : [sql`user_id = ${userId}`]
  const found = await scan<Selectable<ApiTokenTable>>(db, {
    table: 'tokens',
    order: isHint ? BY_HINT : NEWEST,
    within,
    ...(isHint && rangeOf('hint', text)),
    matching: [
      ...(isHint || text === '' ? [] : [contains('name', text)]),
      ...stateOf(filter, now),
    ],
    after,
  })
  return { ...found, rows: found.rows.map((row) => apiTokenOf(storedOf(row))) }
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
