/**
 * The path and query of a URL, as it is written. `new URL` would remove the dot segments of `/public/%2e%2e/api/token/`, which a proxy in
 * front may take for a path below `/public/` (rule D9).
 */
export function targetOfUrl(url: string): string {
  const origin = ORIGIN.exec(url)?.[0] ?? ''
  const [target = ''] = url.slice(origin.length).split('#', 1)
  if (target.startsWith('/')) return target
  return `/${target}`
}
const ORIGIN = /^[a-z][a-z\d+.-]*:\/\/[^/?#]*/i

/** The path and query of a request target in absolute form (RFC 9112 §3.2.2); others are returned as they are. */
export function originForm(target: string): string {
  if (isAbsolute(target)) return targetOfUrl(target)
  return target
}

/** Nearly all begin with a slash, which is cheaper to test than a regular expression. */
const isAbsolute = (target: string): boolean =>
  !target.startsWith('/') && HTTP_URL.test(target)
const HTTP_URL = /^https?:\/\//i

/** The host in a request target in absolute form, which replaces the `Host` header. */
export function hostInTarget(target: string): string | undefined {
  if (!isAbsolute(target)) return undefined
  return ORIGIN.exec(target)?.[0].replace(HTTP_URL, '')
}

/** Whether parsing a URL of this path changes it: it has segments such as `..` or `%2e`. */
export const hasDotSegments = (path: string): boolean => DOT_SEGMENT.test(path)
const DOT_SEGMENT = /[/\\](?:\.|%2e){1,2}(?=[/\\]|$)/i
