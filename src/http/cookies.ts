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
  /** Default `/`. */
  readonly path?: string
  /** Default: this host alone. */
  readonly domain?: string | undefined
  /** Default `Lax`: forms of other sites do not send it. `null`: the browser decides. */
  readonly sameSite?: SameSite | null
}

export type SameSite = 'Lax' | 'Strict' | 'None'

/** The value of `Set-Cookie`. */
export function serializeCookie(
  name: string,
  value: string,
  attributes: CookieAttributes,
): string {
  const { maxAge, secure, httpOnly, path = '/', domain, sameSite = 'Lax' } = attributes
  const written = [`Path=${path}`, `Max-Age=${Math.floor(maxAge)}`]
  if (domain !== undefined) written.push(`Domain=${domain}`)
  if (sameSite !== null) written.push(`SameSite=${sameSite}`)
  if (httpOnly) written.push('HttpOnly')
  if (secure) written.push('Secure')
  return `${name}=${value}; ${written.join('; ')}`
}

/** Bytes of the headers that Node.js accepts in a request; other runtimes may accept more. */
const MAX_HEADERS = 16_384

/** As many cookies of a name as the headers of a request have room for: with fewer, other hosts could add enough to hide ours. */
export const maxCookies = (name: string, valueLength: number): number =>
  Math.floor(MAX_HEADERS / (name.length + valueLength + 2))

export const setCookies = (cookies: readonly string[]): readonly Header[] =>
  cookies.map((cookie) => ['Set-Cookie', cookie])
