import { malformed } from './hawk-error.ts'

/** What a request has after the word `Hawk`. */
export const REQUEST_ATTRIBUTES = [
  'id',
  'ts',
  'nonce',
  'hash',
  'ext',
  'mac',
  'app',
  'dlg',
] as const

/** What an answer has: `Server-Authorization`. */
export const RESPONSE_ATTRIBUTES = ['mac', 'ext', 'hash'] as const

/** What a 401 has: `WWW-Authenticate`. */
export const CHALLENGE_ATTRIBUTES = ['ts', 'tsm', 'error'] as const

type Attributes<Name extends string> = Readonly<Partial<Record<Name, string>>>

/** A header longer than this is not read. */
export const LONGEST_HEADER = 4096

const SCHEME = /^hawk(?=\s|$)/i

/** Whether a header is one of Hawk, however it goes on. */
export const isHawkHeader = (header: string): boolean => SCHEME.test(header)

/** What an attribute may hold: printable ASCII without `"` and `\`. */
const VALUE = /^[ !#-[\]-~]+$/
const NAME = /^\w+$/

/**
 * Reads a header of Hawk. The work is proportional to its length.
 *
 * @param header `Authorization`, `Server-Authorization` or `WWW-Authenticate`
 * @param names of the attributes that it may have
 * @throws HawkError with status 400
 */
export function parseHeader<const Name extends string>(
  header: string,
  names: readonly Name[],
): Attributes<Name> {
  if (header.length > LONGEST_HEADER) throw malformed('Header length too long')
  const text = header.slice('Hawk'.length).trim()
  if (!isHawkHeader(header) || text === '') throw malformed('Invalid header syntax')
  return parseAttributes(text, names)
}

function parseAttributes<Name extends string>(
  text: string,
  names: readonly Name[],
): Attributes<Name> {
  const found = new Map<string, string>()
  let at = 0
  while (at < text.length) {
    const { name, value, end } = attributeAt(text, at)
    if (!names.some((each) => each === name))
      throw malformed(`Unknown attribute: ${name}`)
    if (!VALUE.test(value)) throw malformed(`Bad attribute value: ${name}`)
    if (found.has(name)) throw malformed(`Duplicate attribute: ${name}`)
    found.set(name, value)
    at = end
  }
  return Object.fromEntries(found) as Attributes<Name>
}

interface FoundAttribute {
  readonly name: string
  readonly value: string
  /** Where the next one begins. */
  readonly end: number
}

function attributeAt(text: string, at: number): FoundAttribute {
  const equals = text.indexOf('="', at)
  const close = equals === -1 ? -1 : text.indexOf('"', equals + 2)
  if (close === -1) throw malformed('Bad header format')
  const name = text.slice(at, equals)
  const value = text.slice(equals + 2, close)
  const end = endOfAttribute(text, close + 1)
  if (!NAME.test(name) || value.includes('\\') || end === undefined)
    throw malformed('Bad header format')
  return { name, value, end }
}

/** Behind the white space and the comma that may follow; `undefined` if something else does. */
function endOfAttribute(text: string, at: number): number | undefined {
  const end = afterBlanks(text, at)
  if (end === text.length) return end
  return text[end] === ',' ? afterBlanks(text, end + 1) : undefined
}

function afterBlanks(text: string, at: number): number {
  let end = at
  while (text[end] === ' ' || text[end] === '\t') end += 1
  return end
}

/**
 * Writes a header of Hawk, with the attributes in the order in which they are given.
 *
 * @throws HawkError if a value cannot be written
 */
export function serializeHeader(
  attributes: Readonly<Record<string, string | undefined>>,
): string {
  const written = Object.entries(attributes).flatMap(([name, value = '']) => {
    if (value === '') return []
    if (!VALUE.test(value)) throw malformed(`Bad attribute value: ${name}`)
    return `${name}="${value}"`
  })
  return `Hawk ${written.join(', ')}`
}
