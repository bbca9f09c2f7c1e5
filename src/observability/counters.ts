/** Counts what came of something since this process began. */
export class Tally<Outcome extends string = string> {
  readonly #counts: Map<Outcome, number>

  /** @param outcomes those that are told although there was none yet */
  constructor(outcomes: readonly Outcome[]) {
    this.#counts = new Map(outcomes.map((outcome) => [outcome, 0]))
  }

  add(outcome: Outcome): void {
    this.#counts.set(outcome, (this.#counts.get(outcome) ?? 0) + 1)
  }

  counts(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.#counts)
  }
}

/** What an instance counts. */
export interface Tallies {
  readonly signIns: Tally<'ok' | 'failed' | 'throttled' | 'busy'>
  readonly refreshes: Tally
}

export const tallies = (): Tallies => ({
  signIns: new Tally(['ok', 'failed', 'throttled', 'busy']),
  refreshes: new Tally(['rotated', 'replayed', 'reused', 'revoked', 'expired', 'user', 'ahead', 'unknown']),
})
