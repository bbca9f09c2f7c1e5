import { hash } from 'node:crypto'
import type { UnixSeconds } from '../base/clock.ts'
import { hexId, type Random, systemRandom } from '../base/random.ts'
import { FLUSH_BATCH, type Hits, noHitsAllowed } from './hits.ts'
import type { Limit } from './rate.ts'
import { Ring } from './ring.ts'

export interface MemoryHitsOptions {
  /** How many keys get a ring of their own, and how many are marked: some 400 bytes each, and eight for every hit. Default 100,000. */
  readonly bound?: number
  readonly random?: Random
}

/**
 * Counts in this process, synchronously.
 *
 * Memory is bounded although clients can invent keys. Dropping keys to make room would let a client have its own key
 * dropped and start again; so no key is dropped before its hits have expired. Once `bound` keys are being counted, further
 * keys share rings, chosen by their digest: a shared ring counts too much, never too little. The digest is salted, so that
 * a client cannot choose which keys to share a ring with.
 *
 * Marks have a bound of their own, since they last for weeks. Above it the oldest is dropped.
 */
export function memoryHits({
  bound = 100_000,
  random = systemRandom,
}: MemoryHitsOptions = {}): Hits {
  const own = new RingMap()
  const marks = new RingMap()
  const shared = new RingMap()
  const sharedKeyOf = sharedKeys(Math.ceil(bound / 4), random)

  const find = (key: string, limit: Limit, now: UnixSeconds): Ring | undefined => {
    const ring = own.get(key)
    if (ring !== undefined || shared.size === 0) return ring
    const sharedRing = shared.get(sharedKeyOf(key, limit))
    // An expired one is not reused: by now there may be room for a ring of the key's own.
    if (sharedRing?.hasExpired(now)) return undefined
    return sharedRing
  }

  const create = (key: string, limit: Limit, now: UnixSeconds): Ring => {
    own.sweep(now)
    shared.sweep(now)
    if (own.size < bound) return own.add(key, limit)
    return shared.add(sharedKeyOf(key, limit), limit)
  }

  return {
    hit(key, limit, now) {
      if (limit.limit === 0) return noHitsAllowed(limit)
      const ring = find(key, limit, now) ?? create(key, limit, now)
      return ring.hit(limit, now)
    },
    isMarked: (key, _per, now) => marks.get(key)?.hasExpired(now) === false,

    mark(key, per, now) {
      const limit: Limit = { limit: 1, per }
      marks.delete(key)
      marks.sweep(now)
      marks.add(key, limit).hit(limit, now)
      marks.keepNewest(bound)
    },

    takeBack(key, limit, moment) {
      const ring = find(key, limit, moment)
      ring?.takeBack(moment)
      // Attempts that another limit refuses are taken back: their keys must not fill the memory.
      if (ring?.isEmpty && own.get(key) === ring) own.delete(key)
    },

    async flush(before, most = FLUSH_BATCH) {
      let deleted = 0
      for (const rings of [own, shared, marks])
        deleted += rings.deleteExpired(before, most - deleted)
      return deleted
    },
  }
}

/** Keys of one limit share rings with each other alone. */
function sharedKeys(rings: number, random: Random) {
  const salt = hexId(random)
  return (key: string, { limit, per }: Limit): string => {
    const digest = Number.parseInt(hash('sha256', salt + key).slice(0, 8), 16)
    return `${limit}/${per}/${digest % rings}`
  }
}

/** Rings looked at for each new one: more than one, so that expired rings are deleted faster than new ones are added. */
const SWEEP_SIZE = 4

/** Rings by key, from which expired ones are deleted a few at a time. */
class RingMap {
  readonly #rings = new Map<string, Ring>()
  #sweepPosition = this.#rings.entries()

  get size(): number {
    return this.#rings.size
  }

  get(key: string): Ring | undefined {
    return this.#rings.get(key)
  }

  delete(key: string): void {
    this.#rings.delete(key)
  }

  add(key: string, limit: Limit): Ring {
    const ring = new Ring(limit)
    this.#rings.set(key, ring)
    return ring
  }

  /** Deletes the rings that were added first. */
  keepNewest(count: number): void {
    for (const oldest of this.#rings.keys()) {
      if (this.#rings.size <= count) return
      this.#rings.delete(oldest)
    }
  }

  /** Looks at the next few rings; after the last it starts again. */
  sweep(now: UnixSeconds): void {
    for (let looked = 0; looked < SWEEP_SIZE; looked++) {
      const { done, value } = this.#sweepPosition.next()
      if (done === true) {
        this.#sweepPosition = this.#rings.entries()
        return
      }
      const [key, ring] = value
      if (ring.hasExpired(now)) this.#rings.delete(key)
    }
  }

  /** @returns how many rings it deleted, `most` at most */
  deleteExpired(moment: UnixSeconds, most: number): number {
    let deleted = 0
    for (const [key, ring] of this.#rings) {
      if (deleted >= most) break
      if (ring.hasExpired(moment) && this.#rings.delete(key)) deleted += 1
    }
    return deleted
  }
}
