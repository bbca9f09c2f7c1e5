import { MAX_WAITING } from '../passwords/queue.ts'

interface InFlight {
  count: number
  readonly waiting: (() => void)[]
}

/**
 * Attempts of this process whose password is still being checked, by counter key. If one succeeds, its hit is taken back and an
 * attempt that waits can be counted.
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
   * @returns `undefined` if there is nothing to wait for, or `MAX_WAITING` already wait: no more passwords could be hashed
   */
  whenTakenBack(key: string): Promise<void> | undefined {
    const waiting = this.#byKey.get(key)?.waiting
    if (waiting === undefined || waiting.length >= MAX_WAITING) return undefined
    return new Promise((wake) => waiting.push(wake))
  }
}
