import type { Header } from './request.ts'

/**
 * The values of the cookies that have a name, as they were sent (RFC 6265 §5.4): pairs are parted by semicolons alone, so that
 * no value can bring another cookie with it.
 */
export function cookieValues(
  name: string,
  header: string | undefined,
): readonly string[] {
  if (header === undefined || !header.includes(name)) return []
  const values: string[] = []
  for (const pair of header.split(';')) {
    const equals = pair.indexOf('=')
    if (equals !== -1 && withoutBlanks(pair.slice(0, equals)) === name)
      values.push(withoutBlanks(pair.slice(equals + 1)))
  }
  return values
}

/** Spaces and tabs: other white space is part of a name, and `\u00a0__Host-` is no prefix that a browser has held to its terms. */
function withoutBlanks(text: string): string {
  let start = 0
  let end = text.length
  while (start < end && isBlank(text.charCodeAt(start))) start++
  while (end > start && isBlank(text.charCodeAt(end - 1))) end--
  return text.slice(start, end)
}
const isBlank = (code: number): boolean => code === 32 || code === 9

export interface CookieAttributes {
  /** Seconds; 0 takes the cookie away. */
  readonly maxAge: number
  readonly secure: boolean
  /** Whether scripts may not read it. */
  readonly httpOnly: boolean
}

/** A `Set-Cookie`: for this host alone, and not sent along by other sites' forms. */
export function serializeCookie(
  name: string,
  value: string,
  { maxAge, secure, httpOnly }: CookieAttributes,
): string {
  const marks = [httpOnly ? '; HttpOnly' : '', secure ? '; Secure' : '']
  return `${name}=${value}; Path=/; Max-Age=${Math.floor(maxAge)}; SameSite=Lax${marks.join('')}`
}

export const setCookies = (cookies: readonly string[]): readonly Header[] =>
  cookies.map((cookie) => ['Set-Cookie', cookie])
