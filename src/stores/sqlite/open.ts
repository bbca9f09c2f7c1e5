import { closeSync, openSync } from 'node:fs'
import { resolve } from 'node:path'
import { AuthError } from '../../base/errors.ts'
import { retryWhileBusy } from './busy-retry.ts'
import { Connection } from './connection.ts'
import type { Opened } from './dialect.ts'
import { isNotADatabase, isUnavailable, storeErrorFrom } from './errors.ts'

/** A database that lives as long as its store, for tests. */
export const IN_MEMORY = ':memory:'

/** Durable: a commit has reached the disk before it is answered, and the log beside the file stays within 64 MiB. */
const PRAGMAS =
  'pragma journal_mode = wal; pragma synchronous = full; pragma journal_size_limit = 67108864'

/**
 * Opens a database, creating it if needed, and lets `prepare` bring it up to date.
 *
 * @throws AuthError `invalid_config` with a sentence that says what to do; `store_unavailable`
 */
export async function open(
  file: string,
  prepare: (connection: Connection) => Promise<void>,
): Promise<Opened> {
  const opened: Connection[] = []
  const connect = (readOnly: boolean): Connection => {
    const connection = new Connection(file === IN_MEMORY ? file : resolve(file), {
      readOnly,
    })
    opened.push(connection)
    return connection
  }
  try {
    if (file !== IN_MEMORY) create(file)
    const writing = connect(false)
    await retryWhileBusy(() => writing.exec(PRAGMAS))
    await prepare(writing)
    return { writing, reading: file === IN_MEMORY ? undefined : connect(true) }
  } catch (error) {
    for (const connection of opened) connection.close()
    throw sentenceFor(error, file)
  }
}

/** SQLite would make the file readable for everybody; it holds password hashes. */
const create = (file: string): void => closeSync(openSync(file, 'a', 0o600))

function sentenceFor(error: unknown, file: string): unknown {
  const name = JSON.stringify(file)
  const refused = (says: string) =>
    new AuthError('invalid_config', says, { cause: error })
  if (isNotADatabase(error))
    return refused(`The file ${name} is no SQLite database: name another file.`)
  switch ((error as NodeJS.ErrnoException).code) {
    case 'ENOENT':
    case 'ENOTDIR':
      return refused(
        `The folder of the database ${name} does not exist: make it, or name another file.`,
      )
    case 'EISDIR':
      return refused(`The database ${name} is a folder: name a file.`)
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return refused(
        `The database ${name} cannot be written here: change the permissions, or name another file.`,
      )
    default:
      return isUnavailable(error) ? storeErrorFrom(error) : error
  }
}
