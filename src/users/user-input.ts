import { nearest } from '../base/nearest.ts'
import { rejectFieldErrors } from './field-errors.ts'

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
  readonly active?: boolean
  readonly staff?: boolean
  readonly superuser?: boolean
  readonly roles?: readonly string[]
  readonly attributes?: Readonly<Record<string, unknown>>
}

/** The values that each member may have, and Django REST framework's message for others. */
const MEMBERS: Readonly<
  Record<keyof UserInput, readonly [is: (value: unknown) => boolean, fault: string]>
> = {
  id: [isString, 'Not a valid string.'],
  username: [isString, 'Not a valid string.'],
  password: [isString, 'Not a valid string.'],
  email: [isString, 'Not a valid string.'],
  active: [isBoolean, 'Must be a valid boolean.'],
  staff: [isBoolean, 'Must be a valid boolean.'],
  superuser: [isBoolean, 'Must be a valid boolean.'],
  roles: [isStrings, 'Expected a list of strings.'],
  attributes: [isObject, 'Expected an object.'],
}

export const USER_FIELDS = Object.keys(MEMBERS) as readonly (keyof UserInput)[]

/**
 * Checks members that may come from a program in JavaScript, or from a request's body.
 *
 * @param names the members that may be given
 * @throws AuthError `invalid`, its body naming each member that is missing, unknown or of another type
 */
export function rejectWrongMembers(
  input: unknown,
  names: readonly (keyof UserInput)[],
  required: readonly (keyof UserInput)[] = [],
): void {
  const members = isObject(input) ? Object.entries(input as object) : []
  const given = new Map<string, unknown>(
    members.filter(([, value]) => value !== undefined),
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
  const [is, fault] = MEMBERS[known]
  return is(value) ? [] : [fault]
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

function isStrings(value: unknown): boolean {
  return Array.isArray(value) && value.every(isString)
}

function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
