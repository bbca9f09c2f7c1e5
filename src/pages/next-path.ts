/** Longer than any page that a user comes from. */
const MAX_LENGTH = 2048

/**
 * Checks the parameter `next`. @returns a path of this origin, or `undefined` for anything else (CWE-601). Browsers read a backslash as a slash, and skip
 * tabs and line ends, so a path with one of them may be another host's.
 */
export function nextPath(text: string | null | undefined): string | undefined {
  if (typeof text !== 'string' || text.length > MAX_LENGTH) return undefined
  if (!/^\/(?![/\\])[^\\\0-\x20\x7f-\x9f\u2028\u2029\ufeff]*$/.test(text))
    return undefined
  const url = URL.parse(text, 'https://own.invalid')
  if (url?.origin !== 'https://own.invalid' || url.pathname.startsWith('//'))
    return undefined
  return `${url.pathname}${url.search}${url.hash}`
}

/** Adds `next` to the path of a page. */
export const withNext = (path: string, next: string | undefined): string =>
  withQuery(path, { next })

/** Adds a query to a path. Members that are `undefined` are left out. */
export function withQuery(
  path: string,
  members: Readonly<Record<string, string | undefined>>,
): string {
  const query = new URLSearchParams()
  for (const [name, value] of Object.entries(members))
    if (value !== undefined) query.set(name, value)
  if (query.size === 0) return path
  return `${path}?${query}`
}
