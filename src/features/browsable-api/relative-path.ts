/**
 * The reference from one path to another (RFC 3986 §4.2). It is the same behind a proxy that adds a prefix to both.
 *
 * @param from the path of a page
 */
export function relativePath(from: string, to: string): string {
  const depth = from.split('/').length - 2
  const up = '../'.repeat(Math.max(depth, 0))
  // Without `./`, a segment with a colon would be read as a scheme.
  return `${up || './'}${to.replace(/^\//, '')}`
}
