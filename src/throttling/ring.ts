import type { UnixSeconds } from '../base/clock.ts'
import type { HitResult } from './hits.ts'
import type { Limit } from './rate.ts'

const NEVER = Number.NEGATIVE_INFINITY
const FIRST_SIZE = 4
const COUNTED: HitResult = { kind: 'counted' }

/** The times of the newest hits on a key, in a ring buffer: the next hit replaces the oldest. */
export class Ring {
  #times: number[]
  #next = 0
  #expiresAt = NEVER

  constructor({ limit }: Limit) {
    this.#times = new Array<number>(Math.min(limit, FIRST_SIZE)).fill(NEVER)
  }

  /** Whether all of its hits have expired. */
  hasExpired(now: UnixSeconds): boolean {
    return this.#expiresAt <= now
  }

  /** Whether every hit was taken back. */
  get isEmpty(): boolean {
    return this.#times[this.#before(this.#next)] === NEVER
  }

  hit({ limit, per }: Limit, now: UnixSeconds): HitResult {
    const oldest = this.#times[this.#next] ?? NEVER
    if (oldest > now - per) {
      if (this.#times.length >= limit) return { kind: 'full', wait: per - (now - oldest) }
      this.#grow(limit)
    }
    this.#times[this.#next] = now
    this.#next = this.#after(this.#next)
    this.#expiresAt = Math.max(this.#expiresAt, now + per)
    return COUNTED
  }

  /** Removes the newest hit of that moment: later ones move back by one, and the freed place is the next to be used. */
  takeBack(moment: UnixSeconds): void {
    const newest = this.#before(this.#next)
    let place = newest
    while (this.#times[place] !== moment) {
      place = this.#before(place)
      if (place === newest) return
    }
    for (; place !== newest; place = this.#after(place))
      this.#times[place] = this.#times[this.#after(place)] ?? NEVER
    this.#times[newest] = NEVER
    this.#next = newest
  }

  /** Doubles the size, up to the limit: the cost of a hit does not depend on how many there are. */
  #grow(limit: number): void {
    const times = [...this.#times.slice(this.#next), ...this.#times.slice(0, this.#next)]
    this.#next = times.length
    const size = Math.min(limit, 2 * times.length)
    while (times.length < size) times.push(NEVER)
    this.#times = times
  }

  #after(place: number): number {
    return (place + 1) % this.#times.length
  }

  #before(place: number): number {
    const { length } = this.#times
    return (place + length - 1) % length
  }
}
