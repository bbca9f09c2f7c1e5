import { nearest } from '../base/nearest.ts'
import type { ImportedUser } from '../users/user-input.ts'

/** The name in a line of each member of `ImportedUser`. */
const NAMES = {
  id: 'id',
  username: 'username',
  email: 'email',
  emailVerifiedAt: 'email_verified_at',
  phone: 'phone',
  phoneVerifiedAt: 'phone_verified_at',
  passwordHash: 'password_hash',
  active: 'active',
  staff: 'staff',
  superuser: 'superuser',
  roles: 'roles',
  joinedAt: 'joined_at',
  lastLoginAt: 'last_login_at',
  attributes: 'attributes',
} as const satisfies Readonly<Record<keyof ImportedUser, string>>

const MEMBERS = new Map<string, string>(
  Object.entries(NAMES).map(([member, name]) => [name, member]),
)

const MOMENTS = [
  'emailVerifiedAt',
  'phoneVerifiedAt',
  'joinedAt',
  'lastLoginAt',
] as const satisfies readonly (keyof ImportedUser)[]

const isMoment = (member: string): boolean => MOMENTS.some((name) => name === member)

/** A line that is no user. The message does not repeat values, which may be secrets. */
export class LineError extends Error {
  override readonly name = 'LineError'
}

/**
 * Parses a line: a JSON object. `null` is the same as no member. Values are checked by `users.import`.
 *
 * @throws LineError
 */
export function parseUserLine(text: string): ImportedUser {
  const members = Object.entries(objectOf(text))
    .filter(([, value]) => value !== null)
    .map(([name, value]) => importedMember(memberOf(name), value))
  // `users.import` checks the values.
  return Object.fromEntries(members) as object as ImportedUser
}

function objectOf(text: string): object {
  const value = jsonOf(text)
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value
  throw new LineError('Expected a JSON object, such as {"id":"7","username":"ada"}.')
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new LineError('This is not JSON. Expected one JSON object per line.')
  }
}

function memberOf(name: string): string {
  const member = MEMBERS.get(name)
  if (member !== undefined) return member
  const hint = memberHint(nearest(name, [...MEMBERS.keys()]))
  throw new LineError(`There is no member ${JSON.stringify(name.slice(0, 40))}. ${hint}`)
}

function memberHint(meant: string | undefined): string {
  if (meant !== undefined) return `Did you mean "${meant}"?`
  return `Expected some of: ${[...MEMBERS.keys()].join(', ')}. Put other data into attributes.`
}

/** Ids are often numbers elsewhere, and moments are ISO 8601. */
function importedMember(member: string, value: unknown): readonly [string, unknown] {
  if (member === 'id' && Number.isSafeInteger(value)) return [member, String(value)]
  if (isMoment(member) && typeof value === 'string')
    return [member, secondsOf(member, value)]
  return [member, value]
}

/** With a time zone: without one the moment would depend on the machine. */
const ISO = /^(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d)(\.\d+)?(Z|[+-]\d\d:?\d\d|[+-]\d\d)$/

function secondsOf(member: string, text: string): number {
  const [, date, time, fraction = '', zone = ''] = ISO.exec(text) ?? []
  // Date.parse() needs the minutes of an offset.
  const offset = zone.replace(/^[+-]\d\d$/, '$&:00')
  const moment = Date.parse(`${date}T${time}${fraction.slice(0, 4)}${offset}`)
  if (!Number.isNaN(moment)) return moment / 1000
  throw new LineError(
    `${lineName(member)}: Expected ISO 8601 with a time zone, such as "2026-01-31T09:30:00Z", or a number of seconds since 1970.`,
  )
}

/** The line of a user, as `parseUserLine` takes it back. */
export function userLine(user: ImportedUser): string {
  const members = Object.entries(user).map(([member, value]) => [
    lineName(member),
    exportedValue(member, value),
  ])
  return JSON.stringify(Object.fromEntries(members))
}

function exportedValue(member: string, value: unknown): unknown {
  if (isMoment(member)) return new Date(Number(value) * 1000).toISOString()
  return value
}

/** The name of a member of `ImportedUser` in a line. */
export const lineName = (member: string): string =>
  (NAMES as Readonly<Record<string, string>>)[member] ?? member
