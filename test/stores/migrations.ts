import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { type Kysely, sql } from 'kysely'
import { type ApiTokenId, digestOf } from '../../src/features/api-tokens/api-token.ts'
import { apiTokenStore } from '../../src/features/api-tokens/sql.ts'
import type { StoreExtension } from '../../src/stores/extension.ts'
import type { Migration } from '../../src/stores/migrations.ts'
import { loadDriver } from '../../src/stores/postgres/driver.ts'
import { postgresStore } from '../../src/stores/postgres/store.ts'
import { sqliteStore } from '../../src/stores/sqlite/store.ts'
import type { Tables } from '../../src/stores/tables.ts'
import { cleanUp } from '../cleanup.ts'
import { NOON, vitor } from '../sessions/setup.ts'
import type { FreshDatabase } from './sqlite.ts'

await loadDriver()

const PROCESSES = 10

interface NotePorts {
  readonly notes: { add(text: string): Promise<void>; list(): Promise<readonly string[]> }
}

const makeNotes: Migration = {
  name: 'notes',
  statements: (schema, { text }) => [
    schema.createTable('notes').addColumn('text', text, (column) => column.notNull()),
  ],
}

const addColour: Migration = {
  name: 'colour',
  statements: (schema, { text }) => [
    schema.alterTable('notes').addColumn('colour', text),
  ],
}

const broken: Migration = {
  name: 'broken',
  statements: (schema, { text }) => [
    schema.createTable('half').addColumn('text', text),
    schema.alterTable('no_such_table').addColumn('text', text),
  ],
}

function notes(...migrations: readonly Migration[]): StoreExtension<NotePorts> {
  return {
    name: 'notes',
    migrations,
    ports: (db) => ({
      notes: {
        add: async (text) =>
          void (await run(db, `insert into notes (text) values ('${text}')`)),
        list: async () =>
          (await run(db, 'select text from notes')).map(({ text }) => text),
      },
    }),
  }
}

async function run(db: Kysely<Tables>, statement: string) {
  return (await sql.raw<{ text: string }>(statement).execute(db)).rows
}

/** Runs a statement as another program would. */
const raw: StoreExtension<{ readonly run: (statement: string) => Promise<unknown> }> = {
  name: 'raw',
  migrations: [],
  ports: (db) => ({ run: (statement) => run(db, statement) }),
}

function openedOn<const Extensions extends readonly StoreExtension[]>(
  t: TestContext,
  url: string,
  extensions: Extensions,
) {
  const store = url.startsWith('postgres')
    ? postgresStore({ url, extensions })
    : sqliteStore({ file: url, extensions })
  cleanUp(t, () => store.close())
  return store
}

async function migrated<const Extensions extends readonly StoreExtension[]>(
  t: TestContext,
  url: string,
  extensions: Extensions,
) {
  const store = openedOn(t, url, extensions)
  await store.migrate()
  return store.ports
}

const token = {
  id: 'f'.repeat(32) as ApiTokenId,
  userId: vitor.id,
  digest: digestOf('a token'),
  hint: 'a to',
  name: undefined,
  scopes: [],
  nonce: undefined,
  kind: undefined,
  epoch: undefined,
  createdAt: NOON,
  expiresAt: undefined,
}

/** @param name of the kind of database */
export function migrationTests(name: string, fresh: FreshDatabase): void {
  const on = (title: string, body: (t: TestContext, url: string) => Promise<void>) =>
    test(`${name}: ${title}`, async (t) => {
      const database = await fresh(t)
      if (typeof database === 'string') return t.skip(database)
      await body(t, database.url)
    })

  on('an extension that is added later finds its tables', async (t, url) => {
    await migrated(t, url, [])

    const { notes: port } = await migrated(t, url, [notes(makeNotes)])

    await port.add('first')
    assert.deepEqual(await port.list(), ['first'])
  })

  on('an extension that was taken out and put back finds its rows', async (t, url) => {
    const before = await migrated(t, url, [notes(makeNotes)])
    await before.notes.add('first')
    await migrated(t, url, [])

    const after = await migrated(t, url, [apiTokenStore, notes(makeNotes, addColour)])

    assert.deepEqual(await after.notes.list(), ['first'])
  })

  on('data of 0.1.0 outlive a version without API tokens', async (t, url) => {
    const before = await migrated(t, url, [apiTokenStore, raw])
    await before.users.insert(vitor)
    await before.apiTokens.insert(token)
    // 0.1.0 made the tables of the first migration, and recorded no others.
    await before.run('drop table watchword_feature_migrations')
    for (const column of ['kind', 'epoch'])
      await before.run(`alter table tokens drop column ${column}`)
    await migrated(t, url, [])

    const after = await migrated(t, url, [apiTokenStore])

    assert.equal((await after.apiTokens.find(token.digest, NOON))?.id, token.id)
  })

  on(
    `a second migration is applied once by ${PROCESSES} stores at once`,
    async (t, url) => {
      const before = await migrated(t, url, [notes(makeNotes)])
      await before.notes.add('first')
      const stores = Array.from({ length: PROCESSES }, () =>
        openedOn(t, url, [notes(makeNotes, addColour), raw]),
      )

      await Promise.all(stores.map((store) => store.migrate()))

      for (const { ports } of stores) {
        assert.deepEqual(await ports.notes.list(), ['first'])
        await ports.run('select colour from notes')
      }
    },
  )

  on('a migration that fails leaves nothing behind', async (t, url) => {
    await assert.rejects(migrated(t, url, [notes(makeNotes, broken)]))

    const { run } = await migrated(t, url, [raw])

    for (const table of ['notes', 'half']) {
      await assert.rejects(async () => run(`select * from ${table}`))
    }
  })

  on('tables of a newer version of an extension are rejected', async (t, url) => {
    await migrated(t, url, [notes(makeNotes, addColour)])

    await assert.rejects(migrated(t, url, [notes(makeNotes)]), {
      code: 'invalid_config',
      message: /was made by a newer watchword \(schema 2 of notes, this one knows 1\)/,
    })
  })
}
