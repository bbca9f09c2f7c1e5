import { AuthError } from '../base/errors.ts'
import { trimmed } from '../base/whitespace.ts'
import type { ParsedBody } from './parsed-body.ts'

/** A text field of an endpoint. */
export interface Field {
  /** Whether white space at both ends is removed. */
  readonly trim: boolean
  /** Whether an empty value is allowed, and one of only white space. */
  readonly allowBlank?: boolean
  /** Whether a value of only white space is allowed that is not trimmed. */
  readonly allowWhiteSpace?: boolean
  /** Whether it may be left out: `fields` of the handler then lacks it. */
  readonly optional?: boolean
  /** Limit in bytes of UTF-8, checked before anything expensive is done with the value. */
  readonly maxBytes?: number
  /** Messages in place of Django REST framework's. */
  readonly messages?: Readonly<Partial<Record<'required' | 'blank' | 'invalid', string>>>
  /** What is wrong with a text that passes all else. */
  readonly check?: (text: string) => readonly string[]
  /** For people: what to enter. */
  readonly description?: string
  /** For forms and documents: what kind of text it is. */
  readonly format?: 'password' | 'email'
}

/** The fields of an endpoint, in the order in which their errors are listed. */
export type Fields<Name extends string = string> = Readonly<Record<Name, Field>>

/**
 * Validates the fields of a request, with the messages of Django REST framework. A JSON body with a name twice is rejected, also one that
 * an endpoint reads by itself: another parser might read the other value (H14).
 *
 * @throws AuthError `invalid`, whose body has an error for each invalid field
 */
export function parseFields<Name extends string>(
  shape: Fields<Name>,
  body: ParsedBody,
): Readonly<Record<Name, string>> {
  const parsed: Partial<Record<Name, string>> = {}
  const faults = new Map<string, readonly string[]>(
    Array.from(body.repeated, (name) => [name, [ONLY_ONCE]]),
  )
  for (const name of Object.keys(shape) as Name[]) {
    if (shape[name].optional === true && !body.values.has(name)) continue
    const found = faultsOf(name, shape[name], body)
    if (found.length === 0) parsed[name] = textOf(shape[name], body.values.get(name))
    else faults.set(name, found)
  }
  if (faults.size > 0)
    throw new AuthError('invalid', undefined, { body: Object.fromEntries(faults) })
  return parsed as Record<Name, string>
}

const ONLY_ONCE = 'This field may be sent only once.'

function textOf({ trim }: Field, value: unknown): string {
  const text = String(value)
  if (trim) return trimmed(text)
  return text
}

function faultsOf(name: string, field: Field, body: ParsedBody): readonly string[] {
  const fault = findFault(name, field, body)
  if (fault !== undefined) return [fault]
  return field.check?.(textOf(field, body.values.get(name))) ?? []
}

function findFault(
  name: string,
  field: Field,
  { values, repeated }: ParsedBody,
): string | undefined {
  if (repeated.has(name)) return ONLY_ONCE
  const value = values.get(name)
  const { messages = {} } = field
  if (value === undefined) return messages.required ?? 'This field is required.'
  if (value === null) return 'This field may not be null.'
  if (typeof value !== 'string') return messages.invalid ?? 'Not a valid string.'
  const text = textOf(field, value)
  if (isBlank(text, field)) return messages.blank ?? 'This field may not be blank.'
  if (text.includes('\0')) return 'Null characters are not allowed.'
  if (!text.isWellFormed())
    return `Surrogate characters are not allowed: U+${loneSurrogateIn(text)}.`
  // Django REST framework says "characters"; bytes are counted, as for new passwords.
  if (field.maxBytes !== undefined && Buffer.byteLength(text) > field.maxBytes) {
    return `Ensure this field has no more than ${field.maxBytes} characters.`
  }
  return undefined
}

function isBlank(text: string, { allowBlank, allowWhiteSpace }: Field): boolean {
  if (allowBlank === true) return false
  return text === '' || (allowWhiteSpace !== true && trimmed(text) === '')
}

function loneSurrogateIn(text: string): string {
  const [surrogate = ''] = /\p{Surrogate}/u.exec(text) ?? []
  return surrogate.charCodeAt(0).toString(16).toUpperCase()
}
