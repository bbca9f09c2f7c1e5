import type pg from 'pg'
import type { Address } from './address.ts'
import { prepareConnection } from './connection-settings.ts'
import { driver } from './driver.ts'
import { isConnectionLost } from './errors.ts'

/** Connections to one server, opened when they are needed, each used by one caller at a time. */
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
    // A connection may break idle or in use: the next caller gets another.
    this.#pool.on('error', () => {})
    this.#pool.on('connect', (fresh) => {
      fresh.on('error', () => {})
      this.#clients.add(fresh)
    })
    this.#pool.on('remove', (gone) => this.#clients.delete(gone))
  }

  async acquire(): Promise<pg.PoolClient> {
    const client = await this.#pool.connect()
    if (!this.#prepared.has(client)) await this.#prepare(client)
    return client
  }

  /** Prepares a new connection. The option `verify` of pg-pool would leak the connection of a caller that times out meanwhile. */
  async #prepare(client: pg.PoolClient): Promise<void> {
    try {
      await prepareConnection(client)
      this.#prepared.add(client)
    } catch (error) {
      client.release(true)
      throw error
    }
  }

  /** @param error of the last statement; if it broke the connection, the connection is closed */
  release(client: pg.PoolClient, error?: unknown): void {
    client.release(error !== undefined && isConnectionLost(error))
  }

  /** Closes every connection, in use or not, because the server hangs. Waiting queries are rejected. */
  destroyAll(): void {
    for (const client of this.#clients) socketOf(client).destroy()
  }

  end(): Promise<void> {
    for (const client of this.#clients) setKeepsProcessAlive(client, true)
    this.#ended ??= this.#pool.end()
    return this.#ended
  }
}

/** A connection that is being closed keeps the process alive until its end; an idle one does not. */
export function setKeepsProcessAlive(client: pg.ClientBase, keeps: boolean): void {
  const connection = client as unknown as { ref(): void; unref(): void }
  if (keeps) connection.ref()
  else connection.unref()
}

const socketOf = (client: pg.ClientBase): { destroy(): void } =>
  (client as unknown as { readonly connection: { readonly stream: { destroy(): void } } })
    .connection.stream
