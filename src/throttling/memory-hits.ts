import { hash } from 'node:crypto'
import type { UnixSeconds } from '../base/clock.ts'
import { hexId, type Random, systemRandom } from '../base/random.ts'
import { BATCH, type Hits, slotExpired } from './hits.ts'
import type { Limit } from './rate.ts'
import { Ring } from './ring.ts'

export interface MemoryHitsOptions {
  /** How many keys have a log of their own: some 400 octets each, and eight for every hit. Default 100,000. */
  readonly bound?: number
  readonly random?: Random
}

/** Logs looked at for each new one: more than one, so that those that are over are fewer than those that are not. */
const SWEPT = 4

/**
 * Counts in this process, and waits for nothing.
 *
 * Whoever can invent keys could fill the memory; and if keys were dropped to make room, he could have his own dropped and
 * begin anew. So none is dropped before it is over. When `bound` keys are being counted, those that come after share logs, by
 * their digest: what is counted is then more than what was done, never less. They have logs of their own again when there is
 * room and the shared one is over. The digest takes a secret, so that nobody can choose whom to share with.
 */
export function memoryHits({
  bound = 100_000,
  random = systemRandom,
}: MemoryHitsOptions = {}): Hits {
  const own = new Map<string, Ring>()
  const shared = new Map<string, Ring>()
  const sweepers = [own, shared].map(sweeperOf)
  const secret = hexId(random)
  const shares = Math.ceil(bound / 4)
  /** Keys of one limit share with each other. */
  const shareOf = (key: string, { limit, per }: Limit): string =>
    `${limit}/${per}/${Number.parseInt(hash('sha256', secret + key).slice(0, 8), 16) % shares}`

  const find = (key: string, limit: Limit, now: UnixSeconds): Ring | undefined => {
    const ring = own.get(key)
    if (ring !== undefined || shared.size === 0) return ring
    const common = shared.get(shareOf(key, limit))
    return common?.isOver(now) ? undefined : common
  }

  const make = (key: string, limit: Limit, now: UnixSeconds): Ring => {
    for (const sweep of sweepers) sweep(now)
    const ring = new Ring(limit)
    if (own.size < bound) own.set(key, ring)
    else shared.set(shareOf(key, limit), ring)
    return ring
  }

  return {
    hit(key, limit, now) {
      if (limit.limit === 0) return slotExpired(limit)
      return (find(key, limit, now) ?? make(key, limit, now)).hit(limit, now)
    },

    takeBack(key, limit, moment) {
      find(key, limit, moment)?.takeBack(moment)
    },

    async flush(before, limit = BATCH) {
      let forgotten = 0
      for (const rings of [own, shared]) {
        for (const [key, ring] of rings) {
          if (forgotten === limit) return forgotten
          if (ring.isOver(before) && rings.delete(key)) forgotten += 1
        }
      }
      return forgotten
    },
  }
}

/** Forgets what is over, a few logs at a time, and begins again at the end. */
function sweeperOf(rings: Map<string, Ring>): (now: UnixSeconds) => void {
  let rest = rings.entries()
  return (now) => {
    for (let looked = 0; looked < SWEPT; looked++) {
      const { done, value } = rest.next()
      if (done === true) {
        rest = rings.entries()
        return
      }
      if (value[1].isOver(now)) rings.delete(value[0])
    }
  }
}
