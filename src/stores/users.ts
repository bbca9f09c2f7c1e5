import type { Kysely } from 'kysely'
import { listIf } from '../base/optional.ts'
import { isStorable } from '../base/storable.ts'
import { emailKey } from '../users/email.ts'
import type { StoredUser, UserId } from '../users/user.ts'
import type { KeyField, UserField, UserKeys, Users } from '../users/users.ts'
import { filledUp } from './filled-up.ts'
import { bulkInsert, insert, insertIfNothingRemains } from './insert-users.ts'
import { withJointWrite } from './joint-writes.ts'
import { leavesSuperuser, type SuperuserLock } from './last-superuser.ts'
import { prepared } from './prepared.ts'
import type { Tables } from './tables.ts'
import { update, updateOf, VERIFIED_AT } from './user-changes.ts'
import { accountOf, type UserRow, userOf } from './user-rows.ts'

/**
 * Users in SQL. Every verb is one statement, or one transaction.
 *
 * @param ofUsers the tables of features whose rows are deleted with their user
 * @param lock of superusers, before one is removed
 */
export function sqlUsers(
  db: Kysely<Tables>,
  ofUsers: readonly string[],
  lock: SuperuserLock,
): Users {
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

    insert: (user, joint) => withJointWrite(db, (to) => insert(to, user), joint),

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

    async change(id, change, onlyIf = {}, joint = undefined) {
      if (!isStorable(id)) return undefined
      const next = updateOf(change)
      const isEmpty = Object.keys(next).length === 0
      const write = (to: Kysely<Tables>) => update(to, id, next, onlyIf, lock)
      const row = await (isEmpty ? find('id', id) : withJointWrite(db, write, joint))
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

    setPassword: (id, hash, read = {}, joint = undefined) =>
      withJointWrite(db, (to) => setPassword(to, { id, hash, ...read }), joint),

    async upgradeHash(id, old, hash) {
      const query = upgradeHashQuery(db, id, old, hash)
      const { numUpdatedRows } = await query.executeTakeFirst()
      return numUpdatedRows === 1n
    },

    async delete(id, { leavesSuperuser: isLimited = false } = {}) {
      const query = db
        .deleteFrom('users')
        .where('id', '=', id)
        .where((eb) => eb.and(listIf(isLimited, leavesSuperuser(id, lock))))
      const { numDeletedRows } = await query.executeTakeFirst()
      return numDeletedRows === 1n
    },

    async hasOtherSuperuser(id) {
      const query = db
        .selectFrom('users')
        .select('id')
        .where('superuser', '=', 1)
        .where('active', '=', 1)
        .where('id', '<>', id)
      return (await query.limit(1).executeTakeFirst()) !== undefined
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

interface SetPassword extends Partial<Pick<StoredUser, 'joinedAt' | 'epoch'>> {
  readonly id: UserId
  readonly hash: string
}

async function setPassword(
  db: Kysely<Tables>,
  { id, hash, joinedAt, epoch }: SetPassword,
): Promise<boolean> {
  const byId = setPasswordQuery(db, id, hash)
  const same = joinedAt === undefined ? byId : byId.where('joined_at', '=', joinedAt)
  const query = epoch === undefined ? same : same.where('epoch', '=', epoch)
  const { numUpdatedRows } = await query.executeTakeFirst()
  return numUpdatedRows === 1n
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
