import type { UnixSeconds } from '../base/clock.ts'
import type { HitResult } from './hits.ts'
import type { Limit } from './rate.ts'

const NEVER = Number.NEGATIVE_INFINITY
const FIRST_PLACES = 4
const COUNTED: HitResult = { kind: 'counted' }

/** The times of the newest hits on a key. They stand in a ring, so that the place of the next hit is the oldest one's. */
export class Ring {
  #times: number[]
  #next = 0
  #over = NEVER

  constructor({ limit }: Limit) {
    this.#times = new Array<number>(Math.min(limit, FIRST_PLACES)).fill(NEVER)
  }

  /** Whether no hit on it counts any more. */
  isOver(now: UnixSeconds): boolean {
    return this.#over <= now
  }

  hit({ limit, per }: Limit, now: UnixSeconds): HitResult {
    const oldest = this.#times[this.#next]!
    if (oldest > now - per) {
      if (this.#times.length >= limit) return { kind: 'full', wait: per - (now - oldest) }
      this.#grow(limit)
    }
    this.#times[this.#next] = now
    this.#next = (this.#next + 1) % this.#times.length
    if (now + per > this.#over) this.#over = now + per
    return COUNTED
  }

  /** Takes back the newest hit of that moment: those after it move up, and its place is the next to be taken. */
  takeBack(moment: UnixSeconds): void {
    const times = this.#times
    const { length } = times
    const newest = (this.#next + length - 1) % length
    let place = newest
    for (let seen = 1; times[place] !== moment; seen++) {
      if (seen >= length) return
      place = (place + length - 1) % length
    }
    while (place !== newest) {
      const after = (place + 1) % length
      times[place] = times[after]!
      place = after
    }
    times[newest] = NEVER
    this.#next = newest
  }

  /** Twice the places, as far as the limit goes; by doubling, a hit costs the same however many there are. */
  #grow(limit: number): void {
    const inOrder = [
      ...this.#times.slice(this.#next),
      ...this.#times.slice(0, this.#next),
    ]
    const places = Math.min(limit, 2 * inOrder.length)
    this.#next = inOrder.length
    while (inOrder.length < places) inOrder.push(NEVER)
    this.#times = inOrder
  }
}
