import { AuthError } from '../base/errors.ts'

/** The white space of Python's `bytes.split()`: space, tab, CR, LF, VT, FF. U+00A0 is not included. */
const isBlank = (code: number): boolean => code === 32 || (code >= 9 && code <= 13)
const BLANK = /[\t-\r ]/

/** The errors of a header that has the scheme's name but not exactly one token after it. */
export interface HeaderErrors {
  readonly none: () => AuthError
  readonly several: () => AuthError
}

/** Simple JWT's. */
const BEARER: HeaderErrors = {
  none: () => new AuthError('bad_authorization_header', 'no token after the scheme'),
  several: () => new AuthError('bad_authorization_header', 'more than two words'),
}

/** Those of Django REST framework's own schemes: `Invalid token header. …`. */
export const headerErrors = (kind: 'basic' | 'token', what: string): HeaderErrors => ({
  none: () => invalidHeaderError(kind, 'No credentials provided.'),
  several: () => invalidHeaderError(kind, `${what} string should not contain spaces.`),
})

export const invalidHeaderError = (kind: 'basic' | 'token', fault: string): AuthError =>
  new AuthError('authentication_failed', undefined, {
    detail: `Invalid ${kind} header. ${fault}`,
  })

/**
 * The token of an authorization header.
 *
 * @param schemes the scheme names that are accepted, in any letter case (D1)
 * @returns `undefined` if the header names another scheme
 * @throws AuthError one of `errors`, if there is not exactly one token after the name
 */
export function credentialsAfter(
  schemes: readonly string[],
  header: string | undefined,
  errors = BEARER,
): string | undefined {
  if (header === undefined) return undefined
  let start = 0
  let end = header.length
  while (start < end && isBlank(header.charCodeAt(start))) start++
  while (end > start && isBlank(header.charCodeAt(end - 1))) end--
  let gap = start
  while (gap < end && !isBlank(header.charCodeAt(gap))) gap++
  if (!schemes.some((name) => isSameName(name, header, start, gap))) return undefined
  let token = gap
  while (token < end && isBlank(header.charCodeAt(token))) token++
  if (token === end) throw errors.none()
  const text = header.slice(token, end)
  // A regular expression: V8 searches a long token faster than this loop would.
  if (BLANK.test(text)) throw errors.several()
  return text
}

function isSameName(name: string, text: string, start: number, end: number): boolean {
  if (end - start !== name.length) return false
  const presented = text.slice(start, end)
  return presented === name || presented.toLowerCase() === name.toLowerCase()
}
