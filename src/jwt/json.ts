import { AuthError } from '../base/errors.ts'
import { type JsonVisitor, scanJson } from '../base/json-scanner.ts'
import { decodeUtf8 } from '../base/utf8.ts'

/**
 * The members of a JSON object: claims of a token, or its header. Look up a name that comes from outside with
 * `Object.hasOwn`.
 */
export type Claims = Readonly<Record<string, unknown>>

/** Limit of nested arrays and objects (rule J11). */
const MAX_DEPTH = 64

/** The text has escapes, nested objects, many arrays or characters outside ASCII, so it needs the thorough check. */
const NOT_PLAIN = -1

/**
 * Parses a JSON object strictly, so that no two parsers can read it differently (RFC 8725 §2.4, rule J11): UTF-8 without a
 * byte order mark, no name twice in an object, no `__proto__` and no `constructor.prototype`, no lone surrogate, at most 64
 * levels, nothing after the object.
 *
 * @param bytes the text, up to `length`
 * @param decodeAscii decodes a text that is known to be ASCII; a runtime may have a faster decoder for that
 * @throws AuthError `malformed`
 */
export function parseObject<Bytes extends Uint8Array>(
  bytes: Bytes,
  length: number = bytes.length,
  decodeAscii: (bytes: Bytes, length: number) => string = decode,
): Claims {
  const members = countMembers(bytes, length)
  if (members === NOT_PLAIN) return parseThoroughly(decode(bytes, length))
  const value = objectOf(decodeAscii(bytes, length))
  if (Object.keys(value).length !== members || Object.hasOwn(value, '__proto__'))
    throw malformed('the JSON has a name twice, or __proto__')
  return value
}

function parseThoroughly(text: string): Claims {
  const value = objectOf(text)
  scanJson(text, unambiguous)
  return value
}

function objectOf(text: string): Claims {
  const value = parseJson(text)
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw malformed('the JSON is not an object')
  return value as Claims
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw malformed('the text is not JSON')
  }
}

function decode(bytes: Uint8Array, length: number): string {
  const text = decodeUtf8(bytes.subarray(0, length))
  if (text === undefined) throw malformed('the text is not UTF-8')
  return text
}

const malformed = (note: string): AuthError => new AuthError('malformed', note)

const QUOTE = 34
const BACKSLASH = 92
const OPEN_OBJECT = 123
const OPEN_ARRAY = 91
const COLON = 58
const TILDE = 126

/**
 * Counts the members of a plain text: ASCII, no escapes, one object, few arrays. There each colon outside of strings belongs
 * to one member, so a parsed object with fewer members than colons had a name twice.
 *
 * @returns `NOT_PLAIN` for other texts
 */
function countMembers(bytes: Uint8Array, length: number): number {
  let members = 0
  let arrays = 0
  let objects = 0
  let inString = false
  for (let i = 0; i < length; i++) {
    const c = bytes[i] as number
    if (c === BACKSLASH || c > TILDE) return NOT_PLAIN
    if (c === QUOTE) inString = !inString
    else if (inString) continue
    else if (c === COLON) members++
    else if (c === OPEN_OBJECT) objects++
    else if (c === OPEN_ARRAY) arrays++
  }
  if (objects > 1 || arrays >= MAX_DEPTH) return NOT_PLAIN
  return members
}

/** Rejects what two parsers could read differently. */
const unambiguous: JsonVisitor = {
  open(depth) {
    if (depth > MAX_DEPTH) throw malformed(`more than ${MAX_DEPTH} levels`)
  },
  string(value) {
    if (!value.isWellFormed()) throw malformed('a string has a lone surrogate')
  },
  name({ name, isRepeated, parent }) {
    if (isRepeated) throw malformed('an object has a name twice')
    if (name === '__proto__' || (parent === 'constructor' && name === 'prototype'))
      throw malformed(`an object has the name ${name}`)
  },
}
