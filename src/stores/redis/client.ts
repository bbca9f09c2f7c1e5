import type { Cluster, Redis } from 'ioredis'
import type { RedisAddress } from './address.ts'
import { clusterOptions, type Ioredis, nodeOptions } from './client-options.ts'
import type { Commands } from './scripts.ts'

/** A connection for commands, which reconnects by itself. While it is disconnected, a command fails at once. */
export interface Client {
  readonly commands: Commands
  /** Rejects if a node of a cluster does not serve its keys. */
  complete(): Promise<unknown>
  close(): void
}

export interface ClientEvents {
  ready(): void
  /** @param reason without any secret */
  lost(reason: string): void
}

export function createClient(
  ioredis: Ioredis,
  address: RedisAddress,
  { ready, lost }: ClientEvents,
): Client {
  const redis = connect(ioredis, address)
  redis.on('ready', ready)
  redis.on('error', (error: Error) => lost(reasonOf(error)))
  redis.on('close', () => lost('the connection was closed'))
  return {
    commands: redis as Redis & Cluster & Commands,
    complete: () => Promise.all(mastersOf(ioredis, redis).map(requireReady)),
    close: () => redis.disconnect(),
  }
}

function connect({ Redis, Cluster }: Ioredis, address: RedisAddress): Redis | Cluster {
  if (!address.cluster) return new Redis(nodeOptions(address))
  return new Cluster([...address.nodes], clusterOptions(address))
}

/** A cluster's own error says only that no node could be used. */
const reasonOf = (error: Error & { readonly lastNodeError?: Error }): string =>
  error.lastNodeError?.message ?? error.message

function mastersOf({ Cluster }: Ioredis, redis: Redis | Cluster): readonly Redis[] {
  if (!(redis instanceof Cluster)) return []
  return redis.nodes('master')
}

/** A node that comes back answers before it takes part in its cluster. */
async function requireReady(node: Redis): Promise<void> {
  const state = await node.cluster('INFO')
  if (!state.includes('cluster_state:ok'))
    throw new Error('a node of the cluster is not ready')
}
