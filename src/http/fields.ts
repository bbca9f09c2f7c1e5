import { AuthError } from '../base/errors.ts'
import { trimmed } from '../base/whitespace.ts'
import type { ParsedBody } from './parsed-body.ts'

/** A text field of an endpoint. */
export interface Field {
  /** White space at the ends is no part of the value. */
  readonly trim: boolean
  /** White space alone is a value; else it is as good as none. */
  readonly allowBlank?: boolean
  /** Sent twice in one JSON body it is refused: two readers might take different ones (H14). Else the last one counts. */
  readonly rejectDuplicates?: boolean
  /** Octets of UTF-8; more is refused before anything costly is done with the value. */
  readonly maxBytes?: number
}

/** The fields of an endpoint, in the order in which their faults are told. */
export type Fields<Name extends string = string> = Readonly<Record<Name, Field>>

/** All fields of a request (specification 0.7). @throws AuthError `invalid`, its body naming every field at fault */
export function parseFields<Name extends string>(
  shape: Fields<Name>,
  sent: ParsedBody,
): Readonly<Record<Name, string>> {
  const texts: Partial<Record<Name, string>> = {}
  const faults: Partial<Record<Name, readonly [string]>> = {}
  for (const name of Object.keys(shape) as Name[]) {
    const fault = findFault(name, shape[name], sent)
    if (fault === undefined) texts[name] = textOf(shape[name], sent.values.get(name))
    else faults[name] = [fault]
  }
  if (Object.keys(faults).length > 0)
    throw new AuthError('invalid', undefined, { body: faults })
  return texts as Record<Name, string>
}

const textOf = ({ trim }: Field, value: unknown): string =>
  trim ? trimmed(String(value)) : String(value)

function findFault(
  name: string,
  field: Field,
  { values, repeated }: ParsedBody,
): string | undefined {
  if (field.rejectDuplicates && repeated.has(name))
    return 'This field may be sent only once.'
  const value = values.get(name)
  if (value === undefined) return 'This field is required.'
  if (value === null) return 'This field may not be null.'
  if (typeof value !== 'string') return 'Not a valid string.'
  const text = textOf(field, value)
  if ((field.allowBlank ? text : trimmed(text)) === '')
    return 'This field may not be blank.'
  if (text.includes('\0')) return 'Null characters are not allowed.'
  if (!text.isWellFormed())
    return `Surrogate characters are not allowed: U+${loneSurrogateIn(text)}.`
  // "characters" is the word that clients know from length limits; what is counted is octets, as for new passwords.
  if (field.maxBytes !== undefined && Buffer.byteLength(text) > field.maxBytes) {
    return `Ensure this field has no more than ${field.maxBytes} characters.`
  }
  return undefined
}

const loneSurrogateIn = (text: string): string =>
  /\p{Surrogate}/u.exec(text)![0].charCodeAt(0).toString(16).toUpperCase()
