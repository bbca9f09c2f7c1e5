import { AuthError } from '../base/errors.ts'

/** Claims or header members, each an own property: `Object.hasOwn` asks for one whose name is not known beforehand. */
export type Claims = Readonly<Record<string, unknown>>

/** Levels that arrays and objects may be nested (rule J11). */
const DEPTH = 64

/** Said of a text that has escapes, objects within, many arrays or anything outside ASCII: it is walked with more care. */
const NOT_PLAIN = -1

/** Nothing is skipped and nothing is replaced: a byte order mark is an error, as RFC 8259 §8.1 permits. */
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/**
 * The object that a JSON text spells, read strictly: UTF-8, one object and nothing behind it, no name twice at any depth, no
 * `__proto__` and no `constructor.prototype`, no lone surrogate, at most 64 levels (rule J11). Two readers can take it in
 * one way only.
 *
 * @param bytes the text, and what lies behind its `length` in the same buffer
 * @param ascii reads a text of which it is known that it is ASCII: a runtime may have something faster for it
 * @throws AuthError `malformed`
 */
export function parseObject<Octets extends Uint8Array>(
  bytes: Octets,
  length: number = bytes.length,
  ascii: (octets: Octets, length: number) => string = textOf,
): Claims {
  const members = membersIfPlain(bytes, length)
  try {
    const text = (members === NOT_PLAIN ? textOf : ascii)(bytes, length)
    const value: unknown = JSON.parse(text)
    if (typeof value !== 'object' || value === null || Array.isArray(value))
      throw malformed('no JSON object')
    if (members === NOT_PLAIN) refuseAmbiguity(text)
    else if (Object.keys(value).length !== members || Object.hasOwn(value, '__proto__'))
      throw malformed('a name twice')
    return value as Claims
  } catch (error) {
    throw error instanceof AuthError ? error : malformed('no JSON')
  }
}

const textOf = (bytes: Uint8Array, length: number): string =>
  utf8.decode(bytes.subarray(0, length))

const malformed = (note: string): AuthError => new AuthError('malformed', note)

const QUOTE = 34
const BACKSLASH = 92
const OPEN_OBJECT = 123
const CLOSE_OBJECT = 125
const OPEN_ARRAY = 91
const CLOSE_ARRAY = 93
const COLON = 58
const COMMA = 44

/**
 * Looks once at each octet. In a valid text that is plain (ASCII, no escapes, one object, few arrays) each colon outside
 * strings begins a member of that object; names are there twice exactly where it has fewer members than colons.
 */
function membersIfPlain(bytes: Uint8Array, length: number): number {
  let members = 0
  let brackets = 0
  let objects = 0
  let inString = false
  for (let i = 0; i < length; i++) {
    const c = bytes[i]!
    if (c === BACKSLASH || c > 126) return NOT_PLAIN
    if (c === QUOTE) inString = !inString
    else if (inString) continue
    else if (c === COLON) members++
    else if (c === OPEN_OBJECT) objects++
    else if (c === OPEN_ARRAY) brackets++
  }
  return objects > 1 || brackets >= DEPTH ? NOT_PLAIN : members
}

/** What lies open while a text is walked: the names of an object, or an array, and the name whose value it is. */
interface Level {
  readonly names: Set<string> | undefined
  readonly of: string | undefined
}

/** Walks a text that is known to be JSON. @throws AuthError `malformed` at what two readers could take in two ways */
function refuseAmbiguity(text: string): void {
  const open: Level[] = []
  let name: string | undefined
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i)
    if (c === OPEN_OBJECT || c === OPEN_ARRAY) {
      if (open.length === DEPTH) throw malformed('nested too deeply')
      open.push({ names: c === OPEN_OBJECT ? new Set() : undefined, of: name })
      name = undefined
    } else if (c === CLOSE_OBJECT || c === CLOSE_ARRAY) {
      open.pop()
    } else if (c === COMMA) {
      name = undefined
    } else if (c === QUOTE) {
      const end = endOfString(text, i)
      const string: string = JSON.parse(text.slice(i, end))
      if (!string.isWellFormed()) throw malformed('a lone surrogate')
      i = end - 1
      if (isName(text, end)) {
        name = string
        enter(string, open.at(-1)!)
      }
    }
  }
}

function endOfString(text: string, start: number): number {
  let i = start + 1
  while (text.charCodeAt(i) !== QUOTE) i += text.charCodeAt(i) === BACKSLASH ? 2 : 1
  return i + 1
}

/** In valid JSON a colon follows a string exactly where it is the name of a member. */
function isName(text: string, end: number): boolean {
  let i = end
  while (' \t\n\r'.includes(text.charAt(i)) && i < text.length) i++
  return text.charCodeAt(i) === COLON
}

function enter(name: string, { names, of }: Level): void {
  if (names!.has(name)) throw malformed('a name twice')
  if (name === '__proto__' || (of === 'constructor' && name === 'prototype'))
    throw malformed('a name of no good')
  names!.add(name)
}
