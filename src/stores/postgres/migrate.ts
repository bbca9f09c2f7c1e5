import { type SchemaModule, sql } from 'kysely'
import type { ClientBase } from 'pg'
import { configError } from '../../base/errors.ts'
import type { MigratableDatabase } from '../migrate.ts'
import type { ColumnTypes } from '../migrations.ts'
import type { ShownAddress } from './address.ts'
import { codeOf, DUPLICATE_TABLE } from './errors.ts'

/** Compared by bytes, as everywhere: the server's own order depends on a language, and changes with its libraries. */
const TYPES: ColumnTypes = { text: sql`text collate "C"` }

/** The advisory lock under which one process at a time migrates: any number that nothing else uses. */
const LOCK = 7_739_204_118

/** `to_regclass` may answer from a cache that is older than the lock. */
const HAS_TABLE = `select exists (
    select from pg_catalog.pg_class
    where relname = $1 and pg_catalog.pg_table_is_visible(oid)
  ) as found`

export function migratablePostgres(
  client: ClientBase,
  schema: SchemaModule,
  place: ShownAddress,
): MigratableDatabase {
  const name = JSON.stringify(place.database)

  return {
    name,

    async run(query) {
      const { sql, parameters } = query.compile()
      return (await client.query(sql, [...parameters])).rows
    },

    async hasTable(table) {
      return (await client.query(HAS_TABLE, [table])).rows[0].found
    },

    async exclusively(work) {
      await client.query('begin isolation level read committed')
      try {
        // A large table may take longer than the limits of a connection.
        await client.query('set local statement_timeout = 0')
        await client.query('set local lock_timeout = 0')
        await client.query('select pg_advisory_xact_lock($1)', [LOCK])
        await work()
        await client.query('commit')
      } catch (error) {
        await client.query('rollback').catch(() => {})
        throw error
      }
    },

    async apply({ statements, postgres }) {
      const server = { notify: await hasNotify(client) }
      const made = statements(schema, TYPES).map((statement) => statement.compile().sql)
      try {
        for (const sql of [...made, ...(postgres?.(server) ?? [])])
          await client.query(sql)
      } catch (error) {
        if (codeOf(error) !== DUPLICATE_TABLE) throw error
        throw configError(
          `The database ${name} holds tables of another program: give watchword a database or a schema of its own.`,
          error,
        )
      }
    },
  }
}

/** Some databases that are compatible with PostgreSQL have no `pg_notify`. */
async function hasNotify(client: ClientBase): Promise<boolean> {
  const found = `select count(*)::int as found from pg_proc where proname = 'pg_notify'`
  return (await client.query(found)).rows[0].found > 0
}
