import { AuthError } from '../base/errors.ts'

/** Python's `bytes.split()`: space, tab, CR, LF, VT, FF (specification 5.1). U+00A0 separates nothing. */
const isBlank = (code: number): boolean => code === 32 || (code >= 9 && code <= 13)
const BLANK = /[\t-\r ]/

/** What is wrong with a header that announces a token and does not hold exactly two words. */
export interface HeaderErrors {
  readonly none: () => AuthError
  readonly several: () => AuthError
}

/** As Simple JWT says it (specification 5.1). */
const BEARER: HeaderErrors = {
  none: () => new AuthError('bad_authorization_header', 'no token behind the scheme'),
  several: () => new AuthError('bad_authorization_header', 'more than two words'),
}

/** As Django REST framework's own schemes say it: `Invalid token header. …` (specification 6.2, 6.4). */
export const headerErrors = (kind: 'basic' | 'token', what: string): HeaderErrors => ({
  none: () => invalidHeaderError(kind, 'No credentials provided.'),
  several: () => invalidHeaderError(kind, `${what} string should not contain spaces.`),
})

export const invalidHeaderError = (kind: 'basic' | 'token', says: string): AuthError =>
  new AuthError('authentication_failed', undefined, {
    detail: `Invalid ${kind} header. ${says}`,
  })

/**
 * The token that a header announces with one of `words`, compared without case (D1).
 *
 * @returns `undefined` where the header is not of this kind
 * @throws AuthError of `faults` where it is, and does not hold exactly two words
 */
export function credentialsAfter(
  words: readonly string[],
  header: string | undefined,
  faults = BEARER,
): string | undefined {
  if (header === undefined) return undefined
  let start = 0
  let end = header.length
  while (start < end && isBlank(header.charCodeAt(start))) start++
  while (end > start && isBlank(header.charCodeAt(end - 1))) end--
  let gap = start
  while (gap < end && !isBlank(header.charCodeAt(gap))) gap++
  if (!words.some((word) => isSameWord(word, header, start, gap))) return undefined
  let token = gap
  while (token < end && isBlank(header.charCodeAt(token))) token++
  if (token === end) throw faults.none()
  const text = header.slice(token, end)
  // A search, since V8 looks at many characters at once there: a token is long.
  if (BLANK.test(text)) throw faults.several()
  return text
}

function isSameWord(word: string, text: string, start: number, end: number): boolean {
  if (end - start !== word.length) return false
  const presented = text.slice(start, end)
  return presented === word || presented.toLowerCase() === word.toLowerCase()
}
