import type pg from 'pg'
import {
  type Address,
  FIRST_CONNECT,
  type ShownAddress,
  shownAddressOf,
} from './address.ts'
import { connectErrorFrom } from './connect-error.ts'
import { prepareConnection } from './connection-settings.ts'
import { driver } from './driver.ts'

/**
 * Connects once, as all connections will, and lets `migrate` bring the database up to date.
 *
 * @throws AuthError `invalid_config` with a message that says what to do; `store_unavailable`
 */
export async function prepareDatabase(
  address: Address,
  migrate: (client: pg.Client, place: ShownAddress) => Promise<void>,
): Promise<void> {
  const place = shownAddressOf(address)
  const client = new driver.Client({
    ...address.client,
    // A migration may take minutes.
    query_timeout: 0,
    connectionTimeoutMillis: Math.max(
      FIRST_CONNECT,
      address.client.connectionTimeoutMillis ?? 0,
    ),
  })
  client.on('error', () => {})
  try {
    await client.connect()
    await prepareConnection(client)
    await migrate(client, place)
  } catch (error) {
    throw connectErrorFrom(error, place)
  } finally {
    await client.end().catch(() => {})
  }
}
