import {
  type Expression,
  type ExpressionBuilder,
  type Kysely,
  type RawBuilder,
  type SqlBool,
  sql,
  type UpdateObject,
} from 'kysely'
import { listIf, listOf } from '../base/optional.ts'
import type { UserId } from '../users/user.ts'
import type { AddressField, UserChange, UserCondition } from '../users/users.ts'
import { leavesSuperuser, type SuperuserLock } from './last-superuser.ts'
import { flag, type Tables } from './tables.ts'
import { emailColumns, type UserRow } from './user-rows.ts'

/** What an update sets, decided by the row itself where what was read before may be out of date. */
export function updateOf(change: UserChange): UpdateObject<Tables, 'users'> {
  const columns = columnsOf(change)
  return { ...columns, ...verificationsOf(change), ...nextEpoch(change, columns) }
}

export const update = (
  db: Kysely<Tables>,
  id: UserId,
  columns: UpdateObject<Tables, 'users'>,
  onlyIf: UserCondition,
  lock: SuperuserLock,
): Promise<UserRow | undefined> =>
  db
    .updateTable('users')
    .set(columns)
    .where('id', '=', id)
    .where(holds(onlyIf))
    .where((eb) =>
      eb.and(listIf(onlyIf.leavesSuperuser === true, leavesSuperuser(id, lock))),
    )
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

/** Decided by the row itself: what was read before may be out of date. */
function nextEpoch(
  { beginsEpoch, hash }: UserChange,
  columns: Partial<UserRow>,
): { readonly epoch?: RawBuilder<number> } {
  const fields = [...listOf(beginsEpoch), ...listIf(hash !== undefined, 'hash' as const)]
  const changed = fields
    .filter((field) => field in columns)
    .map((field) => sql`${sql.ref(field)} is distinct from ${columns[field] ?? null}`)
  if (changed.length === 0) return {}
  const isNew = sql.join(changed, sql` or `)
  return { epoch: sql<number>`epoch + case when ${isNew} then 1 else 0 end` }
}

export const VERIFIED_AT = {
  email: 'email_verified_at',
  phone: 'phone_verified_at',
} as const

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
