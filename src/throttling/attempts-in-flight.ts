/** How many attempts wait for one key at most: as many as password hashes wait in all. */
const MOST_WAITING = 32

interface InFlight {
  count: number
  readonly waiting: (() => void)[]
}

/**
 * The attempts of this process whose result is open, by the key of each counter that has counted them. If a counter is full, one of
 * them may give its place back.
 */
export class AttemptsInFlight {
  readonly #byKey = new Map<string, InFlight>()

  begin(key: string): void {
    const inFlight = this.#byKey.get(key)
    if (inFlight === undefined) this.#byKey.set(key, { count: 1, waiting: [] })
    else inFlight.count++
  }

  /** @param isTakenBack whether the attempt is not counted any more */
  end(key: string, isTakenBack: boolean): void {
    const inFlight = this.#byKey.get(key)
    if (inFlight === undefined) return
    inFlight.count--
    if (inFlight.count > 0) {
      if (isTakenBack) inFlight.waiting.shift()?.()
      return
    }
    this.#byKey.delete(key)
    for (const wake of inFlight.waiting) wake()
  }

  /**
   * Waits until an attempt was taken back, or none is left.
   *
   * @returns `undefined` if there is nothing to wait for, or too many wait
   */
  next(key: string): Promise<void> | undefined {
    const waiting = this.#byKey.get(key)?.waiting
    if (waiting === undefined || waiting.length >= MOST_WAITING) return undefined
    return new Promise((wake) => waiting.push(wake))
  }
}
