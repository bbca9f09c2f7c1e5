import { sql } from 'kysely'
import type { Migration } from '../../../stores/migrations.ts'

/** Forward only: a released migration is never changed. */
export const CONSOLE_MIGRATIONS: readonly Migration[] = [
  {
    name: 'lists of the console',
    statements: (schema, { text }) => [
      schema
        .createTable('activity')
        .addColumn('slot', 'integer', (column) => column.notNull())
        .addColumn('kind', text, (column) => column.notNull())
        .addColumn('count', 'integer', (column) => column.notNull())
        .addPrimaryKeyConstraint('activity_by_slot', ['slot', 'kind']),
      schema.createIndex('users_by_time').on('users').columns(['joined_at', 'id']),
      // Few users are in these, whose names are in order.
      schema
        .createIndex('users_staff')
        .on('users')
        .column('username')
        .where(sql.ref('staff'), '=', sql.lit(1)),
      schema
        .createIndex('users_inactive')
        .on('users')
        .column('username')
        .where(sql.ref('active'), '=', sql.lit(0)),
      schema
        .createIndex('users_with_roles')
        .on('users')
        .column('username')
        .where(sql.ref('roles'), '<>', sql.lit('[]')),
      // Neither column changes with a refresh: see `sessions_by_user`.
      schema
        .createIndex('sessions_by_start')
        .on('sessions')
        .columns(['created_at', 'id']),
      schema.createIndex('events_by_kind').on('events').columns(['kind', 'at']),
      schema.createIndex('tokens_by_time').on('tokens').columns(['created_at', 'id']),
      schema.createIndex('tokens_by_hint').on('tokens').columns(['hint', 'id']),
    ],
  },
]
