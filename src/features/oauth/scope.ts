/** RFC 6749 appendix A.4. */
export const isScope = (scope: unknown): scope is string =>
  typeof scope === 'string' && /^[\x21\x23-\x5b\x5d-\x7e]{1,100}$/.test(scope)

/** An absolute URI without a fragment (RFC 8707 §2). */
export const isResource = (uri: unknown): uri is string =>
  typeof uri === 'string' &&
  uri.length <= 2000 &&
  /^[a-z][a-z\d+.-]*:[!-~]+$/i.test(uri) &&
  !uri.includes('#')

/** The scopes of OpenID Connect Core 1.0 §5.4 and §11. */
export const OPENID_SCOPES: readonly string[] = [
  'openid',
  'profile',
  'email',
  'phone',
  'offline_access',
]

/** Longer than any list of scopes that makes sense. */
const MAX_LENGTH = 1000

/** Words separated by one space each (RFC 6749 §3.3). @returns `undefined` if it is malformed */
export function parseScope(text: string): readonly string[] | undefined {
  const scopes = text.split(' ')
  if (text.length > MAX_LENGTH || !scopes.every(isScope)) return undefined
  return [...new Set(scopes)]
}
