import { AuthError } from '../base/errors.ts'
import { parseMediaType } from '../http/media-type.ts'
import { MAX_MEMBERS } from '../http/parsed-body.ts'
import type { AuthRequest } from '../http/request.ts'

/** The fields of a form that was sent. */
export interface Form {
  /** The last value of a field, without white space at its ends; empty without one. */
  text(name: string): string
  /** The same as it was sent, for passwords. */
  exact(name: string): string
  /** Every value of a field, such as those of checkboxes. */
  all(name: string): readonly string[]
  has(name: string): boolean
  /** As `text`, but `undefined` if the field was not sent. */
  sent(name: string): string | undefined
  /** The names that it has more than once. */
  repeated(): readonly string[]
  /** All fields, as the query of an address. */
  query(): string
}

/** Of a page that is shown for the first time. */
export const EMPTY_FORM: Form = formOf(new URLSearchParams())

/** Reads a form. @throws AuthError `unsupported_media_type`, `parse_error`, `body_too_large` */
export async function readForm(request: AuthRequest): Promise<Form> {
  const { type } = parseMediaType(request.header('content-type') ?? '')
  const encoding = request.header('content-encoding') ?? 'identity'
  const bytes = await (request.takeBody?.() ?? request.body())
  if (bytes.length === 0) return EMPTY_FORM
  if (
    type !== 'application/x-www-form-urlencoded' ||
    !/^identity$/i.test(encoding.trim())
  )
    throw new AuthError('unsupported_media_type')
  const text = Buffer.from(bytes).toString('utf8')
  if (text.split('&', MAX_MEMBERS + 1).length > MAX_MEMBERS)
    throw new AuthError('parse_error', 'the form has too many fields')
  // URLSearchParams drops a leading question mark; an empty pair in front of it protects it.
  return formOf(new URLSearchParams(`&${text}`))
}

/** @throws AuthError `parse_error` for a null character or half of a surrogate pair */
export function formOf(fields: URLSearchParams): Form {
  for (const value of fields.values())
    if (value.includes('\0') || !value.isWellFormed())
      throw new AuthError('parse_error', 'the form has a character that cannot be stored')
  const all = (name: string): readonly string[] => fields.getAll(name)
  const exact = (name: string): string => all(name).at(-1) ?? ''
  return {
    all,
    exact,
    text: (name) => exact(name).trim(),
    sent: (name) => all(name).at(-1)?.trim(),
    has: (name) => fields.has(name),
    query: () => String(fields),
    repeated: () => [...new Set(fields.keys())].filter((name) => all(name).length > 1),
  }
}
