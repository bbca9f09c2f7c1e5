/** Upper bounds in seconds: a guarded request takes less than a millisecond, a sign-in some hundred. */
export const BUCKETS = [
  0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10,
] as const

/** How long the requests of one endpoint took. */
export interface Durations {
  /** How many took no longer than each of `BUCKETS` and longer than the one before; the last longer than all. */
  readonly counts: readonly number[]
  readonly sum: number
}

/** Counts requests by endpoint. Paths that are none of its endpoints' are one: anybody can ask for any path. */
export class RequestStats {
  readonly #endpoints: ReadonlySet<string>
  readonly #statuses = new Map<string, Map<number, number>>()
  readonly #durations = new Map<string, { counts: number[]; sum: number }>()

  /** @param endpoints paths without the last slash */
  constructor(endpoints: Iterable<string>) {
    this.#endpoints = new Set(endpoints)
  }

  add(url: string, status: number, seconds: number): void {
    const path = url.replace(/[?#].*$/s, '').replace(/(?<=.)\/$/, '')
    const endpoint = this.#endpoints.has(path) ? path : 'other'
    const statuses = this.#statuses.get(endpoint) ?? new Map<number, number>()
    statuses.set(status, (statuses.get(status) ?? 0) + 1)
    this.#statuses.set(endpoint, statuses)
    const durations = this.#durations.get(endpoint) ?? {
      counts: new Array(BUCKETS.length + 1).fill(0),
      sum: 0,
    }
    const place = BUCKETS.findIndex((bound) => seconds <= bound)
    durations.counts[place === -1 ? BUCKETS.length : place]!++
    durations.sum += seconds
    this.#durations.set(endpoint, durations)
  }

  byStatus(): readonly (readonly [endpoint: string, status: number, count: number])[] {
    return [...this.#statuses].flatMap(([endpoint, statuses]) =>
      [...statuses].map(([status, count]) => [endpoint, status, count] as const),
    )
  }

  durations(): ReadonlyMap<string, Durations> {
    return this.#durations
  }
}
