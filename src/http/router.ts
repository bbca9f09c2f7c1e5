import { configError } from '../base/errors.ts'
import { matchPath, overlap, type PathParameters } from './path-pattern.ts'
import { pathOf } from './query.ts'

export interface Match<Route> {
  readonly route: Route
  readonly parameters: PathParameters
}

export interface Router<Route> {
  find(url: string): Match<Route> | undefined
  /** Without the last slash; a parameter stands as `:name`. */
  readonly paths: readonly string[]
}

/**
 * Finds the route of a request target. The query is ignored, and a last slash may be there or not.
 *
 * A path is compared as the client sent it. Nothing is decoded or folded, so that an endpoint has one name only and a proxy
 * cannot read the path of a request differently (rule D9).
 *
 * @param routes by absolute path; `/users/:id/` has a parameter, which is one segment that is not empty. A path without
 *   parameters wins over one with some
 * @throws AuthError `invalid_config` if two paths with parameters have a request target in common
 */
export function createRouter<Route>(
  routes: Iterable<readonly [path: string, route: Route]>,
): Router<Route> {
  const plain = new Map<string, Match<Route>>()
  const patterns = new Map<string, Route>()
  for (const [path, route] of routes) {
    const bare = withoutLastSlash(path)
    if (bare.includes('/:')) {
      refuseOverlap(bare, patterns.keys())
      patterns.set(bare, route)
    } else {
      // Both spellings are keys: every request of an application is looked up, and most of them are not for us.
      const match = { route, parameters: {} }
      plain.set(bare, match).set(`${bare}/`, match)
    }
  }
  const mayMatch = prefixFilter([...plain.keys(), ...patterns.keys()])
  return {
    paths: [...new Set([...plain.keys(), ...patterns.keys()].map(withoutLastSlash))],
    find(url) {
      if (!mayMatch(url)) return undefined
      const path = pathOf(url)
      const match = plain.get(path)
      if (match !== undefined || patterns.size === 0) return match
      return findPattern(patterns, withoutLastSlash(path))
    },
  }
}

/** Positions that one number has bits for. */
const LONGEST_PREFIX = 31

/**
 * A test that costs less than a hash: every request of an application is looked up, and most of them are not for us.
 *
 * @returns `false` if no path has the character of a request target at one of the first positions
 */
function prefixFilter(paths: readonly string[]): (url: string) => boolean {
  const fixed = paths.map((path) => path.split(':', 1)[0] as string)
  const length = Math.min(LONGEST_PREFIX, ...fixed.map((path) => path.length))
  /** For the last seven bits of each character, the positions at which a path has it: one bit each. */
  const positions = new Int32Array(0x80)
  for (const path of fixed)
    for (let i = 0; i < length; i++) positions[path.charCodeAt(i) & 0x7f]! |= 1 << i
  return (url) => {
    if (url.length < length) return false
    for (let i = 0; i < length; i++)
      if ((positions[url.charCodeAt(i) & 0x7f]! & (1 << i)) === 0) return false
    return true
  }
}

export const withoutLastSlash = (path: string): string =>
  path.endsWith('/') ? path.slice(0, -1) : path

function refuseOverlap(path: string, others: Iterable<string>): void {
  for (const other of others) {
    if (!overlap(path, other)) continue
    throw configError(
      `The paths "${other}" and "${path}" match the same requests: change one of them.`,
    )
  }
}

function findPattern<Route>(
  patterns: ReadonlyMap<string, Route>,
  path: string,
): Match<Route> | undefined {
  for (const [pattern, route] of patterns) {
    const parameters = matchPath(pattern, path)
    if (parameters !== undefined) return { route, parameters }
  }
  return undefined
}
