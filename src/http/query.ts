/** The values of one parameter of a request target's query, in their order. */
export function queryValues(url: string, name: string): readonly string[] {
  const query = url.indexOf('?')
  if (query === -1) return []
  return new URLSearchParams(url.slice(query)).getAll(name)
}

/** A request target without its query. */
export function pathOf(url: string): string {
  const query = url.indexOf('?')
  return query === -1 ? url : url.slice(0, query)
}

/** The query of a request target. */
export function queryOf(url: string): URLSearchParams {
  const query = url.indexOf('?')
  return new URLSearchParams(query === -1 ? '' : url.slice(query))
}
