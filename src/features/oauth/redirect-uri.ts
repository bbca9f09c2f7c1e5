/** Longer than any that an application needs. */
const MAX_LENGTH = 2000

/** Browsers remove them, so that the address in the redirect is another than the registered one. */
const DOT_SEGMENT = /^[^?]*\/(?:\.|%2e){1,2}(?:[/?]|$)/i

const LOOPBACK = /^(?:127\.0\.0\.1|\[::1\])$/

/** Whether a host is the user's own machine. */
export const isLoopback = (hostname: string): boolean =>
  LOOPBACK.test(hostname) || /(?:^|\.)localhost$/.test(hostname)

/**
 * What is wrong with an address that users are sent back to. It is https; http within the user's machine; or of a scheme that an app
 * owns, which has a dot (RFC 8252 §7.1).
 *
 * @returns `undefined` if nothing is
 */
export function redirectUriFault(uri: string): string | undefined {
  const isAscii = uri.length <= MAX_LENGTH && /^[!-~]+$/.test(uri)
  const url = URL.parse(uri)
  if (!isAscii || url === null) return 'Must be an absolute address in ASCII.'
  if (uri.includes('#')) return 'Must have no fragment.'
  if (/[*\\]/.test(uri) || DOT_SEGMENT.test(uri))
    return 'Must have no "*", no backslash, and no path segment "." or "..".'
  if (url.username !== '' || url.password !== '') return 'Must have no user name.'
  if (isAllowed(url)) return undefined
  return 'Must be an https address, an http address of 127.0.0.1, [::1] or localhost, or of a scheme with a dot such as "com.example.app:/callback".'
}

function isAllowed({ protocol, hostname }: URL): boolean {
  if (protocol === 'https:') return true
  if (protocol === 'http:') return LOOPBACK.test(hostname) || hostname === 'localhost'
  return protocol.includes('.')
}

/**
 * Whether an address is one of those that are registered: the same characters (RFC 9700 §2.1). Only the port of a literal loopback
 * address may differ: a native application gets a free one from its system (RFC 8252 §7.3).
 */
export const isRegistered = (uri: string, registered: readonly string[]): boolean =>
  registered.includes(uri) ||
  registered.some((each) => {
    const loopback = withoutPort(each)
    return loopback !== undefined && loopback === withoutPort(uri)
  })

/** @returns `undefined` unless the host is a loopback address */
function withoutPort(uri: string): string | undefined {
  const [, origin, rest] =
    /^(http:\/\/(?:127\.0\.0\.1|\[::1\]))(?::[1-9]\d{0,4})?(\/[!-~]*)?$/.exec(uri) ?? []
  return origin && `${origin}${rest ?? ''}`
}
