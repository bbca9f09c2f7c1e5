import type { FieldErrors } from '../../../pages/components.ts'
import type { Retry } from '../../../pages/error-page.ts'
import { fieldError } from '../../../users/field-errors.ts'
import type { Visit } from '../../pages/visit.ts'
import type { FormData } from './data.ts'

/** @throws AuthError `invalid` with the fields that are empty */
export function requireFilled({ form }: Visit, names: readonly string[]): void {
  const missing = names.filter((name) => form.exact(name).trim() === '')
  if (missing.length === 0) return
  throw fieldError(Object.fromEntries(missing.map((name) => [name, [REQUIRED]])))
}

const REQUIRED = 'This field is required.'

/**
 * What was wrong with a form, in the words of the page.
 *
 * @param renamed the fields of the verb that have other names in the form, such as `new_password`
 */
export function faultsIn(
  visit: Visit,
  renamed: Readonly<Record<string, string>> = {},
): Pick<FormData, 'errors' | 'retry'> {
  return { errors: errorsIn(visit, renamed), retry: retryOf(visit) }
}

/** The same of a page that takes a code. @param wrong the fault of its field if the code is not the right one */
export function faultsOfCode(
  visit: Visit,
  wrong: string,
  {
    field = 'code',
    renamed = {},
  }: {
    readonly field?: string
    readonly renamed?: Readonly<Record<string, string>>
  } = {},
): Pick<FormData, 'errors' | 'retry'> {
  if (!WRONG_CODE.has(visit.error?.code ?? '')) return faultsIn(visit, renamed)
  return { errors: { [field]: [wrong] }, retry: undefined }
}

const WRONG_CODE: ReadonlySet<string> = new Set(['invalid_code', 'no_active_account'])

/** Digits as people type them: with spaces. */
export const codeIn = ({ form }: Visit, name = 'code'): string =>
  form.text(name).replace(/\s/g, '')

export function retryOf({ error, now }: Visit): Retry | undefined {
  if (error?.code !== 'throttled') return undefined
  const after = Math.max(1, Math.ceil(error.retryAfter ?? 0))
  return { at: now + after, after }
}

function errorsIn(
  { error, texts }: Visit,
  renamed: Readonly<Record<string, string>>,
): FieldErrors {
  if (error?.code !== 'invalid') return {}
  const entries = Object.entries(error.body ?? {}).map(([name, messages]) => [
    { ...OF_THE_FORM, ...renamed }[name] ?? name,
    [messages].flat().map((message) => inWords(String(message), texts.faults)),
  ])
  return Object.fromEntries(entries)
}

const OF_THE_FORM: Readonly<Record<string, string>> = { non_field_errors: '' }

/** The messages of the API are Django REST framework's: programs compare them. */
function inWords(message: string, faults: Readonly<Record<string, string>>): string {
  const beginning = Object.keys(faults).find((each) => message.startsWith(each)) ?? ''
  return faults[beginning] ?? message
}
