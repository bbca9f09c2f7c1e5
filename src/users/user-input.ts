import { tagOf } from '../base/json-value.ts'
import { nearest } from '../base/nearest.ts'
import { isStorable } from '../base/storable.ts'
import { parseAttributes, UNSTORABLE } from './attributes.ts'
import { fieldError, listOf, rejectFieldErrors } from './field-errors.ts'

/**
 * The fields of a new user. Without a password the user cannot sign in with one.
 *
 * Never pass a client's input as it is: it could set `staff`, `superuser` and `roles`. Pass on only the fields that you want.
 */
export interface UserInput {
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
  readonly attributes?: Readonly<Record<string, unknown>>
}

/** @returns Django REST framework's message if a member may not have the value */
type Fault = (value: unknown) => string | undefined

const unless =
  (is: (value: unknown) => boolean, message: string): Fault =>
  (value) =>
    is(value) ? undefined : message

const MEMBERS: Readonly<Record<keyof UserInput, Fault>> = {
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
  // `parseMembers` replaces them by what JSON can hold, or by its message.
  attributes: (value) => (typeof value === 'string' ? value : undefined),
}

export const USER_FIELDS = Object.keys(MEMBERS) as readonly (keyof UserInput)[]

/**
 * Reads members that may come from a program in JavaScript, or from a request's body, each of them once.
 *
 * @param names the members that may be given
 * @returns a copy, whose attributes are as they will be read again
 * @throws AuthError `invalid`, its body naming each member that is missing, unknown or of another type
 */
export function parseMembers<Input extends Partial<UserInput>>(
  input: Input,
  names: readonly (keyof UserInput)[],
  required: readonly (keyof UserInput)[] = [],
): Input {
  if (required.length === 0 && tagOf(input) !== 'Object')
    throw fieldError({ non_field_errors: ['Expected an object.'] })
  const copy: Record<string, unknown> = isObject(input) ? { ...input } : {}
  if (copy.attributes !== undefined) copy.attributes = parseAttributes(copy.attributes)
  rejectWrongMembers(copy, names, required)
  return copy as Input
}

function rejectWrongMembers(
  members: Readonly<Record<string, unknown>>,
  names: readonly (keyof UserInput)[],
  required: readonly (keyof UserInput)[],
): void {
  const given = new Map(
    Object.entries(members).filter(([, value]) => value !== undefined),
  )
  const missing = required.filter((name) => !given.has(name))
  const wrong = [...given].map(([name, value]) => [name, faultsOf(name, value, names)])
  rejectFieldErrors({
    ...Object.fromEntries(wrong),
    ...Object.fromEntries(missing.map((name) => [name, ['This field is required.']])),
  })
}

function faultsOf(
  name: string,
  value: unknown,
  names: readonly (keyof UserInput)[],
): readonly string[] {
  const known = names.find((each) => each === name)
  if (known === undefined) return [unknownMember(name, names)]
  return listOf(MEMBERS[known](value))
}

function unknownMember(name: string, names: readonly string[]): string {
  const meant = nearest(name, names)
  return meant === undefined
    ? `Unknown member. Expected one of: ${names.join(', ')}.`
    : `Unknown member. Did you mean "${meant}"?`
}

function isString(value: unknown): boolean {
  return typeof value === 'string'
}

function isBoolean(value: unknown): boolean {
  return typeof value === 'boolean'
}

function rolesFault(value: unknown): string | undefined {
  if (!Array.isArray(value) || !value.every(isString))
    return 'Expected a list of strings.'
  return value.every(isStorable) ? undefined : UNSTORABLE
}

function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
