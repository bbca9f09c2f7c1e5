import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { aDatabase } from '../services/postgres.ts'

/** `none`: the trial needs no database, or opens its own. */
export type Kind = 'sqlite' | 'postgres' | 'none'

export interface Database {
  /** A value of the option `database`. */
  readonly url: string
  drop(): Promise<void>
}

/** @param skip called with the reason if there is no database of this kind on this machine */
export async function freshDatabase(
  kind: Kind,
  skip: (reason: string) => never,
): Promise<Database> {
  switch (kind) {
    case 'none':
      return { url: '', drop: async () => {} }
    case 'sqlite':
      return aFile()
    case 'postgres': {
      const database = await aDatabase()
      return typeof database === 'string' ? skip(database) : database
    }
  }
}

function aFile(): Database {
  const folder = mkdtempSync(join(tmpdir(), 'watchword-'))
  const drop = async (): Promise<void> => rmSync(folder, { recursive: true, force: true })
  return { url: join(folder, 'watchword.db'), drop }
}
