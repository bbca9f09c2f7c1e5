import { type Kysely, type Selectable, sql } from 'kysely'
import type { UnixSeconds } from '../../base/clock.ts'
import type { StoreExtension } from '../../stores/extension.ts'
import {
  holdUser,
  ifUser,
  rowIfUser,
  type UserCondition,
  type UserLock,
} from '../../stores/if-user.ts'
import { LatestMoments } from '../../stores/latest-moments.ts'
import type { Migration } from '../../stores/migrations.ts'
import { prepared } from '../../stores/prepared.ts'
import { flag, type Tables } from '../../stores/tables.ts'
import type { UserId } from '../../users/user.ts'
import {
  type ApiTokenId,
  type ApiTokens,
  apiTokenOf,
  type SignedInUser,
  type StoredApiToken,
  type TokenDigest,
} from './api-token.ts'

export interface ApiTokenTable {
  readonly id: ApiTokenId
  readonly user_id: UserId
  readonly digest: TokenDigest
  readonly hint: string
  readonly name: string | null
  readonly scopes: string
  readonly nonce: string | null
  readonly created_at: UnixSeconds
  readonly expires_at: UnixSeconds | null
  readonly kind: string | null
  readonly epoch: number | null
}

type ApiTokenTables = Tables & { tokens: ApiTokenTable }

/** Forward only: a released migration is never changed. */
const MIGRATIONS: readonly Migration[] = [
  {
    name: 'tokens',
    statements: (schema, { text }) => [
      schema
        .createTable('tokens')
        .addColumn('id', text, (column) => column.primaryKey().notNull())
        .addColumn('user_id', text, (column) => column.notNull())
        .addColumn('digest', text, (column) => column.notNull().unique())
        .addColumn('hint', text, (column) => column.notNull())
        .addColumn('name', text)
        .addColumn('scopes', text, (column) => column.notNull())
        .addColumn('nonce', text)
        .addColumn('created_at', 'double precision', (column) => column.notNull())
        .addColumn('expires_at', 'double precision'),
      schema.createIndex('tokens_by_user').on('tokens').column('user_id'),
      // A user has one derived token at most, also if two processes write at once.
      schema
        .createIndex('tokens_derived')
        .unique()
        .on('tokens')
        .column('user_id')
        .where(sql.ref('nonce'), 'is not', null),
    ],
  },
  {
    name: 'tokens of sign-ins',
    statements: (schema, { text }) => [
      schema.alterTable('tokens').addColumn('kind', text),
      schema.alterTable('tokens').addColumn('epoch', 'integer'),
    ],
  },
]

/** The table of API tokens, and the port over it. */
export const apiTokenStore: StoreExtension<{ readonly apiTokens: ApiTokens }> = {
  name: 'apiTokens',
  migrations: MIGRATIONS,
  ofUsers: ['tokens'],
  ports: (db, lock) => ({
    apiTokens: sqlApiTokens(db.withTables<{ tokens: ApiTokenTable }>(), lock),
  }),
}

type Row = Selectable<ApiTokenTable>

/** API tokens in SQL. A constraint of the table allows one derived token per user at most. */
function sqlApiTokens(db: Kysely<ApiTokenTables>, lock: UserLock): ApiTokens {
  const find = prepared<{ digest: TokenDigest }, Row>(db, (values) =>
    db.selectFrom('tokens').selectAll().where('digest', '=', values.digest),
  )

  const insertIfUser = (token: StoredApiToken, signedIn?: SignedInUser) => {
    const row = rowOf(token)
    return db
      .insertInto('tokens')
      .columns(Object.keys(row) as (keyof Row)[])
      .expression(rowIfUser(db, row, conditionFor(token, signedIn), lock))
  }

  const extensions = new LatestMoments<ApiTokenId>((batch) => extendAll(db, batch))

  return {
    async insert(token, signedIn) {
      const query = insertIfUser(token, signedIn)
      const { numInsertedOrUpdatedRows } = await query.executeTakeFirst()
      return numInsertedOrUpdatedRows === 1n
    },

    insertWithin: (limit, token, signedIn) =>
      db.transaction().execute(async (trx: Kysely<ApiTokenTables>) => {
        if (!(await holdUser(trx, conditionFor(token, signedIn), lock)))
          return 'user changed'
        const live = await liveOf(trx, token, signedIn)
        const surplus = live.slice(limit.limit - 1)
        if (surplus.length > 0) {
          if (!limit.revokeOldest) return 'full'
          await trx.deleteFrom('tokens').where('id', 'in', surplus).execute()
        }
        await trx.insertInto('tokens').values(rowOf(token)).execute()
        return { revoked: surplus.length }
      }),

    extend: (id, expiresAt) => extensions.add(id, expiresAt),

    async insertDerived(token, signedIn) {
      const query = insertIfUser(token, signedIn)
        // If there is a row, changes nothing in it, and returns it.
        .onConflict((conflict) =>
          conflict
            .column('user_id')
            .where('nonce', 'is not', null)
            .doUpdateSet({ user_id: token.userId }),
        )
        .returningAll()
      const row = await query.executeTakeFirst()
      return row && storedOf(row)
    },

    async replaceDerived(id, token, signedIn) {
      const user = ifUser(db, conditionFor(token, signedIn), lock).select('users.id')
      const query = db
        .updateTable('tokens')
        .set(rowOf(token))
        .where('id', '=', id)
        .where((eb) => eb.exists(user))
      const { numUpdatedRows } = await query.executeTakeFirst()
      return numUpdatedRows === 1n
    },

    async insertImported(token) {
      const { numInsertedOrUpdatedRows } = await insertIfUser(token)
        .onConflict((conflict) => conflict.column('digest').doNothing())
        .executeTakeFirst()
      return numInsertedOrUpdatedRows === 1n
    },

    async upgradeDigest(id, from, to) {
      const { numUpdatedRows } = await db
        .updateTable('tokens')
        .set({ digest: to })
        .where('id', '=', id)
        .where('digest', '=', from)
        .executeTakeFirst()
      return numUpdatedRows === 1n
    },

    async find(digest, now) {
      const [row] = (await find({ digest })).rows
      if (row === undefined) return undefined
      const token = storedOf(row)
      const expiresAt = extensions.of(token.id) ?? token.expiresAt
      if (expiresAt !== undefined && expiresAt <= now) return undefined
      if (expiresAt === token.expiresAt) return token
      return { ...token, expiresAt }
    },

    async findDerived(userId) {
      const query = db
        .selectFrom('tokens')
        .selectAll()
        .where('user_id', '=', userId)
        .where('nonce', 'is not', null)
      const row = await query.executeTakeFirst()
      return row && storedOf(row)
    },

    async findByIdOrHint(idOrHint) {
      const query = db.selectFrom('tokens').selectAll()
      const rows = await query
        .where((eb) => eb.or({ id: idOrHint as ApiTokenId, hint: idOrHint }))
        .execute()
      return rows.map((row) => apiTokenOf(storedOf(row)))
    },

    async list(userId) {
      const rows = await db
        .selectFrom('tokens')
        .selectAll()
        .where('user_id', '=', userId)
        .orderBy('created_at', 'desc')
        .orderBy('id')
        .execute()
      return rows.map((row) => apiTokenOf(storedOf(row)))
    },

    async delete(id) {
      const { numDeletedRows } = await db
        .deleteFrom('tokens')
        .where('id', '=', id)
        .executeTakeFirst()
      return numDeletedRows === 1n
    },

    async deleteAll(userId, kind) {
      const all = db.deleteFrom('tokens').where('user_id', '=', userId)
      const query = kind === undefined ? all : all.where('kind', '=', kind)
      const { numDeletedRows } = await query.executeTakeFirst()
      return Number(numDeletedRows)
    },

    async flush(moment, limit) {
      const dead = db
        .selectFrom('tokens')
        .leftJoin('users', 'users.id', 'tokens.user_id')
        .select('tokens.id')
        .where((eb) =>
          eb.or([
            eb('tokens.expires_at', '<', moment),
            eb('users.id', 'is', null),
            eb('tokens.epoch', '<', eb.ref('users.epoch')),
          ]),
        )
        .limit(limit)
      const { numDeletedRows } = await db
        .deleteFrom('tokens')
        .where('id', 'in', dead)
        .executeTakeFirst()
      return Number(numDeletedRows)
    },
  }
}

/** The ids of the user's live tokens of the kind of one, newest first. */
async function liveOf(
  db: Kysely<ApiTokenTables>,
  { userId, kind = '', createdAt: now }: StoredApiToken,
  { epoch }: SignedInUser,
): Promise<readonly ApiTokenId[]> {
  const rows = await db
    .selectFrom('tokens')
    .select('id')
    .where('user_id', '=', userId)
    .where('kind', '=', kind)
    .where((eb) => eb.or([eb('expires_at', 'is', null), eb('expires_at', '>', now)]))
    .where((eb) => eb.or([eb('epoch', 'is', null), eb('epoch', '=', epoch)]))
    .orderBy('created_at', 'desc')
    .orderBy('id')
    .execute()
  return rows.map(({ id }) => id)
}

/** Never shortens a token: another process may have written a later moment. */
async function extendAll(
  db: Kysely<ApiTokenTables>,
  batch: ReadonlyMap<ApiTokenId, UnixSeconds>,
): Promise<void> {
  const rows = [...batch].map(
    ([id, expiresAt]) =>
      sql`(cast(${id} as text), cast(${expiresAt} as double precision))`,
  )
  await sql`with later(id, expires_at) as (values ${sql.join(rows)})
    update tokens set expires_at = later.expires_at from later
    where tokens.id = later.id and tokens.expires_at < later.expires_at`.execute(db)
}

/** An inactive user who signed in may do so: `users.checkActive` is off. */
const conditionFor = (
  { userId: id }: StoredApiToken,
  signedIn: SignedInUser | undefined,
): UserCondition => ({
  id,
  epoch: signedIn?.epoch,
  leastActive: flag(signedIn?.active === true),
})

const rowOf = (token: StoredApiToken): Row => ({
  id: token.id,
  user_id: token.userId,
  digest: token.digest,
  hint: token.hint,
  name: token.name ?? null,
  scopes: JSON.stringify(token.scopes),
  nonce: token.nonce ?? null,
  created_at: token.createdAt,
  expires_at: token.expiresAt ?? null,
  kind: token.kind ?? null,
  epoch: token.epoch ?? null,
})

const NONE: readonly string[] = []

export const storedOf = (row: Row): StoredApiToken => ({
  id: row.id,
  userId: row.user_id,
  digest: row.digest,
  hint: row.hint,
  name: row.name ?? undefined,
  scopes: row.scopes === '[]' ? NONE : JSON.parse(row.scopes),
  nonce: row.nonce ?? undefined,
  createdAt: row.created_at,
  expiresAt: row.expires_at ?? undefined,
  kind: row.kind ?? undefined,
  epoch: row.epoch ?? undefined,
})
