import type { CommandOutput } from '../command/command.ts'
import { isoOf, momentOf, printable, valueText, yesNo } from '../command/format.ts'
import { tableOf } from '../command/table.ts'
import type { User } from '../users/user.ts'

export const outputOf = (user: User, text: string): CommandOutput => ({
  text,
  json: userJson(user),
})

export const shown = ({ username }: User): string => printable(username)

/** A user in one table, a field per row. */
export const detailsOf = (user: User): string =>
  tableOf(
    ['NAME', user.username],
    [
      ['ID', user.id],
      ['EMAIL', addressText(user.email, user.emailVerifiedAt)],
      ['PHONE', addressText(user.phone, user.phoneVerifiedAt)],
      ['ACTIVE', yesNo(user.active)],
      ['STAFF', yesNo(user.staff)],
      ['SUPERUSER', yesNo(user.superuser)],
      ['ROLES', user.roles.join(', ') || '–'],
      ['JOINED', momentOf(user.joinedAt)],
      ['LAST SIGN-IN', momentOf(user.lastLoginAt)],
      ...Object.entries(user.attributes).map(([name, value]) => [name, valueText(value)]),
    ],
  )

function addressText(
  address: string | undefined,
  verifiedAt: number | undefined,
): string {
  if (address === undefined) return '–'
  if (verifiedAt === undefined) return `${address} (not verified)`
  return `${address} (verified ${momentOf(verifiedAt)})`
}

/** A user for programs. */
export const userJson = (user: User): object => ({
  id: user.id,
  username: user.username,
  email: user.email ?? null,
  email_verified_at: isoOf(user.emailVerifiedAt),
  phone: user.phone ?? null,
  phone_verified_at: isoOf(user.phoneVerifiedAt),
  active: user.active,
  staff: user.staff,
  superuser: user.superuser,
  roles: user.roles,
  joined_at: isoOf(user.joinedAt),
  last_login_at: isoOf(user.lastLoginAt),
  attributes: user.attributes,
})
