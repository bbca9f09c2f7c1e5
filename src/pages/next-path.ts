/** Longer than any page that a user comes from. */
const MAX_LENGTH = 2048

/**
 * Where a page goes on to: a path of this origin, or `undefined` for anything else (CWE-601). Browsers read a backslash as a slash, and skip
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
  next === undefined ? path : `${path}?${new URLSearchParams({ next })}`
