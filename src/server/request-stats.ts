import { matchPath } from '../http/path-pattern.ts'

/** Upper bounds in seconds: a guarded request takes less than a millisecond, a sign-in some hundred. */
export const BUCKETS = [
  0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10,
] as const

/** How long the requests of one endpoint took. */
export interface Durations {
  /** One count per bucket, without those of smaller buckets, and a last one for everything above. */
  readonly counts: readonly number[]
  readonly sum: number
}

interface EndpointStats {
  readonly statuses: Map<number, number>
  readonly counts: number[]
  sum: number
}

/**
 * Counts requests by endpoint; a path with parameters by its pattern, such as `/tokens/:id`. All unknown paths count as one,
 * `other`, because clients can make up any number of them.
 */
export class RequestStats {
  readonly #paths: ReadonlySet<string>
  readonly #patterns: readonly string[]
  readonly #endpoints = new Map<string, EndpointStats>()

  /** @param endpoints paths without the last slash; a parameter stands as `:name` */
  constructor(endpoints: Iterable<string>) {
    const all = [...endpoints]
    this.#paths = new Set(all)
    this.#patterns = all.filter((path) => path.includes('/:'))
  }

  add(url: string, status: number, seconds: number): void {
    const path = url.replace(/[?#].*$/s, '').replace(/(?<=.)\/$/, '')
    const stats = this.#statsOf(this.#endpointOf(path))
    stats.statuses.set(status, (stats.statuses.get(status) ?? 0) + 1)
    const bucket = BUCKETS.findIndex((bound) => seconds <= bound)
    const index = bucket === -1 ? BUCKETS.length : bucket
    stats.counts[index] = (stats.counts[index] ?? 0) + 1
    stats.sum += seconds
  }

  #endpointOf(path: string): string {
    if (this.#paths.has(path)) return path
    const pattern = this.#patterns.find((each) => matchPath(each, path) !== undefined)
    return pattern ?? 'other'
  }

  #statsOf(endpoint: string): EndpointStats {
    const known = this.#endpoints.get(endpoint)
    if (known !== undefined) return known
    const counts = new Array<number>(BUCKETS.length + 1).fill(0)
    const fresh = { statuses: new Map<number, number>(), counts, sum: 0 }
    this.#endpoints.set(endpoint, fresh)
    return fresh
  }

  byStatus(): readonly (readonly [endpoint: string, status: number, count: number])[] {
    return [...this.#endpoints].flatMap(([endpoint, { statuses }]) =>
      [...statuses].map(([status, count]) => [endpoint, status, count] as const),
    )
  }

  durations(): ReadonlyMap<string, Durations> {
    return this.#endpoints
  }
}
