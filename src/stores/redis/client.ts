import type { Cluster, Redis } from 'ioredis'
import { optionalPeer } from '../../base/optional-peer.ts'
import type { RedisAddress } from './address.ts'
import { type Commands, SCRIPTS } from './scripts.ts'

/** A connection for commands, which reconnects by itself. While it is disconnected, a command fails at once. */
export interface Client {
  readonly commands: Commands
  /** Rejects where a node of a cluster does not answer for its keys. */
  complete(): Promise<unknown>
  close(): void
}

/** Events of a connection. */
export interface Connected {
  ready(): void
  /** @param reason in words, without any secret */
  lost(reason: string): void
}

/** The library, which only those install who use Redis. */
export interface Library {
  client(address: RedisAddress, told: Connected): Client
  /** Hears what is published, on whichever node. */
  subscriber(address: RedisAddress, channel: string, told: Hearing): { close(): void }
}

export interface Hearing {
  message(text: string): void
  /** From now on nothing is missed; what was published before may have been. */
  hearing(): void
}

/** Milliseconds. */
const CONNECT = 2000
/** A connection on which something was asked and nothing came for so long is dead. */
const SILENCE = 5000
const retryAfter = (times: number): number => Math.min(50 * 2 ** times, 1000)

/** @throws AuthError `invalid_config` if it is not installed */
export async function openLibrary(): Promise<Library> {
  const { Redis, Cluster } = await optionalPeer<typeof import('ioredis')>(
    'ioredis',
    'Redis',
  )
  return {
    client(address, { ready, lost }) {
      const redis = address.cluster
        ? new Cluster([...address.nodes], clusterOptions(address))
        : new Redis(options(address))
      redis.on('ready', ready)
      redis.on('error', ({ message, lastNodeError }: Error & { lastNodeError?: Error }) =>
        lost(lastNodeError?.message ?? message),
      )
      redis.on('close', () => lost('the connection was closed'))
      const nodes = (): readonly Redis[] =>
        redis instanceof Cluster ? redis.nodes('master') : []
      return {
        commands: redis as Redis & Cluster & Commands,
        complete: () => Promise.all(nodes().map(refuseUnready)),
        close: () => redis.disconnect(),
      }
    },
    subscriber(address, channel, { message, hearing }) {
      let redis: Redis
      let closed = false
      let next = 0
      let again: NodeJS.Timeout | undefined
      const connect = (): void => {
        const node = address.nodes[next++ % address.nodes.length]!
        redis = new Redis({
          ...options(address),
          ...node,
          enableOfflineQueue: true,
          retryStrategy: null,
        })
        redis.on('error', () => {})
        redis.on('message', (_, text: string) => message(text))
        redis.once('ready', () =>
          redis.subscribe(channel).then(hearing, () => redis.disconnect()),
        )
        redis.once('end', () => {
          if (!closed) again = setTimeout(connect, retryAfter(next)).unref()
        })
      }
      // A connection that died without a word is found out by asking.
      const asking = setInterval(
        () => redis.status === 'ready' && void redis.ping().catch(() => {}),
        1000,
      ).unref()
      connect()
      return {
        close() {
          closed = true
          clearInterval(asking)
          clearTimeout(again)
          redis.disconnect()
        },
      }
    },
  }
}

/** A node that comes back takes part in its cluster some time after it answers. */
async function refuseUnready(node: Redis): Promise<void> {
  const state = await node.cluster('INFO')
  if (!state.includes('cluster_state:ok'))
    throw new Error('a node of the cluster is not ready')
}

/** The first word of an error that Redis replies is its code (https://redis.io/docs/latest/develop/reference/protocol-spec). */
const codeOf = ({ message }: Error): string | undefined => message.split(' ')[0]

const options = ({ nodes: [node], tls, username, password, database }: RedisAddress) => ({
  ...node!,
  ...credentials({ username, password }),
  ...(tls ? { tls: {} } : {}),
  db: database,
  connectionName: 'watchword',
  connectTimeout: CONNECT,
  socketTimeout: SILENCE,
  keepAlive: SILENCE,
  retryStrategy: retryAfter,
  // A replica that was promoted, and then was not: the address leads to another now.
  reconnectOnError: (error: Error) => codeOf(error) === 'READONLY',
  enableOfflineQueue: false,
  maxRetriesPerRequest: 0,
  autoResubscribe: false,
  scripts: SCRIPTS,
})

const clusterOptions = ({ tls, username, password }: RedisAddress) => ({
  enableOfflineQueue: false,
  clusterRetryStrategy: retryAfter,
  slotsRefreshInterval: SILENCE,
  scripts: SCRIPTS,
  redisOptions: {
    ...credentials({ username, password }),
    ...(tls ? { tls: {} } : {}),
    connectionName: 'watchword',
    connectTimeout: CONNECT,
    socketTimeout: SILENCE,
    keepAlive: SILENCE,
    maxRetriesPerRequest: 0,
  },
})

const credentials = ({
  username,
  password,
}: Pick<RedisAddress, 'username' | 'password'>) => ({
  ...(username === undefined ? {} : { username }),
  ...(password === undefined ? {} : { password: password.reveal() }),
})
