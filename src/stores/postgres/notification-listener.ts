import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import type pg from 'pg'
import { type Milliseconds, milliseconds } from '../../base/clock.ts'
import { monotonicClock } from '../../base/monotonic.ts'
import type { Address } from './address.ts'
import { prepareConnection } from './connection-settings.ts'
import { driver } from './driver.ts'
import { codeOf } from './errors.ts'
import { setKeepsProcessAlive } from './pool.ts'
import { type ServerTime, TIME_QUERY } from './server-time.ts'
import {
  CHANNEL,
  type Notification,
  parseNotification,
  TRIGGERS_QUERY,
} from './triggers.ts'

/** A server that does not answer for this long hangs. */
const ANSWER_TIMEOUT = milliseconds(1_000)

/** `pg` gives its timeout no code, and a timer may fire a little early. */
const ALMOST_TIMEOUT = milliseconds(0.9 * ANSWER_TIMEOUT)

/** The server accepted a query and does not answer. */
export class NoAnswer extends Error {}

type NotificationHandler = (notification: Notification) => void

/** A connection that listens. Commits by others are notified before the next `beat` resolves. */
export class NotificationListener {
  readonly #client: pg.Client
  readonly #time: ServerTime

  private constructor(client: pg.Client, time: ServerTime) {
    this.#client = client
    this.#time = time
  }

  /** @returns `undefined` if notifications do not arrive: another database, a transaction pooler, no triggers */
  static async open(
    address: Address,
    time: ServerTime,
    notified: NotificationHandler,
  ): Promise<NotificationListener | undefined> {
    const client = new driver.Client({ ...address.client, query_timeout: ANSWER_TIMEOUT })
    client.on('error', () => {})
    try {
      await client.connect()
      setKeepsProcessAlive(client, false)
      await prepareConnection(client)
      const listener = new NotificationListener(client, time)
      if (await listener.#listen(notified)) return listener
      await listener.close()
      return undefined
    } catch (error) {
      void client.end().catch(() => {})
      throw error
    }
  }

  /** Measures the server's time. @returns when it was asked @throws `NoAnswer`, or what has broken the connection */
  async beat(): Promise<Milliseconds> {
    const began = monotonicClock()
    try {
      if (!(await this.#hasTriggers()))
        throw new Error('the triggers are missing or disabled')
      return await this.#time.measure(
        async () => (await this.#client.query(TIME_QUERY)).rows[0].now,
      )
    } catch (error) {
      const isTimeout = monotonicClock() - began >= ALMOST_TIMEOUT
      if (isTimeout && codeOf(error) === undefined)
        throw new NoAnswer('no answer', { cause: error })
      throw error
    }
  }

  async close(): Promise<void> {
    setKeepsProcessAlive(this.#client, true)
    await this.#client.end().catch(() => {})
  }

  /** The triggers may have been dropped, or disabled during a bulk load. */
  async #hasTriggers(): Promise<boolean> {
    return (await this.#client.query(TRIGGERS_QUERY)).rows[0].enabled
  }

  /** Notifies itself to see whether notifications arrive. */
  async #listen(notified: NotificationHandler): Promise<boolean> {
    const own = randomUUID()
    let hasArrived = false
    this.#client.on('notification', ({ payload = '' }) => {
      if (payload === own) hasArrived = true
      const notification = parseNotification(payload)
      if (notification !== undefined) notified(notification)
    })
    if (!(await this.#subscribe(own))) return false
    // Mostly it has: PostgreSQL sends it before the answer to the statement.
    if (!hasArrived) await this.#nextNotification()
    return hasArrived
  }

  /** @returns `false` if the server rejects a statement, as a pooler does */
  async #subscribe(own: string): Promise<boolean> {
    try {
      if (!(await this.#hasTriggers())) return false
      await this.#client.query(`listen ${CHANNEL}`)
      await this.#client.query('select pg_notify($1, $2)', [CHANNEL, own])
      return true
    } catch (error) {
      if (error instanceof driver.DatabaseError) return false
      throw error
    }
  }

  async #nextNotification(): Promise<void> {
    const signal = AbortSignal.timeout(ANSWER_TIMEOUT)
    await once(this.#client, 'notification', { signal }).catch(() => {})
  }
}
