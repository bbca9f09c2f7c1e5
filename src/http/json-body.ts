import { AuthError } from '../base/errors.ts'
import { scanJson } from '../base/json-scanner.ts'
import { decodeUtf8 } from '../base/utf8.ts'
import { numberText } from './number-text.ts'
import { MAX_MEMBERS, type ParsedBody } from './parsed-body.ts'

/** Limit of nested arrays and objects (rule D1). */
const MAX_DEPTH = 64

/**
 * Parses a JSON object in UTF-8. A byte order mark is not JSON.
 *
 * @throws AuthError `parse_error`; `invalid` if it is another JSON value
 */
export function parseJson(bytes: Uint8Array): ParsedBody {
  const text = decodeUtf8(bytes)
  if (text === undefined) throw malformed('the text is not UTF-8')
  const repeated = repeatedNames(text)
  const value = parsed(text)
  if (value === null) throw noDictionary('No data provided')
  if (typeof value !== 'object' || Array.isArray(value)) {
    const type = pythonTypeOf(text)
    throw noDictionary(`Invalid data. Expected a dictionary, but got ${type}.`)
  }
  return { values: new Map(Object.entries(value)), repeated }
}

const malformed = (reason: string): AuthError =>
  new AuthError('parse_error', undefined, { detail: `JSON parse error - ${reason}` })

const noDictionary = (message: string): AuthError =>
  new AuthError('invalid', undefined, { body: { non_field_errors: [message] } })

function parsed(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text)
    // A reviver sees the digits of numbers as the client wrote them, and takes ten times as long.
    if (hasNumber(value)) return JSON.parse(text, keepDigits)
    return value
  } catch {
    throw malformed('the text is not JSON')
  }
}

const hasNumber = (value: unknown): boolean =>
  typeof value === 'object' &&
  value !== null &&
  Object.values(value).some((member) => typeof member === 'number')

function keepDigits(
  _name: string,
  value: unknown,
  context?: { readonly source?: string },
): unknown {
  if (typeof value === 'number') return numberText(context?.source ?? String(value))
  return value
}

/** Python's names of JSON types, by the first character of the value. */
const PYTHON_TYPES: Readonly<Record<string, string>> = {
  '[': 'list',
  '"': 'str',
  t: 'bool',
  f: 'bool',
}

/** Python's name for the type of a JSON value that is neither an object nor `null`. */
function pythonTypeOf(text: string): string {
  const json = text.trimStart()
  const type = PYTHON_TYPES[json.charAt(0)]
  if (type !== undefined) return type
  if (/[.eE]/.test(json)) return 'float'
  return 'int'
}

/**
 * Bounds depth and members before anything recurses into the text (rules D1, D3).
 *
 * @returns the names that the outermost object has more than once: `JSON.parse` keeps only the last (H14)
 */
function repeatedNames(text: string): ReadonlySet<string> {
  const repeated = new Set<string>()
  let commas = 0
  scanJson(text, {
    open(depth) {
      if (depth > MAX_DEPTH) throw malformed('nested too deeply')
    },
    comma() {
      commas++
      if (commas >= MAX_MEMBERS) throw malformed('too many members')
    },
    name({ name, depth, isRepeated }) {
      if (isRepeated && depth === 1) repeated.add(name)
    },
  })
  return repeated
}
