import type { Kysely, Selectable } from 'kysely'
import type { UnixSeconds } from '../../base/clock.ts'
import type { StoreExtension } from '../../stores/extension.ts'
import { rowIfUser, type UserLock } from '../../stores/if-user.ts'
import type { Migration } from '../../stores/migrations.ts'
import { removeSignInRow, type SignInRows } from '../../stores/sign-in-rows.ts'
import type { Tables } from '../../stores/tables.ts'
import type { UserId } from '../../users/user.ts'
import type { Core } from '../core.ts'
import type { Identities, Identity, IdentityId } from './identity.ts'

interface IdentityTable {
  readonly id: IdentityId
  readonly user_id: UserId
  readonly provider: string
  readonly subject: string
  readonly email: string | null
  readonly created_at: UnixSeconds
  readonly last_used_at: UnixSeconds | null
}

type IdentityTables = Tables & { identities: IdentityTable }

/** Forward only: a released migration is never changed. */
const MIGRATIONS: readonly Migration[] = [
  {
    name: 'identities',
    statements: (schema, { text }) => [
      schema
        .createTable('identities')
        .addColumn('id', text, (column) => column.primaryKey().notNull())
        .addColumn('user_id', text, (column) => column.notNull())
        .addColumn('provider', text, (column) => column.notNull())
        .addColumn('subject', text, (column) => column.notNull())
        .addColumn('email', text)
        .addColumn('created_at', 'double precision', (column) => column.notNull())
        .addColumn('last_used_at', 'double precision'),
      schema
        .createIndex('identities_by_subject')
        .unique()
        .on('identities')
        .columns(['provider', 'subject']),
      schema.createIndex('identities_by_user').on('identities').column('user_id'),
    ],
  },
]

/** The table of identities, and the port to it. */
export const identityStore: StoreExtension<{ readonly identities: Identities }> = {
  name: 'social',
  migrations: MIGRATIONS,
  ofUsers: ['identities'],
  ports: (db, lock) => ({
    identities: sqlIdentities(db.withTables<{ identities: IdentityTable }>(), lock),
  }),
}

export const identitiesOf = ({ ports }: Pick<Core, 'ports'>): Identities =>
  ports(identityStore).identities

type Row = Selectable<IdentityTable>

function sqlIdentities(db: Kysely<IdentityTables>, lock: UserLock): Identities {
  return {
    async link(identity, epoch) {
      const row = rowOf(identity)
      const { numInsertedOrUpdatedRows } = await db
        .insertInto('identities')
        .columns(Object.keys(row) as (keyof Row)[])
        .expression(rowIfUser(db, row, { id: identity.userId, epoch }, lock))
        .onConflict((conflict) => conflict.columns(['provider', 'subject']).doNothing())
        .executeTakeFirst()
      return numInsertedOrUpdatedRows === 1n
    },

    async find(provider, subject) {
      const row = await db
        .selectFrom('identities')
        .selectAll()
        .where('provider', '=', provider)
        .where('subject', '=', subject)
        .executeTakeFirst()
      return row && identityOf(row)
    },

    async list(userId) {
      const rows = await db
        .selectFrom('identities')
        .selectAll()
        .where('user_id', '=', userId)
        .orderBy('created_at')
        .orderBy('id')
        .execute()
      return rows.map(identityOf)
    },

    async touch(id, now) {
      await db
        .updateTable('identities')
        .set({ last_used_at: now })
        .where('id', '=', id)
        .execute()
    },

    unlink: (id, userId, ways) =>
      removeSignInRow(db, { id, userId, from: IDENTITY_ROWS, ways }, lock),

    async deleteAll(userId) {
      const { numDeletedRows } = await db
        .deleteFrom('identities')
        .where('user_id', '=', userId)
        .executeTakeFirst()
      return Number(numDeletedRows)
    },
  }
}

const IDENTITY_ROWS: SignInRows = { table: 'identities', where: {} }

/** The identities of providers, each of which signs its user in. */
export const identityRows = (providers: readonly string[]): SignInRows => ({
  ...IDENTITY_ROWS,
  where: { provider: providers },
})

const rowOf = (identity: Identity): Row => ({
  id: identity.id,
  user_id: identity.userId,
  provider: identity.provider,
  subject: identity.subject,
  email: identity.email ?? null,
  created_at: identity.createdAt,
  last_used_at: identity.lastUsedAt ?? null,
})

const identityOf = (row: Row): Identity => ({
  id: row.id,
  userId: row.user_id,
  provider: row.provider,
  subject: row.subject,
  email: row.email ?? undefined,
  createdAt: row.created_at,
  lastUsedAt: row.last_used_at ?? undefined,
})
