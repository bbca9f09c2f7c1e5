import {
  type CompiledQuery,
  type Expression,
  type ExpressionBuilder,
  type Kysely,
  type RawBuilder,
  type Selectable,
  type SqlBool,
  sql,
  type UpdateObject,
} from 'kysely'
import { isStorable } from '../base/storable.ts'
import { emailKey } from '../users/email.ts'
import type { Account, StoredUser, UserId } from '../users/user.ts'
import type {
  AddressField,
  KeyField,
  NewUser,
  UserChange,
  UserCondition,
  UserField,
  UserKeys,
  Users,
} from '../users/users.ts'
import { filledUp } from './filled-up.ts'
import { prepared } from './prepared.ts'
import { flag, type Tables, type UserTable } from './tables.ts'

export type UserRow = Selectable<UserTable>

/**
 * Users in SQL. Every verb is one statement, or one transaction.
 *
 * @param ofUsers the tables of features whose rows are deleted with their user
 */
export function sqlUsers(db: Kysely<Tables>, ofUsers: readonly string[]): Users {
  const finders: Readonly<Record<UserField, ReturnType<typeof findStatement>>> = {
    id: findStatement(db, 'id'),
    username: findStatement(db, 'username'),
    email: findByEmail(db),
    phone: findStatement(db, 'phone'),
  }
  const find = async (field: UserField, value: string): Promise<UserRow | undefined> =>
    (await finders[field]({ value, key: emailKey(value) })).rows[0]
  const read: Users['read'] = async (field, value) => {
    const row = await find(field, value)
    return row && accountOf(row)
  }

  return {
    find: read,
    read,
    version: () => undefined,

    async findByKey(field, key) {
      const row = await findByKey(db, field, key)
      return row && userOf(row)
    },

    insert: (user) => insert(db, user),

    insertWithId: (user) => insertIfNothingRemains(db, user, ofUsers),

    insertAll: bulkInsert(db, ofUsers),

    async findKeys(users) {
      if (users.length === 0) return []
      const rows = await findKeysQuery(db, users).execute()
      return rows.map(({ id, username_key, email, phone }) => ({
        id,
        usernameKey: username_key,
        email: email ?? undefined,
        phone: phone ?? undefined,
      }))
    },

    async change(id, change, onlyIf = {}) {
      if (!isStorable(id)) return undefined
      const columns = columnsOf(change)
      const next = {
        ...columns,
        ...verificationsOf(change),
        ...nextEpoch(change, columns),
      }
      const isEmpty = Object.keys(next).length === 0
      const row = await (isEmpty ? find('id', id) : update(db, id, next, onlyIf))
      return row && userOf(row)
    },

    async verify(id, field, address, now) {
      const { numUpdatedRows } = await db
        .updateTable('users')
        .set({ [VERIFIED_AT[field]]: now })
        .where('id', '=', id)
        .where(field, '=', address)
        .executeTakeFirst()
      return numUpdatedRows === 1n
    },

    async setPassword(id, hash, { joinedAt, epoch } = {}) {
      const byId = setPasswordQuery(db, id, hash)
      const same = joinedAt === undefined ? byId : byId.where('joined_at', '=', joinedAt)
      const query = epoch === undefined ? same : same.where('epoch', '=', epoch)
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

    async list(page) {
      return (await pageQuery(db, page).execute()).map(userOf)
    },

    async listAccounts(page) {
      return (await pageQuery(db, page).execute()).map(accountOf)
    },

    async count() {
      const { users } = await countQuery(db).executeTakeFirstOrThrow()
      return Number(users)
    },
  }
}

/** A login as it is stored; `key`: in the form in which an address is unique. */
interface Login {
  readonly value: string
  readonly key: string
}

const findStatement = (db: Kysely<Tables>, field: UserField) =>
  prepared<Login, UserRow>(db, (values) =>
    db
      .selectFrom('users')
      .selectAll()
      .where(field, '=', values.value as UserId),
  )

/** An exact match goes first: addresses that 0.1.0 wrote may differ in letter case only. */
const findByEmail = (db: Kysely<Tables>) =>
  prepared<Login, UserRow>(db, ({ value, key }) =>
    db
      .selectFrom('users')
      .selectAll()
      .where((eb) => eb.or([eb('email', '=', value), eb('email_key', '=', key)]))
      .orderBy((eb) => eb.case().when('email', '=', value).then(0).else(1).end())
      .limit(1),
  )

const KEY = { username: 'username_key', email: 'email_key' } as const

const findByKey = (
  db: Kysely<Tables>,
  field: KeyField,
  key: string,
): Promise<UserRow | undefined> =>
  db.selectFrom('users').selectAll().where(KEY[field], '=', key).executeTakeFirst()

async function insert(db: Kysely<Tables>, user: NewUser): Promise<boolean> {
  const { numInsertedOrUpdatedRows } = await db
    .insertInto('users')
    .values(rowOf(user))
    .onConflict((conflict) => conflict.doNothing())
    .executeTakeFirstOrThrow()
  return numInsertedOrUpdatedRows === 1n
}

/**
 * One transaction of two statements: the second sees all that was committed before the former user was deleted, and until it
 * commits nothing can be written for the new one.
 */
async function insertIfNothingRemains(
  db: Kysely<Tables>,
  user: NewUser,
  ofUsers: readonly string[],
): Promise<'inserted' | 'taken' | 'remains'> {
  const rolledBack = new Error('rolled back')
  try {
    return await db.transaction().execute(async (trx) => {
      if (!(await insert(trx, user))) return 'taken'
      if (await hasRemains(trx, user.id, ofUsers)) throw rolledBack
      return 'inserted'
    })
  } catch (error) {
    if (error === rolledBack) return 'remains'
    throw error
  }
}

async function hasRemains(
  db: Kysely<Tables>,
  id: UserId,
  ofUsers: readonly string[],
): Promise<boolean> {
  const remains = [
    sql`select 1 from sessions where user_id = ${id} and ended_at is null`,
    ...ofUsers.map(
      (table) => sql`select 1 from ${sql.table(table)} where user_id = ${id}`,
    ),
  ]
  for (const query of remains) {
    const { rows } = await sql`${query} limit 1`.execute(db)
    if (rows.length > 0) return true
  }
  return false
}

/** Rows per statement. Few sizes, so that databases keep few statements prepared. */
const BULK_SIZES = [500, 100, 10, 1] as const

/** Inserts many rows with statements that are compiled once: that takes longer than running them. */
function bulkInsert(db: Kysely<Tables>, ofUsers: readonly string[]): Users['insertAll'] {
  const compiled = new Map<number, CompiledQuery<Pick<UserRow, 'id'>>>()
  const statementOf = (rows: readonly UserRow[]): CompiledQuery<Pick<UserRow, 'id'>> => {
    const known = compiled.get(rows.length) ?? insertManyQuery(db, rows).compile()
    compiled.set(rows.length, known)
    // `rowOf` lists the columns of each row in one order.
    return { ...known, parameters: rows.flatMap((row) => Object.values(row)) }
  }
  return (users) =>
    db.transaction().execute(async (trx) => {
      const inserted = new Set<UserId>()
      for (const rows of inBulks(users.map(rowOf))) {
        const result = await trx.executeQuery(statementOf(rows))
        for (const { id } of result.rows) inserted.add(id)
      }
      const remains = await withRemains(trx, [...inserted], ofUsers)
      if (remains.size > 0)
        await trx
          .deleteFrom('users')
          .where('id', 'in', filledUp([...remains]))
          .execute()
      for (const id of remains) inserted.delete(id)
      return { inserted, remains }
    })
}

function* inBulks<T>(items: readonly T[]): Generator<readonly T[]> {
  for (let done = 0; done < items.length; ) {
    const size = BULK_SIZES.find((each) => each <= items.length - done) ?? 1
    yield items.slice(done, done + size)
    done += size
  }
}

const insertManyQuery = (db: Kysely<Tables>, rows: readonly UserRow[]) =>
  db
    .insertInto('users')
    .values([...rows])
    .onConflict((conflict) => conflict.doNothing())
    .returning('id')

/** Those of the ids that rows of deleted users name. */
async function withRemains(
  db: Kysely<Tables>,
  ids: readonly UserId[],
  ofUsers: readonly string[],
): Promise<Set<UserId>> {
  const found = new Set<UserId>()
  if (ids.length === 0) return found
  const rowsOf = (table: string) =>
    db
      .selectFrom(table as 'sessions')
      .select('user_id')
      .where('user_id', 'in', filledUp(ids))
  const queries = [
    rowsOf('sessions').where('ended_at', 'is', null),
    ...ofUsers.map(rowsOf),
  ]
  for (const query of queries)
    for (const { user_id: id } of await query.execute()) if (id !== null) found.add(id)
  return found
}

function findKeysQuery(db: Kysely<Tables>, users: readonly UserKeys[]) {
  const emails = users.flatMap(({ email }) => email ?? [])
  const phones = users.flatMap(({ phone }) => phone ?? [])
  const keys = {
    id: users.map(({ id }) => id),
    username_key: users.map(({ usernameKey }) => usernameKey),
    // An address that release 0.1.0 wrote may have no key.
    email: emails,
    email_key: emails.map(emailKey),
    phone: phones,
  } as const
  const columns = ['id', 'username_key', 'email', 'email_key', 'phone'] as const
  return db
    .selectFrom('users')
    .select(['id', 'username_key', 'email', 'phone'])
    .where(({ or, eb }) =>
      or(
        columns
          .filter((column) => keys[column].length > 0)
          .map((column) => eb(column, 'in', filledUp<string>(keys[column]) as UserId[])),
      ),
    )
}

function pageQuery(db: Kysely<Tables>, { after, limit }: Parameters<Users['list']>[0]) {
  const all = db.selectFrom('users').selectAll().orderBy('username').limit(limit)
  return after === undefined ? all : all.where('username', '>', after)
}

/** Decided by the row itself: what was read before may be out of date. */
function nextEpoch(
  { beginsEpoch, hash }: UserChange,
  columns: Partial<UserRow>,
): { readonly epoch?: RawBuilder<number> } {
  const fields = [beginsEpoch, hash === undefined ? undefined : ('hash' as const)]
  const changed = fields
    .filter((field) => field !== undefined && field in columns)
    .map(
      (field = 'hash') =>
        sql`${sql.ref(field)} is distinct from ${columns[field] ?? null}`,
    )
  if (changed.length === 0) return {}
  const isNew = sql.join(changed, sql` or `)
  return { epoch: sql<number>`epoch + case when ${isNew} then 1 else 0 end` }
}

const update = (
  db: Kysely<Tables>,
  id: UserId,
  columns: UpdateObject<Tables, 'users'>,
  onlyIf: UserCondition,
): Promise<UserRow | undefined> =>
  db
    .updateTable('users')
    .set(columns)
    .where('id', '=', id)
    .where(holds(onlyIf))
    .returningAll()
    .executeTakeFirst()

const holds =
  (condition: UserCondition) =>
  (eb: ExpressionBuilder<Tables, 'users'>): Expression<SqlBool> => {
    const { email, emailVerified, phone, epoch, attributes } = condition
    const all: Expression<SqlBool>[] = []
    if ('email' in condition) all.push(eb('email', 'is not distinct from', email ?? null))
    if ('phone' in condition) all.push(eb('phone', 'is not distinct from', phone ?? null))
    if (emailVerified !== undefined)
      all.push(eb('email_verified_at', emailVerified ? 'is not' : 'is', null))
    if (epoch !== undefined) all.push(eb('epoch', '=', epoch))
    if (attributes !== undefined)
      all.push(eb('attributes', '=', JSON.stringify(attributes)))
    return eb.and(all)
  }

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
  ...emailColumns(user.email),
  email_verified_at: user.emailVerifiedAt ?? null,
  phone: user.phone ?? null,
  phone_verified_at: user.phoneVerifiedAt ?? null,
  hash: user.hash,
  active: flag(user.active),
  staff: flag(user.staff),
  superuser: flag(user.superuser),
  roles: JSON.stringify(user.roles ?? []),
  epoch: user.epoch ?? 0,
  joined_at: user.joinedAt,
  last_login_at: user.lastLoginAt ?? null,
  attributes: JSON.stringify(user.attributes),
})

const emailColumns = (email: string | undefined) => ({
  email: email ?? null,
  email_key: email === undefined ? null : emailKey(email),
})

const VERIFIED_AT = { email: 'email_verified_at', phone: 'phone_verified_at' } as const

/** The columns that a change names. */
const columnsOf = (change: UserChange): Partial<UserRow> => ({
  ...(change.username !== undefined && { username: change.username }),
  ...(change.usernameKey !== undefined && { username_key: change.usernameKey }),
  ...('email' in change && emailColumns(change.email)),
  ...('phone' in change && { phone: change.phone ?? null }),
  ...(change.hash !== undefined && { hash: change.hash }),
  ...(change.active !== undefined && { active: flag(change.active) }),
  ...(change.staff !== undefined && { staff: flag(change.staff) }),
  ...(change.superuser !== undefined && { superuser: flag(change.superuser) }),
  ...(change.roles !== undefined && { roles: JSON.stringify(change.roles) }),
  ...(change.lastLoginAt !== undefined && { last_login_at: change.lastLoginAt }),
  ...(change.attributes !== undefined && {
    attributes: JSON.stringify(change.attributes),
  }),
})

/** Decided by the row itself: whether an address is another one, and whether there is one. */
function verificationsOf(change: UserChange): UpdateObject<Tables, 'users'> {
  return {
    ...verificationOf('email', 'emailVerifiedAt', change),
    ...verificationOf('phone', 'phoneVerifiedAt', change),
  }
}

function verificationOf(
  field: AddressField,
  member: `${AddressField}VerifiedAt`,
  change: UserChange,
): UpdateObject<Tables, 'users'> {
  const column = VERIFIED_AT[field]
  const moment = change[member] ?? null
  if (!(field in change)) {
    if (!(member in change)) return {}
    return {
      [column]: sql`case when ${sql.ref(field)} is not null then ${number(moment)} end`,
    }
  }
  const address = change[field] ?? null
  if (member in change) return { [column]: address === null ? null : moment }
  const isSame = sql`${sql.ref(field)} is not distinct from ${address}`
  return { [column]: sql`case when ${isSame} then ${sql.ref(column)} end` }
}

/** PostgreSQL would take a parameter between `then` and `end` for a string. */
const number = (value: number | null) =>
  sql<number | null>`cast(${value} as double precision)`

export const accountOf = (row: UserRow): Account => ({
  user: userOf(row),
  hash: row.hash,
})

const NONE: readonly string[] = []

export const userOf = (row: UserRow): StoredUser => ({
  id: row.id,
  username: row.username,
  email: row.email ?? undefined,
  emailVerifiedAt: row.email_verified_at ?? undefined,
  phone: row.phone ?? undefined,
  phoneVerifiedAt: row.phone_verified_at ?? undefined,
  active: row.active === 1,
  staff: row.staff === 1,
  superuser: row.superuser === 1,
  roles: row.roles === '[]' ? NONE : JSON.parse(row.roles),
  epoch: row.epoch,
  joinedAt: row.joined_at,
  lastLoginAt: row.last_login_at ?? undefined,
  attributes: JSON.parse(row.attributes),
})
