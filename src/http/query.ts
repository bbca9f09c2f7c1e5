/** The values of one parameter of a request target's query, in their order. */
export function queryValues(url: string, name: string): readonly string[] {
  if (!url.includes('?')) return []
  return queryOf(url).getAll(name)
}

/** A request target without its query. */
export function pathOf(url: string): string {
  const query = url.indexOf('?')
  if (query === -1) return url
  return url.slice(0, query)
}

/** The query of a request target. */
export function queryOf(url: string): URLSearchParams {
  const query = url.indexOf('?')
  if (query === -1) return new URLSearchParams()
  return new URLSearchParams(url.slice(query))
}
