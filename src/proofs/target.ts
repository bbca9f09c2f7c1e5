/**
 * Whether an address names the same target as another, apart from their queries and fragments (RFC 9449 §4.3), after the
 * normalisations of RFC 3986 §6.2.2 and §6.2.3.
 *
 * @param claimed what a client says
 */
export function isSameTarget(claimed: unknown, address: string): boolean {
  if (typeof claimed !== 'string' || claimed.length > LONGEST) return false
  const target = normalised(claimed)
  return target !== undefined && target === normalised(address)
}

const LONGEST = 4096

/** @returns `undefined` if it is no address of http, or has user information */
function normalised(address: string): string | undefined {
  const url = URL.parse(address)
  if (url === null || !/^https?:$/.test(url.protocol)) return undefined
  if (url.username !== '' || url.password !== '') return undefined
  return url.origin + url.pathname.replace(ESCAPE, normalisedEscape)
}

const ESCAPE = /%[\da-f]{2}/gi

/** An escape of an unreserved character is the character (RFC 3986 §6.2.2.2). */
function normalisedEscape(text: string): string {
  const character = String.fromCharCode(Number.parseInt(text.slice(1), 16))
  return /[\w.~-]/.test(character) ? character : text.toUpperCase()
}
