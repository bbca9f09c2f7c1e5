/**
 * The values of the cookies that have a name, as they were sent (RFC 6265 §5.4): pairs are parted by semicolons alone, so that
 * no value can bring another cookie with it.
 */
export function cookiesNamed(name: string, header: string | undefined): readonly string[] {
  if (header === undefined || !header.includes(name)) return []
  const values: string[] = []
  for (const pair of header.split(';')) {
    const equals = pair.indexOf('=')
    if (equals !== -1 && pair.slice(0, equals).trim() === name) values.push(pair.slice(equals + 1).trim())
  }
  return values
}

export interface CookieTerms {
  /** Seconds; 0 takes the cookie away. */
  readonly maxAge: number
  readonly secure: boolean
  /** Whether scripts may not read it. */
  readonly httpOnly: boolean
}

/** A `Set-Cookie`: for this host alone, and not sent along by other sites' forms. */
export function cookieText(name: string, value: string, { maxAge, secure, httpOnly }: CookieTerms): string {
  const marks = [httpOnly ? '; HttpOnly' : '', secure ? '; Secure' : '']
  return `${name}=${value}; Path=/; Max-Age=${Math.floor(maxAge)}; SameSite=Lax${marks.join('')}`
}
