import type { Selectable } from 'kysely'
import { ifDefined } from '../base/optional.ts'
import { emailKey } from '../users/email.ts'
import type { Account, StoredUser } from '../users/user.ts'
import type { NewUser } from '../users/users.ts'
import { flag, type UserTable } from './tables.ts'

export type UserRow = Selectable<UserTable>

export const rowOf = (user: NewUser): UserRow => ({
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

export const emailColumns = (email: string | undefined) => ({
  email: email ?? null,
  email_key: ifDefined(email, emailKey) ?? null,
})

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
