import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Connection } from './connection.ts'
import { migrateInMemory } from './migrated-copy.ts'
import { IN_MEMORY } from './open-database.ts'

test('a database in memory has the tables of the first one that was migrated, and none of its rows', async (t) => {
  const extensions: [] = []
  let migrations = 0
  const open = async (): Promise<Connection> => {
    const connection = new Connection(IN_MEMORY)
    t.after(() => connection.close())
    await migrateInMemory(connection, extensions, async () => {
      migrations++
      connection.exec(
        'create table names (name text); create index by_name on names (name)',
      )
    })
    return connection
  }
  const namesIn = (connection: Connection) =>
    connection.run({ sql: 'select name from names', parameters: [] }).rows
  const relationsIn = (connection: Connection) =>
    connection.run({ sql: 'select name, sql from sqlite_schema', parameters: [] }).rows

  const first = await open()
  first.exec("insert into names values ('ada')")
  const second = await open()
  second.exec("insert into names values ('bob')")

  assert.equal(migrations, 1)
  assert.deepEqual(relationsIn(second), relationsIn(first))
  assert.equal(namesIn(first).length, 1)
  assert.deepEqual(namesIn(second), [{ __proto__: null, name: 'bob' }])
  assert.deepEqual(namesIn(await open()), [])
})

test('databases with other tables are migrated themselves', async (t) => {
  for (const name of ['one', 'two']) {
    const connection = new Connection(IN_MEMORY)
    t.after(() => connection.close())
    await migrateInMemory(connection, [], async () =>
      connection.exec(`create table ${name} (id text)`),
    )
    const { rows } = connection.run({
      sql: 'select name from sqlite_schema',
      parameters: [],
    })
    assert.deepEqual(rows, [{ __proto__: null, name }])
  }
})
