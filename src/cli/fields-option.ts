import type { CommandContext } from '../command/context.ts'
import { UsageError } from '../command/errors.ts'
import { quoted } from '../command/format.ts'
import { firstSet, namesIn } from '../command/values.ts'
import type { Options } from '../settings/options.ts'
import type { UserFieldType } from '../users/fields.ts'

export const FIELDS = {
  fields: {
    type: 'string',
    value: 'FIELDS',
    help: 'the fields of users and their types, as in the option `user` of the program: "team:string,born:date?"; default: WATCHWORD_FIELDS, or none',
  },
} as const

export interface FieldsValue {
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
    if (name !== '' && isType(typed)) return [name, typed]
    throw new UsageError(
      `${option} has ${quoted(text)}, which is no field with a type. Expected such as "team:string,born:date?"; the types are string, number, boolean and date, with ? if a user may lack the field.`,
    )
  }

/** Not from `users/fields.ts`: a supervisor, which reads this option, loads nothing of the instance. */
const isType = (text: string): text is UserFieldType =>
  /^(string|number|boolean|date)\??$/.test(text)
