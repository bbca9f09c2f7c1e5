/** Counts outcomes since this process began. */
export class Counter<Outcome extends string = string> {
  readonly #counts: Map<Outcome, number>

  /** @param outcomes those that are reported even at 0 */
  constructor(outcomes: readonly Outcome[]) {
    this.#counts = new Map(outcomes.map((outcome) => [outcome, 0]))
  }

  add(outcome: Outcome, count = 1): void {
    this.#counts.set(outcome, (this.#counts.get(outcome) ?? 0) + count)
  }

  counts(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.#counts)
  }
}

export interface Counters {
  readonly signIns: Counter<'ok' | 'failed' | 'throttled' | 'busy'>
  readonly refreshes: Counter
  /** Sessions that this process revoked, by reason. */
  readonly revocations: Counter
}

export const createCounters = (): Counters => ({
  signIns: new Counter(['ok', 'failed', 'throttled', 'busy']),
  refreshes: new Counter([
    'rotated',
    'replayed',
    'lost_answer',
    'reused',
    'revoked',
    'expired',
    'user',
    'ahead',
    'unknown',
  ]),
  revocations: new Counter([]),
})
