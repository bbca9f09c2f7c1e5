import type { StoreExtension } from '../extension.ts'
import type { Connection } from './connection.ts'

/** Databases in memory with all tables and no rows, by the extensions whose tables they have. */
const MIGRATED = new WeakMap<readonly StoreExtension[], Uint8Array>()

/**
 * Migrates an in-memory database. Tests open thousands of them, so only the first one runs the migrations; the others are copies
 * of it.
 */
export async function migrateInMemory(
  connection: Connection,
  extensions: readonly StoreExtension[],
  migrate: () => Promise<void>,
): Promise<void> {
  const migrated = MIGRATED.get(extensions)
  if (migrated !== undefined) return connection.deserialize(migrated)
  await migrate()
  const copy = connection.serialize()
  if (copy !== undefined) MIGRATED.set(extensions, copy)
}
