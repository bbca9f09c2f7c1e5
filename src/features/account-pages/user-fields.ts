import { ownMember, withoutUndefined } from '../../base/optional.ts'
import type { FieldErrors } from '../../pages/components.ts'
import { checkbox, type Field, field, select } from '../../pages/components.ts'
import type { PageContext } from '../../pages/context.ts'
import type { Form } from '../../pages/form.ts'
import type { Html } from '../../pages/html.ts'
import type { UserFields, UserFieldType } from '../../users/fields.ts'

/** A field of the option `user` in a form. */
export interface UserFieldData {
  readonly name: string
  readonly label: string
  readonly type: 'string' | 'number' | 'boolean' | 'date'
  readonly isOptional: boolean
  /** As the input has it: empty if it is not set, `true` or `false` of a boolean. */
  readonly value: string
}

/** The words for fields and for a boolean that may be missing. */
export interface UserFieldTexts {
  /** Labels by the names of fields. Default: the name in words. */
  readonly userFields: Readonly<Record<string, string>>
  readonly yes: string
  readonly no: string
  readonly notSet: string
}

/**
 * The fields of a form, in the order of the option.
 *
 * @param names those that users set themselves
 */
export const userFieldsOf = (
  fields: UserFields,
  names: readonly string[],
  texts: UserFieldTexts,
  valueIn: (name: string) => string,
): readonly UserFieldData[] =>
  Object.entries(fields)
    .filter(([name]) => names.includes(name))
    .map(([name, type]) => ({
      name,
      label: texts.userFields[name] ?? wordsOf(name),
      type: baseOf(type),
      isOptional: type.endsWith('?'),
      value: valueIn(name),
    }))

const baseOf = (type: UserFieldType): UserFieldData['type'] =>
  type.replace('?', '') as UserFieldData['type']

/** `birthDate` and `birth_date` become `Birth date`. */
function wordsOf(name: string): string {
  const words = name
    .replace(/([a-z\d])([A-Z])/g, '$1 $2')
    .replace(/[_\s-]+/g, ' ')
    .trim()
    .toLowerCase()
  return words.charAt(0).toUpperCase() + words.slice(1)
}

/** What an input shows for a stored value. */
export const inputValueOf = (value: unknown): string => String(value ?? '')

/** The input that suits the type of a field. Its id begins with `prefix`. */
export function userFieldInput(
  page: PageContext,
  data: UserFieldData,
  texts: UserFieldTexts,
  { prefix, errors }: { readonly prefix: string; readonly errors: FieldErrors },
): Html {
  const { name, label, type, isOptional, value } = data
  const common = { name, id: `${prefix}${name}`, label, errors: errors[name] ?? [] }
  if (type === 'boolean' && isOptional)
    return select(page, { ...common, value, choices: choicesOf(texts) })
  if (type === 'boolean')
    return checkbox({ name, value: 'true', text: label, checked: value === 'true' })
  return field(page, {
    ...common,
    ...INPUTS[type],
    value,
    required: !isOptional && type !== 'string',
    ...autocompleteOf(name),
  })
}

const choicesOf = ({ yes, no, notSet }: UserFieldTexts) => [
  { value: '', text: notSet },
  { value: 'true', text: yes },
  { value: 'false', text: no },
]

const INPUTS = {
  string: { type: 'text', maxlength: 1000 },
  number: { type: 'number', step: 'any' },
  date: { type: 'date' },
} as const satisfies Record<string, Partial<Field> & { readonly step?: string }>

/** Fields that browsers can fill in (HTML §4.10.18.7.1). */
const AUTOCOMPLETE: Readonly<Record<string, string>> = {
  name: 'name',
  fullname: 'name',
  firstname: 'given-name',
  givenname: 'given-name',
  lastname: 'family-name',
  familyname: 'family-name',
  surname: 'family-name',
  nickname: 'nickname',
  birthdate: 'bday',
  birthday: 'bday',
  born: 'bday',
  organization: 'organization',
  company: 'organization',
  website: 'url',
}

function autocompleteOf(name: string): { readonly autocomplete?: string } {
  const key = name.replace(/[_-]/g, '').toLowerCase()
  return withoutUndefined({ autocomplete: ownMember(AUTOCOMPLETE, key) })
}

/**
 * The values of a form, as a JSON body has them: a field that was left empty is `null`, unless it is a text that must be there, and a
 * checkbox that is not checked is `false`.
 *
 * @param prefix of the names of its inputs
 */
export const userFieldBody = (
  form: Form,
  fields: UserFields,
  names: readonly string[],
  prefix = '',
): ReadonlyMap<string, unknown> =>
  new Map(
    Object.entries(fields)
      .filter(([name]) => names.includes(name))
      .map(([name, type]) => [name, formValueOf(form, prefix + name, type)]),
  )

function formValueOf(form: Form, name: string, type: UserFieldType): unknown {
  const value = form.text(name)
  if (type === 'boolean') return value === 'true'
  if (value !== '' || type === 'string') return value
  return null
}
