import {
  type Compilable,
  CompiledQuery,
  type RawBuilder,
  type SchemaModule,
  sql,
} from 'kysely'
import { listIf } from '../base/optional.ts'

import { TRIGGERS } from './postgres/triggers.ts'

/** One step of a schema. Its number is its place in the list, from 1. */
export interface Migration {
  readonly name: string
  statements(schema: SchemaModule, types: ColumnTypes): readonly Compilable[]
  /** What PostgreSQL runs after them; `notify`: whether the server has `pg_notify`. */
  postgres?(server: { readonly notify: boolean }): readonly string[]
}

/** The column types that databases name differently. */
export interface ColumnTypes {
  /** Strings, compared by their bytes. */
  readonly text: 'text' | RawBuilder<unknown>
}

/** Addresses in 0.1.0 may differ in letter case only: the oldest user is found by the others' spellings, too. */
const FIRST_OF_EACH_ADDRESS = `update users set email_key = lower(email) where id in (
  select id from (
    select id, row_number() over (partition by lower(email) order by joined_at, id) as place
    from users where email is not null
  ) as addressed where place = 1
)`

const statement = (text: string): Compilable => ({
  compile: () => CompiledQuery.raw(text),
})

/** Forward only: a released migration is never changed. */
export const CORE_MIGRATIONS: readonly Migration[] = [
  {
    name: 'users, sessions, keys, hits, events',
    statements: (schema, { text }) => [
      schema
        .createTable('users')
        .addColumn('id', text, (column) => column.primaryKey().notNull())
        .addColumn('username', text, (column) => column.notNull().unique())
        .addColumn('username_key', text, (column) => column.notNull().unique())
        .addColumn('email', text, (column) => column.unique())
        .addColumn('hash', text, (column) => column.notNull())
        .addColumn('active', 'integer', (column) => column.notNull())
        .addColumn('staff', 'integer', (column) => column.notNull())
        .addColumn('superuser', 'integer', (column) => column.notNull())
        .addColumn('roles', text, (column) => column.notNull())
        .addColumn('epoch', 'integer', (column) => column.notNull())
        .addColumn('joined_at', 'double precision', (column) => column.notNull())
        .addColumn('last_login_at', 'double precision')
        .addColumn('attributes', text, (column) => column.notNull()),
      schema
        .createTable('sessions')
        .addColumn('id', text, (column) => column.primaryKey().notNull())
        .addColumn('user_id', text)
        .addColumn('generation', 'integer', (column) => column.notNull())
        .addColumn('jti', text, (column) => column.notNull())
        .addColumn('previous_jti', text)
        .addColumn('rotated_at', 'double precision')
        .addColumn('created_at', 'double precision', (column) => column.notNull())
        .addColumn('expires_at', 'double precision', (column) => column.notNull())
        .addColumn('idle_expires_at', 'double precision', (column) => column.notNull())
        .addColumn('epoch', 'integer', (column) => column.notNull())
        .addColumn('ended_at', 'double precision')
        .addColumn('end_reason', text),
      // No column that a refresh changes has an index: a refresh rewrites one row and nothing else.
      schema.createIndex('sessions_by_user').on('sessions').column('user_id'),
      schema.createIndex('sessions_by_end').on('sessions').column('expires_at'),
      schema
        .createIndex('sessions_ended')
        .on('sessions')
        .columns(['ended_at', 'id'])
        .where(sql.ref('ended_at'), 'is not', null),
      schema
        .createTable('keys')
        .addColumn('id', text, (column) => column.primaryKey().notNull())
        .addColumn('algorithm', text, (column) => column.notNull())
        .addColumn('stage', text, (column) => column.notNull())
        .addColumn('public_jwk', text, (column) => column.notNull())
        .addColumn('sealed', text, (column) => column.notNull())
        .addColumn('created_at', 'double precision', (column) => column.notNull())
        .addColumn('token_life', 'double precision', (column) => column.notNull())
        .addColumn('verifies_until', 'double precision'),
      // At most one key is current and at most one is next, also if two processes write at once.
      schema
        .createIndex('keys_by_stage')
        .unique()
        .on('keys')
        .column('stage')
        .where(sql.ref('stage'), '<>', sql.lit('retiring')),
      schema
        .createTable('throttle_hits')
        .addColumn('key', text, (column) => column.notNull())
        .addColumn('slot', 'integer', (column) => column.notNull())
        .addColumn('at', 'double precision', (column) => column.notNull())
        .addPrimaryKeyConstraint('throttle_hits_by_place', ['key', 'slot']),
      schema
        .createIndex('throttle_hits_by_age')
        .on('throttle_hits')
        .columns(['key', 'at']),
      schema.createIndex('throttle_hits_by_time').on('throttle_hits').column('at'),
      schema
        .createTable('events')
        .addColumn('id', text, (column) => column.primaryKey().notNull())
        .addColumn('at', 'double precision', (column) => column.notNull())
        .addColumn('kind', text, (column) => column.notNull())
        .addColumn('user_id', text)
        .addColumn('session_id', text)
        .addColumn('actor', text)
        .addColumn('address', text)
        .addColumn('request_id', text)
        .addColumn('detail', text, (column) => column.notNull()),
      schema.createIndex('events_by_time').on('events').columns(['at', 'id']),
      schema.createIndex('events_by_user').on('events').columns(['user_id', 'at']),
    ],
    postgres: ({ notify }) => [
      // Room on each page for the next version of a row: a refresh then touches no index.
      'alter table sessions set (fillfactor = 80)',
      ...listIf(notify, ...TRIGGERS),
    ],
  },
  {
    name: 'lost answers',
    // The values of a session that 0.1.0 refreshes while its processes still run are right, too.
    statements: (schema) => [
      schema
        .alterTable('sessions')
        .addColumn('lost_answers', 'integer', (column) => column.notNull().defaultTo(0)),
      schema.alterTable('sessions').addColumn('spent_at', 'double precision'),
    ],
  },
  {
    name: 'accounts',
    statements: (schema, { text }) => [
      schema.alterTable('users').addColumn('email_key', text),
      schema.alterTable('users').addColumn('email_verified_at', 'double precision'),
      schema.alterTable('users').addColumn('phone', text),
      schema.alterTable('users').addColumn('phone_verified_at', 'double precision'),
      statement(FIRST_OF_EACH_ADDRESS),
      schema.createIndex('users_by_email_key').unique().on('users').column('email_key'),
      schema.createIndex('users_by_phone').unique().on('users').column('phone'),
    ],
  },
  {
    name: 'origins of sessions',
    // Release 0.1.0 leaves them out. None has an index: see `sessions_by_user`.
    statements: (schema, { text }) => [
      schema.alterTable('sessions').addColumn('address', text),
      schema.alterTable('sessions').addColumn('user_agent', text),
      schema.alterTable('sessions').addColumn('amr', text),
      schema.alterTable('sessions').addColumn('auth_time', 'double precision'),
      schema.alterTable('sessions').addColumn('last_used_at', 'double precision'),
      schema.alterTable('sessions').addColumn('actor', text),
    ],
  },
  {
    name: 'sessions of applications',
    // A refresh changes none of these columns, so the index costs it nothing.
    statements: (schema, { text }) => [
      schema.alterTable('sessions').addColumn('client_id', text),
      schema.alterTable('sessions').addColumn('scopes', text),
      schema.alterTable('sessions').addColumn('resource', text),
      schema
        .createIndex('sessions_by_client')
        .on('sessions')
        .column('client_id')
        .where(sql.ref('client_id'), 'is not', null),
    ],
  },
  {
    name: 'superusers',
    // Few users are in it: what removes one reads them all.
    statements: (schema) => [
      schema
        .createIndex('users_superusers')
        .on('users')
        .column('id')
        .where(sql.ref('superuser'), '=', sql.lit(1)),
    ],
  },
  {
    name: 'proofs',
    statements: (schema, { text }) => [
      schema
        .createTable('proofs')
        .addColumn('digest', text, (column) => column.primaryKey().notNull())
        .addColumn('expires_at', 'double precision', (column) => column.notNull()),
      schema.createIndex('proofs_by_end').on('proofs').column('expires_at'),
      schema.alterTable('sessions').addColumn('jkt', text),
    ],
  },
]
