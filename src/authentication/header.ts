import { Refusal } from '../base/refusal.ts'

/** Python's `bytes.split()`: space, tab, CR, LF, VT, FF (specification 5.1). U+00A0 separates nothing. */
const isBlank = (code: number): boolean => code === 32 || (code >= 9 && code <= 13)
const BLANK = /[\t-\r ]/

/**
 * The token that a header announces with one of `words`, compared without case (D1).
 *
 * @returns `undefined` where the header is not of this kind
 * @throws Refusal `bad_authorization_header` where it is, and does not hold exactly two words
 */
export function tokenAfter(words: readonly string[], header: string | undefined): string | undefined {
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
  if (token === end) throw new Refusal('bad_authorization_header', 'no token behind the scheme')
  const text = header.slice(token, end)
  // A search, since V8 looks at many characters at once there: a token is long.
  if (BLANK.test(text)) throw new Refusal('bad_authorization_header', 'more than two words')
  return text
}

function isSameWord(word: string, text: string, start: number, end: number): boolean {
  if (end - start !== word.length) return false
  const presented = text.slice(start, end)
  return presented === word || presented.toLowerCase() === word.toLowerCase()
}
