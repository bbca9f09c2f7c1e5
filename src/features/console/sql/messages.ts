import type { Kysely, Selectable } from 'kysely'
import type { UnixSeconds } from '../../../base/clock.ts'
import type { StoredMessage } from '../../mail/message.ts'
import { messageOf, type OutboxTable } from '../../mail/sql.ts'
import type { Cursor, Page, Place } from '../listing.ts'
import { type Order, scan } from './scan.ts'

type OutboxTables = { outbox: OutboxTable }

const NEXT_FIRST: Order = { columns: ['due_at', 'id'], direction: 'asc' }

/** Messages that are not sent yet, the next one first. */
export async function findMessages(
  db: Kysely<OutboxTables>,
  cursor?: Cursor<Place>,
): Promise<Page<StoredMessage, Place>> {
  const found = await scan<Selectable<OutboxTable>>(db, {
    table: 'outbox',
    order: NEXT_FIRST,
    cursor,
  })
  return { ...found, rows: found.rows.map(messageOf) }
}

export async function findMessage(
  db: Kysely<OutboxTables>,
  id: string,
): Promise<StoredMessage | undefined> {
  const row = await db
    .selectFrom('outbox')
    .selectAll()
    .where('id', '=', id)
    .executeTakeFirst()
  return row && messageOf(row)
}

export async function retryMessage(
  db: Kysely<OutboxTables>,
  id: string,
  now: UnixSeconds,
): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable('outbox')
    .set({ due_at: now })
    .where('id', '=', id)
    .executeTakeFirst()
  return numUpdatedRows === 1n
}

export async function dropMessage(
  db: Kysely<OutboxTables>,
  id: string,
): Promise<boolean> {
  const { numDeletedRows } = await db
    .deleteFrom('outbox')
    .where('id', '=', id)
    .executeTakeFirst()
  return numDeletedRows === 1n
}
