import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import type pg from 'pg'
import { monotonicClock } from '../../base/clock.ts'
import type { Address } from './address.ts'
import { driver } from './driver.ts'
import { codeOf } from './errors.ts'
import { keepsAlive } from './pool.ts'
import { prepareSession } from './session.ts'
import { ASK_TIME, type ServerTime } from './time.ts'
import {
  CHANNEL,
  type Notification,
  parseNotification,
  TRIGGERS_QUERY,
} from './triggers.ts'

/** Milliseconds without an answer after which the server counts as silent. */
const SILENCE = 1_000

/** `pg` gives its timeout no code, and a timer may fire a little early. */
const ALMOST_SILENCE = 0.9 * SILENCE

/** The server took a question and does not answer. */
export class Silent extends Error {}

/** The connection that listens. Commits of others are notified before the next `beat` resolves. */
export class ListenConnection {
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
    heard: (word: Notification) => void,
  ): Promise<ListenConnection | undefined> {
    const client = new driver.Client({ ...address.client, query_timeout: SILENCE })
    client.on('error', () => {})
    try {
      await client.connect()
      keepsAlive(client, false)
      await prepareSession(client)
      const wire = new ListenConnection(client, time)
      if (!(await wire.#listen(heard))) {
        await wire.close()
        return undefined
      }
      return wire
    } catch (error) {
      void client.end().catch(() => {})
      throw error
    }
  }

  /** Asks for the time. @returns when it was asked, by `performance.now()` @throws what has broken it; `Silent` */
  async beat(): Promise<number> {
    const began = monotonicClock()
    try {
      if (!(await this.#hasTriggers()))
        throw new Error('the triggers are missing or disabled')
      return await this.#time.measure(
        async () => (await this.#client.query(ASK_TIME)).rows[0].now,
      )
    } catch (error) {
      const isSilent =
        codeOf(error) === undefined && monotonicClock() - began >= ALMOST_SILENCE
      throw isSilent ? new Silent('no answer', { cause: error }) : error
    }
  }

  async close(): Promise<void> {
    keepsAlive(this.#client, true)
    await this.#client.end().catch(() => {})
  }

  /** The triggers may have been dropped, or disabled during a bulk load. */
  async #hasTriggers(): Promise<boolean> {
    return (await this.#client.query(TRIGGERS_QUERY)).rows[0].enabled
  }

  /** A word of our own shows whether words arrive: it comes before the answer to the statement that says it. */
  async #listen(heard: (word: Notification) => void): Promise<boolean> {
    const own = randomUUID()
    let arrived = false
    this.#client.on('notification', ({ payload = '' }) => {
      if (payload === own) arrived = true
      const word = parseNotification(payload)
      if (word !== undefined) heard(word)
    })
    try {
      if (!(await this.#hasTriggers())) return false
      await this.#client.query(`listen ${CHANNEL}`)
      await this.#client.query('select pg_notify($1, $2)', [CHANNEL, own])
    } catch (error) {
      if (error instanceof driver.DatabaseError) return false
      throw error
    }
    if (!arrived)
      await once(this.#client, 'notification', {
        signal: AbortSignal.timeout(SILENCE),
      }).catch(() => {})
    return arrived
  }
}
