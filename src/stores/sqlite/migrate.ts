import type { SchemaModule } from 'kysely'
import { AuthError } from '../../base/errors.ts'
import { MIGRATIONS, type Migration } from '../migrations.ts'
import { retryWhileBusy } from './busy-retry.ts'
import type { Connection } from './connection.ts'

const LEDGER =
  'create table if not exists watchword_migrations (number integer primary key not null, name text not null)'

/**
 * Brings the tables to the newest version, all steps in one transaction: of processes that start together one does it, and
 * the others find it done.
 *
 * @throws AuthError `invalid_config` where the tables are of a newer version, or another program's
 */
export async function migrate(
  connection: Connection,
  schema: SchemaModule,
  file: string,
): Promise<void> {
  if (versionOf(connection) === MIGRATIONS.length) return
  await retryWhileBusy(() => connection.exec('begin immediate'))
  try {
    connection.exec(LEDGER)
    const version = versionOf(connection)
    if (version > MIGRATIONS.length) throw newer(version, file)
    for (const [index, migration] of MIGRATIONS.entries()) {
      if (index >= version) apply(migration, index + 1, connection, schema, file)
    }
    connection.exec('commit')
  } catch (error) {
    if (connection.inTransaction) connection.exec('rollback')
    throw error
  }
}

/** The number of the last migration that was applied; 0 for a new database. */
function versionOf(connection: Connection): number {
  const ledger = `select name from sqlite_master where type = 'table' and name = 'watchword_migrations'`
  if (connection.run({ sql: ledger, parameters: [] }).rows.length === 0) return 0
  const newest = 'select max(number) as version from watchword_migrations'
  const [row] = connection.run<{ version: number | null }>({
    sql: newest,
    parameters: [],
  }).rows
  return row?.version ?? 0
}

function apply(
  migration: Migration,
  number: number,
  connection: Connection,
  schema: SchemaModule,
  file: string,
): void {
  try {
    for (const statement of migration.statements(schema, { text: 'text' }))
      connection.run(statement.compile())
  } catch (error) {
    if (!/already exists/.test((error as Error).message)) throw error
    throw new AuthError(
      'invalid_config',
      `The database ${JSON.stringify(file)} holds tables of another program: give watchword a file of its own.`,
      { cause: error },
    )
  }
  connection.run({
    sql: 'insert into watchword_migrations (number, name) values (?, ?)',
    parameters: [number, migration.name],
  })
}

const newer = (version: number, file: string): AuthError =>
  new AuthError(
    'invalid_config',
    `The database ${JSON.stringify(file)} was made by a newer watchword (schema ${version}, this one knows ${MIGRATIONS.length}): ` +
      'install the newest watchword.',
  )
