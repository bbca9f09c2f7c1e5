import { type Milliseconds, milliseconds } from '../../base/clock.ts'
import type { RedisAddress } from './address.ts'
import { SCRIPTS } from './scripts.ts'

/** The optional package, loaded when Redis is used. */
export type Ioredis = typeof import('ioredis')

const CONNECT_TIMEOUT = milliseconds(2000)
/** A connection on which a command gets no answer for this long is closed. */
const ANSWER_TIMEOUT = milliseconds(5000)

export const retryAfter = (times: number): Milliseconds =>
  milliseconds(Math.min(50 * 2 ** times, 1000))

/** Options of a connection to the first node. */
export const nodeOptions = (address: RedisAddress) => ({
  ...address.nodes[0]!,
  ...connectionOptions(address),
  db: address.database,
  retryStrategy: retryAfter,
  // A replica that was promoted and demoted again: the address leads to another server now.
  reconnectOnError: (error: Error) => codeOf(error) === 'READONLY',
  enableOfflineQueue: false,
  autoResubscribe: false,
  scripts: SCRIPTS,
})

export const clusterOptions = (address: RedisAddress) => ({
  enableOfflineQueue: false,
  clusterRetryStrategy: retryAfter,
  slotsRefreshInterval: ANSWER_TIMEOUT,
  scripts: SCRIPTS,
  redisOptions: connectionOptions(address),
})

const connectionOptions = ({ tls, username, password }: RedisAddress) => ({
  ...(username !== undefined && { username }),
  ...(password !== undefined && { password: password.reveal() }),
  ...(tls && { tls: {} }),
  connectionName: 'watchword',
  connectTimeout: CONNECT_TIMEOUT,
  socketTimeout: ANSWER_TIMEOUT,
  keepAlive: ANSWER_TIMEOUT,
  maxRetriesPerRequest: 0,
})

/** The first word of an error that Redis replies is its code (https://redis.io/docs/latest/develop/reference/protocol-spec). */
const codeOf = ({ message }: Error): string | undefined => message.split(' ')[0]
