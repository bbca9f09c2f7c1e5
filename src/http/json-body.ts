import { AuthError } from '../base/errors.ts'
import { decodeUtf8 } from '../base/utf8.ts'
import { numberText } from './number-text.ts'
import { MAX_MEMBERS, type ParsedBody } from './parsed-body.ts'

/** Brackets that may stand inside one another (rule D1). */
const DEPTH = 64

/** A JSON object in UTF-8, and no more lenient than that. @throws AuthError `parse_error`; `invalid` for what is no object */
export function parseJson(bytes: Uint8Array): ParsedBody {
  const text = decoded(bytes)
  const twice = namesSentTwice(text)
  const value = parsed(text)
  if (value === null) throw noDictionary('No data provided')
  if (typeof value !== 'object' || Array.isArray(value)) {
    throw noDictionary(
      `Invalid data. Expected a dictionary, but got ${pythonTypeOf(text)}.`,
    )
  }
  return { values: new Map(Object.entries(value)), twice }
}

const malformed = (reason: string): AuthError =>
  new AuthError('parse_error', undefined, { detail: `JSON parse error - ${reason}` })

const noDictionary = (says: string): AuthError =>
  new AuthError('invalid', undefined, { body: { non_field_errors: [says] } })

function decoded(bytes: Uint8Array): string {
  const text = decodeUtf8(bytes)
  if (text === undefined) throw malformed('the text is not UTF-8')
  return text
}

function parsed(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text)
    // A reviver sees the digits as they were sent, and takes ten times as long.
    return hasNumber(value) ? JSON.parse(text, keepDigits) : value
  } catch {
    throw malformed('the text is not JSON')
  }
}

const hasNumber = (value: unknown): boolean =>
  typeof value === 'object' &&
  value !== null &&
  Object.values(value).some((member) => typeof member === 'number')

const keepDigits = (
  _name: string,
  value: unknown,
  context?: { readonly source?: string },
): unknown =>
  typeof value === 'number' ? numberText(context?.source ?? String(value)) : value

/** The name that Python has for the type of a JSON value; the value is not an object and not `null`. */
function pythonTypeOf(text: string): string {
  const json = text.trimStart()
  if (json.startsWith('[')) return 'list'
  if (json.startsWith('"')) return 'str'
  if (json.startsWith('t') || json.startsWith('f')) return 'bool'
  return /[.eE]/.test(json) ? 'float' : 'int'
}

/**
 * Walks along the text once, before anything follows it by recursion, and bounds depth and members (rules D1, D3). The walk does
 * not judge: what is no JSON is left to the parser.
 *
 * @returns the names that the outermost object has more than once; the parser would keep the last and say nothing (H14)
 */
function namesSentTwice(text: string): ReadonlySet<string> {
  const names = new Set<string>()
  const twice = new Set<string>()
  let depth = 0
  let commas = 0
  for (let i = 0; i < text.length; i++) {
    switch (text[i]) {
      case '"': {
        const start = i
        i = closingQuote(text, start)
        if (depth !== 1 || !isColonNext(text, i + 1)) break
        const name = nameIn(text.slice(start, i + 1))
        ;(names.has(name) ? twice : names).add(name)
        break
      }
      case '{':
      case '[':
        if (++depth > DEPTH) throw malformed('nested too deeply')
        break
      case '}':
      case ']':
        depth--
        break
      case ',':
        if (++commas >= MAX_MEMBERS) throw malformed('too many members')
    }
  }
  return twice
}

/** Where the text that opens at `start` is closed; the end where it is not. */
function closingQuote(text: string, start: number): number {
  for (let i = start + 1; i < text.length; i++) {
    if (text[i] === '\\') i++
    else if (text[i] === '"') return i
  }
  return text.length
}

function isColonNext(text: string, from: number): boolean {
  let i = from
  while (i < text.length && ' \t\r\n'.includes(text[i]!)) i++
  return text[i] === ':'
}

/** A name without quotation marks and escapes. */
function nameIn(literal: string): string {
  if (!literal.includes('\\')) return literal.slice(1, -1)
  try {
    return String(JSON.parse(literal))
  } catch {
    return literal
  }
}
