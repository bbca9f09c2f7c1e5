import { closeSync, openSync } from 'node:fs'
import { resolve } from 'node:path'
import { configError } from '../../base/errors.ts'
import { requirePrivate } from '../../base/private-file.ts'
import { retryWhileBusy } from './busy-retry.ts'
import { Connection } from './connection.ts'
import { isNotADatabase, isUnavailable, storeErrorFrom } from './errors.ts'
import type { OpenDatabase } from './kysely.ts'

/** A database that lives as long as its store, for tests. */
export const IN_MEMORY = ':memory:'

/** A commit is on disk before it is answered, and the write-ahead log stays within 64 MiB. */
const PRAGMAS =
  'pragma journal_mode = wal; pragma synchronous = full; pragma journal_size_limit = 67108864'

/**
 * Opens a database, creating it if needed, and lets `migrate` bring it up to date.
 *
 * @throws AuthError `invalid_config` with a message that says what to do; `store_unavailable`
 */
export async function openDatabase(
  file: string,
  migrate: (connection: Connection) => Promise<void>,
): Promise<OpenDatabase> {
  const connections: Connection[] = []
  const connect = (name: string, readOnly: boolean): Connection => {
    const connection = new Connection(name, { readOnly })
    connections.push(connection)
    return connection
  }
  const prepared = async (writing: Connection): Promise<Connection> => {
    await retryWhileBusy(() => writing.exec(PRAGMAS))
    await migrate(writing)
    return writing
  }
  try {
    if (file === IN_MEMORY)
      return { writing: await prepared(connect(file, false)), reading: undefined }
    const path = resolve(file)
    createFile(path)
    const writing = await prepared(connect(path, false))
    return { writing, reading: connect(path, true) }
  } catch (error) {
    for (const connection of connections) connection.close()
    throw openErrorFrom(error, file)
  }
}

/** SQLite would make the file readable by everyone; it holds password hashes. */
function createFile(path: string): void {
  const descriptor = openSync(path, 'a', 0o600)
  try {
    requirePrivate(descriptor, path, 'password hashes')
  } finally {
    closeSync(descriptor)
  }
}

function openErrorFrom(error: unknown, file: string): unknown {
  const message = messageFor(error, JSON.stringify(file))
  if (message !== undefined) return configError(message, error)
  if (isUnavailable(error)) return storeErrorFrom(error)
  return error
}

function messageFor(error: unknown, name: string): string | undefined {
  if (isNotADatabase(error))
    return `The file ${name} is not an SQLite database: name another file.`
  switch ((error as NodeJS.ErrnoException).code) {
    case 'ENOENT':
    case 'ENOTDIR':
      return `The folder of the database ${name} does not exist: create it, or name another file.`
    case 'EISDIR':
      return `The database ${name} is a folder: name a file.`
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return `The database ${name} cannot be written: change the permissions, or name another file.`
    default:
      return undefined
  }
}
