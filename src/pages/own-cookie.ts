/** The name of a cookie. Browsers refuse the prefix from other hosts, which could otherwise set a cookie that they know. */
export function ownCookieName(name: string, secure: boolean): string {
  if (!secure) return name
  return `__Host-${name}`
}
