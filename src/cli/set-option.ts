import { nearest } from '../base/nearest.ts'
import { ownMember } from '../base/optional.ts'
import type { CommandContext } from '../command/context.ts'
import { UsageError } from '../command/errors.ts'
import { quoted } from '../command/format.ts'
import { fieldFault, fieldValueOf, type UserFields } from '../users/fields.ts'
import { FIELDS, type FieldsValue, fieldsOf } from './fields-option.ts'

export const SET = {
  set: {
    type: 'string',
    multiple: true,
    value: 'NAME=VALUE',
    help: 'sets a field of --fields, of dev that of the first user; NAME= removes it; once for each field',
  },
  ...FIELDS,
} as const

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
  const type = ownMember(fields, name)
  if (type === undefined) throw new UsageError(unknownField(name, Object.keys(fields)))
  const value = fieldValueOf(given || null, type)
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
