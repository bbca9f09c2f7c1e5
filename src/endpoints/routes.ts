/**
 * Finds what is mounted at a request target, the query aside and the last slash of its path there or not.
 *
 * The path is compared as it was sent: nothing is decoded or folded, so that one endpoint has one name, and two readers of
 * a path cannot disagree about whose it is (rule D9).
 *
 * @param mounted by absolute path
 */
export function routesOf<Route>(mounted: Iterable<readonly [path: string, route: Route]>) {
  const routes = new Map<string, Route>()
  for (const [path, route] of mounted) routes.set(withoutSlash(path), route)
  const find = (url: string): Route | undefined => {
    const query = url.indexOf('?')
    return routes.get(withoutSlash(query === -1 ? url : url.slice(0, query)))
  }
  /** What is mounted, by its path without the last slash. */
  return Object.assign(find, { paths: [...routes.keys()] as readonly string[] })
}

const withoutSlash = (path: string): string => (path.endsWith('/') ? path.slice(0, -1) : path)
