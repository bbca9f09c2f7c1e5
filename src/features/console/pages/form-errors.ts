import { errorSummary, type FieldErrors } from '../../../pages/components.ts'
import type { HtmlValue } from '../../../pages/html.ts'
import type { Visit } from '../../pages/visit.ts'

/** The messages of a form that was sent, by its fields. */
export function errorsIn({ error }: Pick<Visit, 'error'>): FieldErrors | undefined {
  if (error === undefined) return undefined
  const { body, detail } = error
  if (error.code !== 'invalid' || body === undefined) return { '': [detail] }
  return Object.fromEntries(
    Object.entries(body as FieldErrors).map(([name, messages]) => [
      fieldOf(name),
      [messages].flat(),
    ]),
  )
}

const OF_FORM = ['non_field_errors', 'detail']

function fieldOf(name: string): string {
  if (OF_FORM.includes(name)) return ''
  return name
}

export const summaryOf = (visit: Visit, errors: FieldErrors | undefined): HtmlValue =>
  errors !== undefined && errorSummary(visit, errors)
