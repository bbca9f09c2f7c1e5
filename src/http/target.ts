/**
 * The path and query of a URL, as it is written. `new URL` would remove the dot segments of `/public/%2e%2e/api/token/`, which a proxy in
 * front may take for a path below `/public/` (rule D9).
 */
export function targetOfUrl(url: string): string {
  const origin = ORIGIN.exec(url)?.[0] ?? ''
  const fragment = url.indexOf('#')
  const target = url.slice(origin.length, fragment === -1 ? undefined : fragment)
  return target.startsWith('/') ? target : `/${target}`
}
const ORIGIN = /^[a-z][a-z\d+.-]*:\/\/[^/?#]*/i

/** Whether parsing a URL of this path changes it: it has segments such as `..` or `%2e`. */
export const hasDotSegments = (path: string): boolean => DOT_SEGMENT.test(path)
const DOT_SEGMENT = /[/\\](?:\.|%2e){1,2}(?=[/\\]|$)/i
