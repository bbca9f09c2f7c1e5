import type { Redis } from 'ioredis'
import { milliseconds } from '../../base/clock.ts'
import type { RedisAddress } from './address.ts'
import { type Ioredis, nodeOptions, retryAfter } from './client-options.ts'

export interface SubscriberEvents {
  message(text: string): void
  /** Called when subscribed: every later message is received; earlier ones may have been missed. */
  subscribed(): void
}

/** A ping finds a connection that broke without being closed. */
const PING_INTERVAL = milliseconds(1000)

/** A connection that receives the messages of one channel, from any node, and reconnects until it is closed. */
export class Subscriber {
  readonly #ioredis: Ioredis
  readonly #address: RedisAddress
  readonly #channel: string
  readonly #events: SubscriberEvents
  readonly #pings: NodeJS.Timeout
  #redis: Redis
  #connects = 0
  #reconnect: NodeJS.Timeout | undefined
  #isClosed = false

  constructor(
    ioredis: Ioredis,
    address: RedisAddress,
    channel: string,
    events: SubscriberEvents,
  ) {
    this.#ioredis = ioredis
    this.#address = address
    this.#channel = channel
    this.#events = events
    this.#redis = this.#connect()
    this.#pings = setInterval(() => this.#ping(), PING_INTERVAL).unref()
  }

  close(): void {
    this.#isClosed = true
    clearInterval(this.#pings)
    clearTimeout(this.#reconnect)
    this.#redis.disconnect()
  }

  #connect(): Redis {
    const redis = new this.#ioredis.Redis({
      ...nodeOptions(this.#address),
      ...this.#nextNode(),
      enableOfflineQueue: true,
      retryStrategy: null,
    })
    redis.on('error', () => {})
    redis.on('message', (_, text: string) => this.#events.message(text))
    redis.once('ready', () => void this.#subscribe(redis))
    redis.once('end', () => this.#connectLater())
    return redis
  }

  /** Each attempt takes another node. */
  #nextNode(): RedisAddress['nodes'][number] | undefined {
    const { nodes } = this.#address
    return nodes[this.#connects++ % nodes.length]
  }

  async #subscribe(redis: Redis): Promise<void> {
    try {
      await redis.subscribe(this.#channel)
    } catch {
      redis.disconnect()
      return
    }
    this.#events.subscribed()
  }

  #connectLater(): void {
    if (this.#isClosed) return
    this.#reconnect = setTimeout(() => {
      this.#redis = this.#connect()
    }, retryAfter(this.#connects)).unref()
  }

  #ping(): void {
    if (this.#redis.status === 'ready') this.#redis.ping().catch(() => {})
  }
}
