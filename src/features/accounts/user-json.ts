import { isoTime } from '../../base/iso-time.ts'
import {
  closed,
  flag,
  type JsonSchema,
  listOf,
  moment,
  named,
  orNull,
  type Properties,
  text,
} from '../../http/json-schema.ts'
import type { UserFields, UserFieldType } from '../../users/fields.ts'
import type { StoredUser } from '../../users/user.ts'
import type { Core } from '../core.ts'

/** A user as their own client sees it: the fields of the option `user` stand beside those of the library. */
export const userJson = (
  user: StoredUser,
  { userFields }: Pick<Core, 'userFields'>,
): object => ({
  id: user.id,
  username: user.username,
  email: user.email ?? null,
  email_verified: user.emailVerifiedAt !== undefined,
  phone: user.phone ?? null,
  phone_verified: user.phoneVerifiedAt !== undefined,
  staff: user.staff,
  superuser: user.superuser,
  roles: user.roles,
  joined_at: isoTime(user.joinedAt),
  ...Object.fromEntries(
    Object.keys(userFields).map((name) => [name, user.attributes[name] ?? null]),
  ),
})

const OWN_FIELDS: Properties = {
  id: text(),
  username: text(),
  email: orNull(text()),
  email_verified: flag(),
  phone: orNull(text('In the form `+4930123456`.')),
  phone_verified: flag(),
  staff: flag(),
  superuser: flag(),
  roles: listOf(text()),
  joined_at: moment('When the account was created.'),
}

/** What `userJson` returns. */
export const userSchema = ({ userFields }: Pick<Core, 'userFields'>): JsonSchema =>
  named('User', closed({ ...OWN_FIELDS, ...fieldSchemas(userFields, true) }))

/** Fields of the option `user`. @param nullable whether each may be null */
export const fieldSchemas = (userFields: UserFields, nullable: boolean): Properties =>
  Object.fromEntries(
    Object.entries(userFields).map(([name, type]) => [name, fieldSchema(type, nullable)]),
  )

function fieldSchema(type: UserFieldType, nullable: boolean): JsonSchema {
  if (nullable || type.endsWith('?')) return orNull(schemaOf(type))
  return schemaOf(type)
}

function schemaOf(type: UserFieldType): JsonSchema {
  const kind = type.replace('?', '')
  if (kind === 'date') return text(undefined, { format: 'date' })
  return { type: kind }
}
