import type { Kysely } from 'kysely'
import type { UnixSeconds } from '../../base/clock.ts'
import type { StoreExtension } from '../../stores/extension.ts'
import { tablesIn } from '../../stores/joint-writes.ts'
import type { Migration } from '../../stores/migrations.ts'
import type { Tables } from '../../stores/tables.ts'
import type { Outbox, StoredMessage } from './message.ts'

export interface OutboxTable {
  readonly id: string
  readonly sealed: string
  readonly attempts: number
  readonly due_at: UnixSeconds
  readonly expires_at: UnixSeconds
}

type OutboxTables = Tables & { outbox: OutboxTable }

/** Forward only: a released migration is never changed. */
const MIGRATIONS: readonly Migration[] = [
  {
    name: 'outbox',
    statements: (schema, { text }) => [
      schema
        .createTable('outbox')
        .addColumn('id', text, (column) => column.primaryKey().notNull())
        .addColumn('sealed', text, (column) => column.notNull())
        .addColumn('attempts', 'integer', (column) => column.notNull())
        .addColumn('due_at', 'double precision', (column) => column.notNull())
        .addColumn('expires_at', 'double precision', (column) => column.notNull()),
      schema.createIndex('outbox_by_time').on('outbox').column('due_at'),
    ],
  },
]

/** The messages that are not sent yet, and the port to them. */
export const outboxStore: StoreExtension<{ readonly outbox: Outbox }> = {
  name: 'mail',
  migrations: MIGRATIONS,
  ports: (db) => ({ outbox: sqlOutbox(db.withTables<{ outbox: OutboxTable }>()) }),
}

function sqlOutbox(db: Kysely<OutboxTables>): Outbox {
  return {
    async insert(message) {
      await db.insertInto('outbox').values(rowOf(message)).execute()
    },

    async insertIn(transaction, message) {
      const trx = tablesIn<{ outbox: OutboxTable }>(transaction)
      await trx.insertInto('outbox').values(rowOf(message)).execute()
    },

    async replace({ id, sealed, dueAt }) {
      await db
        .updateTable('outbox')
        .set({ sealed, due_at: dueAt })
        .where('id', '=', id)
        .where('attempts', '=', 0)
        .execute()
    },

    async due(now, limit) {
      const rows = await db
        .selectFrom('outbox')
        .selectAll()
        .where('due_at', '<=', now)
        .orderBy('due_at')
        .limit(limit)
        .execute()
      return rows.map(messageOf)
    },

    async claim({ id, attempts, dueAt }, until) {
      const { numUpdatedRows } = await db
        .updateTable('outbox')
        .set({ attempts: attempts + 1, due_at: until })
        .where('id', '=', id)
        .where('attempts', '=', attempts)
        .where('due_at', '=', dueAt)
        .executeTakeFirst()
      return numUpdatedRows === 1n
    },

    async postpone(id, dueAt) {
      await db.updateTable('outbox').set({ due_at: dueAt }).where('id', '=', id).execute()
    },

    async delete(id) {
      await db.deleteFrom('outbox').where('id', '=', id).execute()
    },

    async flush(now, limit) {
      const expired = db
        .selectFrom('outbox')
        .select('id')
        .where('expires_at', '<', now)
        .limit(limit)
      const { numDeletedRows } = await db
        .deleteFrom('outbox')
        .where('id', 'in', expired)
        .executeTakeFirst()
      return Number(numDeletedRows)
    },
  }
}

const rowOf = ({ id, sealed, attempts, dueAt, expiresAt }: StoredMessage) => ({
  id,
  sealed,
  attempts,
  due_at: dueAt,
  expires_at: expiresAt,
})

export const messageOf = (row: OutboxTable): StoredMessage => ({
  id: row.id,
  sealed: row.sealed,
  attempts: row.attempts,
  dueAt: row.due_at,
  expiresAt: row.expires_at,
})
