import { listOf, ownMember } from '../base/optional.ts'
import { isStorable } from '../base/storable.ts'
import { UNSTORABLE } from './attributes.ts'
import type { Attributes } from './user.ts'

const TYPES = ['string', 'number', 'boolean', 'date'] as const
type Type = (typeof TYPES)[number]

/** The type of a field; with `?` it may be missing. */
export type UserFieldType = Type | `${Type}?`

export const FIELD_TYPES: readonly UserFieldType[] = TYPES.flatMap(
  (type): readonly UserFieldType[] => [type, `${type}?`],
)

/** The option `user`: the fields of users besides those of the library, by name. */
export type UserFields = Readonly<Record<string, UserFieldType>>

/** What a field holds; a date as ISO 8601 writes it, such as `"1815-12-10"`. */
interface ValueOf {
  readonly string: string
  readonly number: number
  readonly boolean: boolean
  readonly date: string
}

type Value<T> = T extends `${infer Base extends Type}?`
  ? ValueOf[Base]
  : T extends Type
    ? ValueOf[T]
    : never

/** The attributes of users with these fields. */
export type AttributesOf<F extends UserFields> = string extends keyof F
  ? Attributes
  : {
      readonly [Name in keyof F as F[Name] extends `${string}?` ? never : Name]: Value<
        F[Name]
      >
    } & {
      readonly [Name in keyof F as F[Name] extends `${string}?` ? Name : never]?:
        | Value<F[Name]>
        | undefined
    }

/** What requests, answers and the library call otherwise. */
export const RESERVED_FIELDS: ReadonlySet<string> = new Set([
  'id',
  'username',
  'email',
  'email_verified',
  'password',
  'phone',
  'phone_verified',
  'active',
  'staff',
  'superuser',
  'roles',
  'epoch',
  'attributes',
  'joined_at',
  'last_login_at',
  'invitation',
  'token',
  'code',
  'current_password',
  'new_password',
  'constructor',
  'prototype',
])

/** Characters of a text. */
const MAX_TEXT = 1000

const MESSAGES: Readonly<Record<Type, string>> = {
  string: 'Not a valid string.',
  number: 'A valid number is required.',
  boolean: 'Must be a valid boolean.',
  date: 'Date has wrong format. Use one of these formats instead: YYYY-MM-DD.',
}

const isOptional = (type: UserFieldType): boolean => type.endsWith('?')
const typeOf = (type: UserFieldType): Type => type.replace('?', '') as Type

/** @returns Django REST framework's message if a field may not have the value */
export function fieldFault(value: unknown, type: UserFieldType): string | undefined {
  const isMissing = value === null || value === undefined
  if (isMissing && isOptional(type)) return undefined
  if (isMissing) return 'This field may not be null.'
  const kind = typeOf(type)
  if (!isOfType(value, kind)) return MESSAGES[kind]
  if (typeof value !== 'string') return undefined
  if (!isStorable(value)) return UNSTORABLE
  if (value.length > MAX_TEXT)
    return `Ensure this field has no more than ${MAX_TEXT} characters.`
  return undefined
}

function isOfType(value: unknown, type: Type): boolean {
  switch (type) {
    case 'string':
      return typeof value === 'string'
    case 'number':
      return typeof value === 'number' && Number.isFinite(value)
    case 'boolean':
      return typeof value === 'boolean'
    case 'date':
      return typeof value === 'string' && isDate(value)
  }
}

/** A day of the calendar, as ISO 8601 writes it. */
function isDate(text: string): boolean {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text)) return false
  const date = new Date(`${text}T00:00:00Z`)
  return !Number.isNaN(date.valueOf()) && date.toISOString().startsWith(text)
}

/** The messages for a user's attributes, which programs pass; none if the option `user` names no fields. */
export function attributeFaults(
  attributes: unknown,
  fields: UserFields,
): readonly string[] {
  if (Object.keys(fields).length === 0) return []
  // Other types are rejected with the other members.
  if (typeof attributes !== 'object' || attributes === null) return []
  const given = new Map(Object.entries(attributes))
  const unknown = [...given.keys()].filter((name) => !Object.hasOwn(fields, name))
  const faults = Object.entries(fields).flatMap(([name, type]) =>
    listOf(attributeFault(given.get(name), type)).map((fault) => `${name}: ${fault}`),
  )
  return [
    ...unknown.map((name) => `${name}: There is no such field in the option "user".`),
    ...faults,
  ]
}

function attributeFault(value: unknown, type: UserFieldType): string | undefined {
  if (value === undefined && !isOptional(type)) return 'This field is required.'
  return fieldFault(value, type)
}

const NUMBER = /^-?\d{1,30}(\.\d{1,30})?(e[+-]?\d{1,3})?$/i

/** A value as a body or a command has it: a form has texts alone, and JSON numbers are kept as they were written. */
export function fieldValueOf(value: unknown, type: UserFieldType): unknown {
  if (typeof value !== 'string') return value
  const kind = typeOf(type)
  if (kind === 'number' && NUMBER.test(value)) return Number(value)
  if (kind === 'boolean') return BOOLEANS.get(value.toLowerCase()) ?? value
  return value
}

const BOOLEANS: ReadonlyMap<string, boolean> = new Map([
  ['true', true],
  ['1', true],
  ['on', true],
  ['false', false],
  ['0', false],
  ['off', false],
])

/**
 * The fields of the option `user` in a request's body.
 *
 * @param names those that may be set
 * @param isNew whether all that are required must be there
 * @returns values, and messages by field
 */
export function parseUserFields(
  body: ReadonlyMap<string, unknown>,
  fields: UserFields,
  { names, isNew }: { readonly names: readonly string[]; readonly isNew: boolean },
) {
  const values: Record<string, unknown> = {}
  const faults: Record<string, readonly string[]> = {}
  for (const name of names) {
    const type = ownMember(fields, name)
    if (type === undefined) continue
    if (!body.has(name)) {
      if (isNew && !isOptional(type)) faults[name] = ['This field is required.']
      continue
    }
    const value = fieldValueOf(body.get(name), type)
    const fault = fieldFault(value, type)
    if (fault === undefined) values[name] = value
    else faults[name] = [fault]
  }
  return { values, faults }
}
