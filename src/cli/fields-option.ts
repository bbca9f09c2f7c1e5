import { nearest } from '../base/nearest.ts'
import type { CommandContext } from '../command/context.ts'
import { UsageError } from '../command/errors.ts'
import { quoted } from '../command/format.ts'
import { firstSet, namesIn } from '../command/values.ts'
import type { Options } from '../settings/options.ts'
import {
  FIELD_TYPES,
  fieldFault,
  fieldValueOf,
  type UserFields,
  type UserFieldType,
} from '../users/fields.ts'

export const FIELDS = {
  fields: {
    type: 'string',
    value: 'FIELDS',
    help: 'the fields of users and their types, as in the option `user` of the program: "team:string,born:date?"; default: WATCHWORD_FIELDS, or none',
  },
} as const

export const SET = {
  set: {
    type: 'string',
    multiple: true,
    value: 'NAME=VALUE',
    help: 'sets a field of --fields; NAME= removes it; once for each field',
  },
  ...FIELDS,
} as const

interface FieldsValue {
  readonly fields?: string | undefined
}

/** The option of the instance that follows. @throws UsageError */
export function fieldsOf(
  { fields }: FieldsValue,
  { env }: CommandContext,
): Pick<Options, 'user'> {
  const given = firstSet(['--fields', fields], ['WATCHWORD_FIELDS', env.WATCHWORD_FIELDS])
  if (given === undefined) return {}
  return { user: Object.fromEntries(namesIn(given.text).map(fieldIn(given.name))) }
}

const fieldIn =
  (option: string) =>
  (text: string): readonly [string, UserFieldType] => {
    const [name = '', typed = ''] = text.split(':').map((part) => part.trim())
    const type = FIELD_TYPES.find((each) => each === typed)
    if (name !== '' && type !== undefined) return [name, type]
    throw new UsageError(
      `${option} has ${quoted(text)}, which is no field with a type. Expected such as "team:string,born:date?"; the types are string, number, boolean and date, with ? if a user may lack the field.`,
    )
  }

/**
 * The attributes that `--set` asks for; `null`: to be removed.
 *
 * @returns `undefined` without `--set`
 * @throws UsageError if a field is not one of `--fields`, or may not have the value
 */
export function attributesIn(
  { set, ...values }: FieldsValue & { readonly set?: readonly string[] },
  context: CommandContext,
): Readonly<Record<string, unknown>> | undefined {
  if (set === undefined) return undefined
  const { user: fields } = fieldsOf(values, context)
  if (fields !== undefined)
    return Object.fromEntries(set.map((text) => attributeIn(text, fields)))
  throw new UsageError(
    '--set needs the types of the fields: add --fields "team:string,born:date?", or set WATCHWORD_FIELDS, as in the option `user` of the program.',
  )
}

function attributeIn(text: string, fields: UserFields): readonly [string, unknown] {
  const [, name = text, given = ''] = /^([^=]*)=(.*)$/s.exec(text) ?? []
  if (name === text)
    throw new UsageError('--set needs a name and a value: --set NAME=VALUE.')
  const type = Object.hasOwn(fields, name) ? fields[name] : undefined
  if (type === undefined) throw new UsageError(unknownField(name, Object.keys(fields)))
  const value = given === '' ? null : fieldValueOf(given, type)
  const fault = fieldFault(value, type)
  if (fault !== undefined) throw new UsageError(`--set ${name}: ${fault}`)
  return [name, value]
}

function unknownField(name: string, names: readonly string[]): string {
  const meant = nearest(name, names)
  const noField = `--set: there is no field ${quoted(name.slice(0, 40))}.`
  if (meant === undefined) return `${noField} The fields: ${names.join(', ')}.`
  return `${noField} Did you mean ${meant}?`
}
