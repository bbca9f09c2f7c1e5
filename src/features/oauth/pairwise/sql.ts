import type { Kysely } from 'kysely'
import type { UnixSeconds } from '../../../base/clock.ts'
import type { Migration } from '../../../stores/migrations.ts'
import type { Tables } from '../../../stores/tables.ts'

/** The port to the key that the names of users are made with. There is one, which is never replaced: only its seal is. */
export interface SubjectKeys {
  /** @returns the sealed key */
  find(): Promise<string | undefined>
  /** Stores the first one: of concurrent calls one does, and the others have no effect. */
  insert(sealed: string, now: UnixSeconds): Promise<void>
  /** Replaces the seal, if it still is `before`. @returns whether this call did */
  reseal(before: string, after: string): Promise<boolean>
}

interface SubjectKeyTable {
  readonly id: string
  readonly sealed: string
  readonly created_at: UnixSeconds
}

export type SubjectKeyTables = { readonly oauth_subject_keys: SubjectKeyTable }

export const pairwiseMigration: Migration = {
  name: 'pairwise subjects',
  statements: (schema, { text }) => [
    schema
      .alterTable('clients')
      .addColumn('subject_type', text, (column) => column.notNull().defaultTo('public')),
    schema.alterTable('clients').addColumn('sector_identifier_uri', text),
    schema
      .createTable('oauth_subject_keys')
      .addColumn('id', text, (column) => column.primaryKey().notNull())
      .addColumn('sealed', text, (column) => column.notNull())
      .addColumn('created_at', 'double precision', (column) => column.notNull()),
  ],
}

/** The only row. */
const ID = 'pairwise'

export const sqlSubjectKeys = (db: Kysely<Tables & SubjectKeyTables>): SubjectKeys => ({
  async find() {
    const row = await db
      .selectFrom('oauth_subject_keys')
      .select('sealed')
      .where('id', '=', ID)
      .executeTakeFirst()
    return row?.sealed
  },

  async insert(sealed, now) {
    await db
      .insertInto('oauth_subject_keys')
      .values({ id: ID, sealed, created_at: now })
      .onConflict((conflict) => conflict.column('id').doNothing())
      .execute()
  },

  async reseal(before, after) {
    const { numUpdatedRows } = await db
      .updateTable('oauth_subject_keys')
      .set({ sealed: after })
      .where('id', '=', ID)
      .where('sealed', '=', before)
      .executeTakeFirst()
    return numUpdatedRows === 1n
  },
})
