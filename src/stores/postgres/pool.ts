import type pg from 'pg'
import type { Address } from './address.ts'
import { driver } from './driver.ts'
import { isConnectionLost } from './errors.ts'
import { prepareSession } from './session.ts'

/** Connections to one server, made as they are needed, each used by one at a time. */
export class Pool {
  readonly #pool: pg.Pool
  readonly #clients = new Set<pg.PoolClient>()
  readonly #prepared = new WeakSet<pg.PoolClient>()
  #ended: Promise<void> | undefined

  constructor({ client, pool }: Address) {
    this.#pool = new driver.Pool({
      ...client,
      max: pool,
      allowExitOnIdle: true,
    })
    // A connection may die idle or in use: the next caller gets another.
    this.#pool.on('error', () => {})
    this.#pool.on('connect', (fresh) => {
      fresh.on('error', () => {})
      this.#clients.add(fresh)
    })
    this.#pool.on('remove', (gone) => this.#clients.delete(gone))
  }

  async take(): Promise<pg.PoolClient> {
    const client = await this.#pool.connect()
    if (!this.#prepared.has(client)) await this.#prepare(client)
    return client
  }

  /** Not the option `verify` of pg-pool: a caller that times out meanwhile would never give its connection back. */
  async #prepare(client: pg.PoolClient): Promise<void> {
    try {
      await prepareSession(client)
      this.#prepared.add(client)
    } catch (error) {
      client.release(true)
      throw error
    }
  }

  /** Gives a connection back; one that an error has shown to be of no more use is closed. */
  giveBack(client: pg.PoolClient, error?: unknown): void {
    client.release(error !== undefined && isConnectionLost(error))
  }

  /** Closes every connection, in use or not: their server has fallen silent. Waiting queries are rejected. */
  drop(): void {
    for (const client of this.#clients) socketOf(client).destroy()
  }

  end(): Promise<void> {
    for (const client of this.#clients) keepsAlive(client, true)
    this.#ended ??= this.#pool.end()
    return this.#ended
  }
}

/** Says whether a connection keeps the process alive. One that is being closed does: its end is awaited. */
export function keepsAlive(client: pg.ClientBase, yes: boolean): void {
  const { ref, unref } = client as unknown as { ref(): void; unref(): void }
  ;(yes ? ref : unref).call(client)
}

const socketOf = (client: pg.ClientBase): { destroy(): void } =>
  (client as unknown as { readonly connection: { readonly stream: { destroy(): void } } })
    .connection.stream
