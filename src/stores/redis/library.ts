import { optionalPeer } from '../../base/optional-peer.ts'
import type { RedisAddress } from './address.ts'
import { type Client, type ClientEvents, createClient } from './client.ts'
import type { Ioredis } from './client-options.ts'
import { Subscriber, type SubscriberEvents } from './subscriber.ts'

/** The connections that the optional package `ioredis` makes. */
export interface Library {
  client(address: RedisAddress, events: ClientEvents): Client
  subscriber(
    address: RedisAddress,
    channel: string,
    events: SubscriberEvents,
  ): { close(): void }
}

/** @throws AuthError `invalid_config` if `ioredis` is not installed */
export async function openLibrary(): Promise<Library> {
  const ioredis = await optionalPeer<Ioredis>('ioredis', 'Redis')
  return {
    client: (address, events) => createClient(ioredis, address, events),
    subscriber: (address, channel, events) =>
      new Subscriber(ioredis, address, channel, events),
  }
}
