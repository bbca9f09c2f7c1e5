import { type Compilable, CreateTableNode, type SchemaModule } from 'kysely'
import { configError } from '../../base/errors.ts'
import type { MigratableDatabase } from '../migrate.ts'
import type { Migration } from '../migrations.ts'
import { retryWhileBusy } from './busy-retry.ts'
import type { Connection } from './connection.ts'

export function migratableSqlite(
  connection: Connection,
  schema: SchemaModule,
  file: string,
): MigratableDatabase {
  const name = JSON.stringify(file)
  const run = <Row>(query: Compilable<Row>): readonly Row[] =>
    connection.run<Row>(query.compile()).rows
  const exists = (relation: string): boolean =>
    connection.run({
      sql: 'select name from sqlite_master where name = ?',
      parameters: [relation],
    }).rows.length > 0

  return {
    name,
    run: async (query) => run(query),
    hasTable: async (table) => exists(table),

    async exclusively(work) {
      await retryWhileBusy(() => connection.exec('begin immediate'))
      try {
        await work()
        connection.exec('commit')
      } catch (error) {
        if (connection.inTransaction) connection.exec('rollback')
        throw error
      }
    },

    async apply({ statements }: Migration) {
      for (const statement of statements(schema, { text: 'text' })) {
        if (exists(tableMadeBy(statement)))
          throw configError(
            `The database ${name} holds tables of another program: give watchword a file of its own.`,
          )
        run(statement)
      }
    },
  }
}

/** @returns the empty string if the statement makes no table */
function tableMadeBy(statement: Compilable): string {
  const node = statement.compile().query
  if (!CreateTableNode.is(node)) return ''
  return node.table.table.identifier.name
}
