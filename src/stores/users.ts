import { type Kysely, type RawBuilder, type Selectable, sql } from 'kysely'
import { isStorable } from '../base/storable.ts'
import type { Account, StoredUser, UserId } from '../users/user.ts'
import type { NewUser, UserChange, UserField, Users } from '../users/users.ts'
import { prepared } from './prepared.ts'
import { flag, type Tables, type UserTable } from './tables.ts'

export type UserRow = Selectable<UserTable>

/** Users in SQL. Every verb is one statement. */
export function sqlUsers(db: Kysely<Tables>): Users {
  const finders: Readonly<Record<UserField, ReturnType<typeof findStatement>>> = {
    id: findStatement(db, 'id'),
    username: findStatement(db, 'username'),
    email: findStatement(db, 'email'),
  }
  const find = async (field: UserField, value: string): Promise<UserRow | undefined> =>
    (await finders[field]({ value })).rows[0]
  const read: Users['read'] = async (field, value) => {
    const row = await find(field, value)
    return row && accountOf(row)
  }

  return {
    find: read,
    read,

    async findByKey(usernameKey) {
      const row = await findByKey(db, usernameKey)
      return row && userOf(row)
    },

    async insert(user) {
      const query = insertQuery(db, user)
      const { numInsertedOrUpdatedRows } = await query.executeTakeFirstOrThrow()
      return numInsertedOrUpdatedRows === 1n
    },

    async change(id, change) {
      if (!isStorable(id)) return undefined
      const columns = columnsOf(change)
      const isEmpty = Object.keys(columns).length === 0
      const row = await (isEmpty
        ? find('id', id)
        : update(db, id, columns, nextEpoch(change, columns)))
      return row && userOf(row)
    },

    async setPassword(id, hash, joinedAt) {
      const byId = setPasswordQuery(db, id, hash)
      const query = joinedAt === undefined ? byId : byId.where('joined_at', '=', joinedAt)
      const { numUpdatedRows } = await query.executeTakeFirst()
      return numUpdatedRows === 1n
    },

    async upgradeHash(id, old, hash) {
      const query = upgradeHashQuery(db, id, old, hash)
      const { numUpdatedRows } = await query.executeTakeFirst()
      return numUpdatedRows === 1n
    },

    async delete(id) {
      const query = db.deleteFrom('users').where('id', '=', id)
      const { numDeletedRows } = await query.executeTakeFirst()
      return numDeletedRows === 1n
    },

    async list({ after, limit }) {
      const all = db.selectFrom('users').selectAll().orderBy('username').limit(limit)
      const page = after === undefined ? all : all.where('username', '>', after)
      return (await page.execute()).map(userOf)
    },

    async count() {
      const { users } = await countQuery(db).executeTakeFirstOrThrow()
      return Number(users)
    },
  }
}

const findStatement = (db: Kysely<Tables>, field: UserField) =>
  prepared<{ value: string }, UserRow>(db, (values) =>
    db
      .selectFrom('users')
      .selectAll()
      .where(field, '=', values.value as UserId),
  )

const findByKey = (
  db: Kysely<Tables>,
  usernameKey: string,
): Promise<UserRow | undefined> =>
  db
    .selectFrom('users')
    .selectAll()
    .where('username_key', '=', usernameKey)
    .executeTakeFirst()

const insertQuery = (db: Kysely<Tables>, user: NewUser) =>
  db
    .insertInto('users')
    .values(rowOf(user))
    .onConflict((conflict) => conflict.doNothing())

/** Decided by the row itself: what was read before may be out of date. */
function nextEpoch(
  { beginsEpoch: field }: UserChange,
  columns: Partial<UserRow>,
): RawBuilder<number> | undefined {
  if (field === undefined || !(field in columns)) return undefined
  const isNew = sql`${sql.ref(field)} is distinct from ${columns[field] ?? null}`
  return sql<number>`epoch + case when ${isNew} then 1 else 0 end`
}

const update = (
  db: Kysely<Tables>,
  id: UserId,
  columns: Partial<UserRow>,
  epoch: RawBuilder<number> | undefined,
): Promise<UserRow | undefined> =>
  db
    .updateTable('users')
    .set(epoch === undefined ? columns : { ...columns, epoch })
    .where('id', '=', id)
    .returningAll()
    .executeTakeFirst()

const setPasswordQuery = (db: Kysely<Tables>, id: UserId, hash: string) =>
  db
    .updateTable('users')
    .set((eb) => ({ hash, epoch: eb('epoch', '+', 1) }))
    .where('id', '=', id)

const upgradeHashQuery = (db: Kysely<Tables>, id: UserId, old: string, hash: string) =>
  db.updateTable('users').set({ hash }).where('id', '=', id).where('hash', '=', old)

const countQuery = (db: Kysely<Tables>) =>
  db.selectFrom('users').select((eb) => eb.fn.countAll().as('users'))
const rowOf = (user: NewUser): UserRow => ({
  id: user.id,
  username: user.username,
  username_key: user.usernameKey,
  email: user.email ?? null,
  hash: user.hash,
  active: flag(user.active),
  staff: flag(user.staff),
  superuser: flag(user.superuser),
  roles: JSON.stringify(user.roles ?? []),
  epoch: user.epoch ?? 0,
  joined_at: user.joinedAt,
  last_login_at: null,
  attributes: JSON.stringify(user.attributes),
})

/** The columns that a change names. */
const columnsOf = (change: UserChange): Partial<UserRow> => ({
  ...(change.username !== undefined && { username: change.username }),
  ...(change.usernameKey !== undefined && { username_key: change.usernameKey }),
  ...('email' in change && { email: change.email ?? null }),
  ...(change.active !== undefined && { active: flag(change.active) }),
  ...(change.staff !== undefined && { staff: flag(change.staff) }),
  ...(change.superuser !== undefined && { superuser: flag(change.superuser) }),
  ...(change.roles !== undefined && { roles: JSON.stringify(change.roles) }),
  ...(change.lastLoginAt !== undefined && { last_login_at: change.lastLoginAt }),
  ...(change.attributes !== undefined && {
    attributes: JSON.stringify(change.attributes),
  }),
})

export const accountOf = (row: UserRow): Account => ({
  user: userOf(row),
  hash: row.hash,
})

const NONE: readonly string[] = []

const userOf = (row: UserRow): StoredUser => ({
  id: row.id,
  username: row.username,
  email: row.email ?? undefined,
  active: row.active === 1,
  staff: row.staff === 1,
  superuser: row.superuser === 1,
  roles: row.roles === '[]' ? NONE : JSON.parse(row.roles),
  epoch: row.epoch,
  joinedAt: row.joined_at,
  lastLoginAt: row.last_login_at ?? undefined,
  attributes: JSON.parse(row.attributes),
})
