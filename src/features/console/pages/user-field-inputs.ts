import type { FieldErrors } from '../../../pages/components.ts'
import type { HtmlValue } from '../../../pages/html.ts'
import { rejectFieldErrors } from '../../../users/field-errors.ts'
import { parseUserFields } from '../../../users/fields.ts'
import type { Attributes } from '../../../users/user.ts'
import {
  inputValueOf,
  type UserFieldData,
  userFieldBody,
  userFieldInput,
  userFieldsOf,
} from '../../account-pages/user-fields.ts'
import type { Visit } from '../../pages/visit.ts'

/** Of the names of the inputs, which forms of the console have beside others, such as `role`. */
const PREFIX = 'field-'

const namesIn = ({ core }: Visit): readonly string[] => Object.keys(core.userFields)

/** The inputs for the fields of the option `user`. */
export const userFieldInputs = (visit: Visit, errors: FieldErrors = {}): HtmlValue =>
  dataOf(visit).map((data) =>
    userFieldInput(visit, data, visit.texts.fields, { prefix: '', errors }),
  )

const dataOf = (visit: Visit): readonly UserFieldData[] =>
  userFieldsOf(visit.core.userFields, namesIn(visit), visit.texts.fields, (name) =>
    inputValueOf(visit.form.text(PREFIX + name)),
  ).map((data) => ({ ...data, name: PREFIX + data.name }))

/** What was sent for them. @throws AuthError `invalid`, its body with the messages of each input */
export function userFieldsIn(visit: Visit): Attributes {
  const { form, core } = visit
  const names = namesIn(visit)
  const body = userFieldBody(form, core.userFields, names, PREFIX)
  const { values, faults } = parseUserFields(body, core.userFields, {
    names,
    isNew: true,
  })
  rejectFieldErrors(prefixed(faults))
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== null))
}

const prefixed = (faults: FieldErrors): FieldErrors =>
  Object.fromEntries(
    Object.entries(faults).map(([name, messages]) => [PREFIX + name, messages]),
  )
