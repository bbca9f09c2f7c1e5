import type { UnixSeconds } from '../../src/base/clock.ts'
import { proofKey } from '../../src/proofs/proofs.ts'
import { parseRedis } from '../../src/stores/redis/address.ts'
import { openRedis } from '../../src/stores/redis/redis.ts'
import { storeAt } from '../reliability/store.ts'

/** One of several processes that present the same values. `proofs.ts` starts it. */
const [database = '', redisUrl] = process.argv.slice(2)
const stored = await storeAt(database)
const redis =
  redisUrl === undefined
    ? undefined
    : await openRedis(parseRedis(redisUrl), { lost() {}, back() {} })
const { ports } = redis?.publishing(stored) ?? stored
await ports.users.count()
process.send?.('ready')

process.on('message', async ({ now, each, at }: Presentation) => {
  while (Date.now() < at) {
    // Sleeping would scatter the processes over milliseconds.
  }
  const presented = Array.from({ length: each }, () =>
    ports.proofs.use(proofKey('dpop', 'k', 'v'), (now + 60) as UnixSeconds, now),
  )
  process.send?.((await Promise.all(presented)).filter(Boolean).length)
})
process.on('disconnect', () => process.exit())

export interface Presentation {
  readonly now: UnixSeconds
  readonly each: number
  /** In milliseconds, as `Date.now()` has them. */
  readonly at: number
}
