import { type Clock, minutes } from '../base/clock.ts'

const PERIOD = minutes(1)

/** Events of one kind in a minute, from one network (an address, or a /64 of IPv6) and from all. */
const PER_NETWORK = 20
const IN_TOTAL = 100

/** Limits events that clients cause at will, by network, since a client chooses everything else. Counts what it leaves out. */
export class EventLimit {
  readonly #clock: Clock
  readonly #byNetwork = new Map<string, number>()
  #began = Number.NEGATIVE_INFINITY
  #total = 0
  #leftOut = 0

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** @returns whether an event is to be recorded */
  allows(network: string): boolean {
    this.#beginPeriodIfDue()
    const count = this.#byNetwork.get(network) ?? 0
    if (this.#total >= IN_TOTAL || count >= PER_NETWORK) {
      this.#leftOut++
      return false
    }
    this.#byNetwork.set(network, count + 1)
    this.#total++
    return true
  }

  /** How many events were left out since the last call. */
  takeLeftOut(): number {
    const count = this.#leftOut
    this.#leftOut = 0
    return count
  }

  #beginPeriodIfDue(): void {
    const now = this.#clock()
    if (Math.abs(now - this.#began) < PERIOD) return
    this.#began = now
    this.#total = 0
    this.#byNetwork.clear()
  }
}
