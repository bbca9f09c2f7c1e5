import { tagOf } from '../base/json-value.ts'
import { nearest } from '../base/nearest.ts'
import { listOf, ownMember } from '../base/optional.ts'
import { isStorable } from '../base/storable.ts'
import type { ImportedPassword } from '../passwords/imported.ts'
import { parseAttributes, UNSTORABLE } from './attributes.ts'
import { fieldError } from './field-errors.ts'
import type { Attributes } from './user.ts'

/**
 * The fields of a new user. Without a password the user cannot sign in with one.
 *
 * Never pass a client's input as it is: it could set `staff`, `superuser` and `roles`. Pass on only the fields that you want.
 */
export interface UserInput<A extends object = Attributes> {
  /** Default: generated. Set it for users of another system whose tokens name it: 1 to 64 visible characters, such as `"7"`. */
  readonly id?: string | undefined
  readonly username: string
  readonly password?: string | undefined
  readonly email?: string | undefined
  /** Whether the user is known to receive mail at the address. Default: no. */
  readonly emailVerified?: boolean
  /** With country code and without spaces, such as `"+351912345678"` (E.164). */
  readonly phone?: string | undefined
  /** Whether the user is known to receive messages at the number. Default: no. */
  readonly phoneVerified?: boolean
  readonly active?: boolean
  readonly staff?: boolean
  readonly superuser?: boolean
  readonly roles?: readonly string[]
  readonly attributes?: Readonly<A>
}

/** @returns Django REST framework's message if a member may not have the value */
type Fault = (value: unknown) => string | undefined

const unless =
  (is: (value: unknown) => boolean, message: string): Fault =>
  (value) => {
    if (is(value)) return undefined
    return message
  }

type Members<Name extends string = string> = Readonly<Record<Name, Fault>>

export const USER_MEMBERS: Members<keyof UserInput> = {
  id: unless(isString, 'Not a valid string.'),
  username: unless(isString, 'Not a valid string.'),
  password: unless(isString, 'Not a valid string.'),
  email: unless(isString, 'Not a valid string.'),
  emailVerified: unless(isBoolean, 'Must be a valid boolean.'),
  phone: unless(isString, 'Not a valid string.'),
  phoneVerified: unless(isBoolean, 'Must be a valid boolean.'),
  active: unless(isBoolean, 'Must be a valid boolean.'),
  staff: unless(isBoolean, 'Must be a valid boolean.'),
  superuser: unless(isBoolean, 'Must be a valid boolean.'),
  roles: rolesFault,
  attributes: attributesFault,
}

/** An id is for ever, and a password is changed by `setPassword`. */
export const CHANGEABLE_MEMBERS: Members = Object.fromEntries(
  Object.entries(USER_MEMBERS).filter(([name]) => name !== 'id' && name !== 'password'),
)

/**
 * A user of another system. Their id and the hash of their password stay as they are, so that tokens and foreign keys that name the
 * user, and the password, go on working.
 */
export interface ImportedUser
  extends Omit<UserInput, 'id' | 'username' | 'password' | `${string}Verified`> {
  /** 1 to 64 visible characters, such as `"7"`. */
  readonly id: string
  /** Default: the email address, or else the phone number. */
  readonly username?: string | undefined
  /** Default: no password. Accepted hashes: docs/moving-users.md. */
  readonly passwordHash?: ImportedPassword | undefined
  /** When the user proved to receive mail at `email`, in seconds since 1970. Default: not yet. */
  readonly emailVerifiedAt?: number | undefined
  /** When the user proved to receive messages at `phone`, in seconds since 1970. Default: not yet. */
  readonly phoneVerifiedAt?: number | undefined
  /** Seconds since 1970. Default: now. */
  readonly joinedAt?: number | undefined
  /** Seconds since 1970. */
  readonly lastLoginAt?: number | undefined
}

const moment = unless(isMoment, 'Expected a number of seconds since 1970.')

export const IMPORTED_MEMBERS: Members<keyof ImportedUser> = {
  id: USER_MEMBERS.id,
  username: USER_MEMBERS.username,
  email: USER_MEMBERS.email,
  emailVerifiedAt: moment,
  phone: USER_MEMBERS.phone,
  phoneVerifiedAt: moment,
  // `importHash` checks it.
  passwordHash: () => undefined,
  active: USER_MEMBERS.active,
  staff: USER_MEMBERS.staff,
  superuser: USER_MEMBERS.superuser,
  roles: USER_MEMBERS.roles,
  joinedAt: moment,
  lastLoginAt: moment,
  attributes: USER_MEMBERS.attributes,
}

/**
 * Reads members that may come from a program in JavaScript, or from a request's body, each of them once.
 *
 * @param known the members that may be given
 * @returns a copy, whose attributes are as they will be read again
 * @throws AuthError `invalid`, its body naming each member that is missing, unknown or of another type
 */
export function parseMembers<Input extends object>(
  input: Input,
  known: Members,
  required: readonly string[] = [],
): Input {
  if (required.length === 0 && tagOf(input) !== 'Object')
    throw fieldError({ non_field_errors: ['Expected an object.'] })
  const copy: Record<string, unknown> = { ...(isObject(input) && input) }
  if (copy.attributes !== undefined) copy.attributes = parseAttributes(copy.attributes)
  rejectWrongMembers(copy, known, required)
  return copy as Input
}

function rejectWrongMembers(
  members: Readonly<Record<string, unknown>>,
  known: Members,
  required: readonly string[],
): void {
  const wrong: (readonly [string, readonly string[]])[] = []
  for (const name of Object.keys(members)) {
    const faults = faultsOf(name, members[name], known)
    if (faults.length > 0) wrong.push([name, faults])
  }
  for (const name of required)
    if (members[name] === undefined) wrong.push([name, ['This field is required.']])
  if (wrong.length > 0) throw fieldError(Object.fromEntries(wrong))
}

function faultsOf(name: string, value: unknown, known: Members): readonly string[] {
  if (value === undefined) return []
  const fault = ownMember(known, name)
  if (fault === undefined) return [unknownMember(name, Object.keys(known))]
  return listOf(fault(value))
}

function unknownMember(name: string, names: readonly string[]): string {
  const meant = nearest(name, names)
  if (meant === undefined) return `Unknown member. Expected one of: ${names.join(', ')}.`
  return `Unknown member. Did you mean "${meant}"?`
}

function isString(value: unknown): value is string {
  return typeof value === 'string'
}

function isBoolean(value: unknown): boolean {
  return typeof value === 'boolean'
}

/** Before the year 5000, so that milliseconds are refused. */
function isMoment(value: unknown): boolean {
  return typeof value === 'number' && value >= 0 && value < 1e11
}

function rolesFault(value: unknown): string | undefined {
  if (!Array.isArray(value) || !value.every(isString))
    return 'Expected a list of strings.'
  if (value.every(isStorable)) return undefined
  return UNSTORABLE
}

/** @param value what `parseAttributes` has made of the attributes: what JSON can hold, or its message */
function attributesFault(value: unknown): string | undefined {
  if (isString(value)) return value
  return undefined
}

function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
