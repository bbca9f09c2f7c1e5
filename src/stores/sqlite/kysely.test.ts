import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { Connection } from './connection.ts'
import { SqliteKysely } from './kysely.ts'

interface Tables {
  readonly notes: { readonly text: string }
}

function open(t: TestContext) {
  const db = new SqliteKysely<Tables>(async () => {
    const writing = new Connection(':memory:')
    writing.exec('create table notes (text text not null)')
    return { writing, reading: undefined }
  })
  t.after(() => db.destroy())
  const insert = (text: string) => db.insertInto('notes').values({ text })
  const texts = async () =>
    (await db.selectFrom('notes').select('text').execute()).map(({ text }) => text)
  return { db, insert, texts }
}

test('a compiled query is no part of a transaction that is open at the same time', async (t) => {
  const { db, insert, texts } = open(t)
  await db.executeQuery(insert('before').compile())
  let alone: Promise<unknown> | undefined
  const failing = db.transaction().execute(async (trx) => {
    await trx.executeQuery(insert('within').compile())
    alone = db.executeQuery(insert('beside').compile())
    throw new Error('rolled back')
  })
  await assert.rejects(failing, /rolled back/)
  await alone
  assert.deepEqual(await texts(), ['before', 'beside'])
})

test('a compiled query is rejected once the database is closed', async (t) => {
  const { db, insert } = open(t)
  const query = insert('late').compile()
  await db.executeQuery(query)
  await db.destroy()
  await assert.rejects(db.executeQuery(query), /destroyed/)
})
