import type { Route } from './program.ts'

/** For programs without a router: the route of a request, and its `:id`. */
export function find<R extends Pick<Route, 'method' | 'path'>>(
  routes: readonly R[],
  {
    method,
    url = '',
  }: { readonly method?: string | undefined; readonly url?: string | undefined },
): { readonly route: R; readonly id: string } | undefined {
  const path = url.replace(/\?.*$/, '')
  for (const route of routes) {
    const found = new RegExp(`^${route.path.replace(':id', '(?<id>[^/]+)')}$`).exec(path)
    if (
      found === null ||
      (route.method !== 'ALL' && route.method !== (method === 'HEAD' ? 'GET' : method))
    )
      continue
    return { route, id: decodeURIComponent(found.groups?.id ?? '') }
  }
  return undefined
}
