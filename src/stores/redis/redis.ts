import { randomUUID } from 'node:crypto'
import type { Hits } from '../../throttling/hits.ts'
import type { CorePorts, Store } from '../store.ts'
import type { RedisAddress } from './address.ts'
import { openChangeFeed } from './change-feed.ts'
import { redisHits } from './hits.ts'
import { openLibrary } from './library.ts'
import { redisProofs } from './proofs.ts'
import { publishingStore } from './publishing-store.ts'
import { type ConnectionEvents, RedisConnection } from './redis-connection.ts'

/**
 * What processes share besides their store: the counts of throttles, and changes. While Redis is down each works alone, and one-time values
 * are refused.
 */
export interface Redis {
  readonly hits: Hits
  /** A store that publishes its changes to the other processes, and that keeps one-time values in Redis. */
  publishing<Ports extends CorePorts>(store: Store<Ports>): Store<Ports>
  state(): 'up' | 'down'
  close(): Promise<void>
}

/**
 * Waits a second at most for Redis to answer; later answers are used as soon as they come.
 *
 * @throws AuthError `invalid_config` if `ioredis` is not installed
 */
export async function openRedis(
  address: RedisAddress,
  events: ConnectionEvents,
): Promise<Redis> {
  const library = await openLibrary()
  const id = randomUUID()
  const connection = await RedisConnection.open(address, id, library, events)
  const feed = openChangeFeed(address, id, library, connection)
  return {
    hits: redisHits(connection, address.prefix),
    publishing: (store) => {
      const proofs = redisProofs(connection, address.prefix, store.ports.proofs)
      const published = publishingStore(store, feed)
      return { ...published, ports: { ...published.ports, proofs } }
    },
    state: () => connection.state(),
    async close() {
      feed.close()
      await connection.close()
    },
  }
}
