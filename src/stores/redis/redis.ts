import { randomUUID } from 'node:crypto'
import type { Hits } from '../../throttling/hits.ts'
import type { CorePorts, Store } from '../store.ts'
import type { RedisAddress } from './address.ts'
import { openLibrary } from './client.ts'
import { type ConnectionEvents, RedisConnection } from './connection.ts'
import { openFeed } from './feed.ts'
import { redisHits } from './hits.ts'
import { publishingStore } from './publishing-store.ts'

/** What processes share besides their store: counts, and word of what has ended. Without it all goes on, alone. */
export interface Redis {
  readonly hits: Hits
  /** The store, of whose changes other processes hear at once. */
  announced<Ports extends CorePorts>(store: Store<Ports>): Store<Ports>
  state(): 'up' | 'down'
  close(): Promise<void>
}

/**
 * Waits a second at most: where Redis does not answer, it is used when it does.
 *
 * @throws AuthError `invalid_config` where its library is not installed
 */
export async function openRedis(
  address: RedisAddress,
  told: ConnectionEvents,
): Promise<Redis> {
  const library = await openLibrary()
  const id = randomUUID()
  const link = await RedisConnection.open(address, id, library, told)
  const feed = openFeed(address, id, library, link)
  return {
    hits: redisHits(link, address.prefix),
    announced: (store) => publishingStore(store, feed),
    state: () => link.state(),
    async close() {
      feed.close()
      await link.close()
    },
  }
}
