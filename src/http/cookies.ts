import type { Header } from './request.ts'

/**
 * The values of all cookies of a name (RFC 6265 §5.4). Only semicolons separate pairs, so a value cannot contain another
 * cookie.
 */
export function cookieValues(
  name: string,
  header: string | undefined,
): readonly string[] {
  if (header === undefined || !header.includes(name)) return []
  const values: string[] = []
  for (const pair of header.split(';')) {
    const equals = pair.indexOf('=')
    if (equals !== -1 && trimBlanks(pair.slice(0, equals)) === name)
      values.push(trimBlanks(pair.slice(equals + 1)))
  }
  return values
}

/** Removes spaces and tabs only: browsers do not enforce the rules of `__Host-` for a name such as `\u00a0__Host-a`. */
function trimBlanks(text: string): string {
  let start = 0
  let end = text.length
  while (start < end && isBlank(text.charCodeAt(start))) start++
  while (end > start && isBlank(text.charCodeAt(end - 1))) end--
  return text.slice(start, end)
}
const isBlank = (code: number): boolean => code === 32 || code === 9

export interface CookieAttributes {
  /** Seconds; 0 deletes the cookie. */
  readonly maxAge: number
  readonly secure: boolean
  /** Whether it is hidden from scripts. */
  readonly httpOnly: boolean
}

/** The value of `Set-Cookie` for a cookie of this host only, which forms of other sites do not send. */
export function serializeCookie(
  name: string,
  value: string,
  { maxAge, secure, httpOnly }: CookieAttributes,
): string {
  const attributes = [`Max-Age=${Math.floor(maxAge)}`, 'SameSite=Lax']
  if (httpOnly) attributes.push('HttpOnly')
  if (secure) attributes.push('Secure')
  return `${name}=${value}; Path=/; ${attributes.join('; ')}`
}

export const setCookies = (cookies: readonly string[]): readonly Header[] =>
  cookies.map((cookie) => ['Set-Cookie', cookie])
