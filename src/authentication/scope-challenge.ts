/** The challenge for a token that lacks a scope (RFC 6750 §3.1). A scope has no quotation mark and no backslash (RFC 6749 §3.3). */
export function scopeChallengeOf(challenge: string, scopes: readonly string[]): string {
  const error = `${challenge}, error="insufficient_scope"`
  if (scopes.length === 0) return error
  return `${error}, scope="${scopes.join(' ')}"`
}
