/**
 * Finds what is mounted at a request target, the query aside and the last slash of its path there or not.
 *
 * The path is compared as it was sent: nothing is decoded or folded, so that one endpoint has one name, and two readers of
 * a path cannot disagree about whose it is (rule D9).
 *
 * @param mounted by absolute path
 */
export function createRouter<Route>(
  mounted: Iterable<readonly [path: string, route: Route]>,
) {
  const routes = new Map<string, Route>()
  const paths: string[] = []
  for (const [path, route] of mounted) {
    const bare = path.endsWith('/') ? path.slice(0, -1) : path
    if (!routes.has(bare)) paths.push(bare)
    // Both spellings stand in the table: every request of an application is looked up, and most of them are not ours.
    routes.set(bare, route).set(`${bare}/`, route)
  }
  const find = (url: string): Route | undefined => {
    const query = url.indexOf('?')
    return routes.get(query === -1 ? url : url.slice(0, query))
  }
  /** What is mounted, by its path without the last slash. */
  return Object.assign(find, { paths: paths as readonly string[] })
}
