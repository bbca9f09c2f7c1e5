import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { cleanUp } from '../cleanup.ts'
import { aDatabase } from '../services/postgres.ts'

type Opened =
  | { readonly url: string; readonly skip?: undefined }
  | { readonly skip: string }

type Open = (t: TestContext) => Promise<Opened>

/** Databases that several processes can share. */
export const DATABASES: readonly (readonly [name: string, open: Open])[] = [
  [
    'SQLite',
    async (t) => {
      const folder = mkdtempSync(join(tmpdir(), 'watchword-oauth-'))
      cleanUp(t, () => rmSync(folder, { recursive: true, force: true }))
      return { url: `sqlite:${folder}/db.sqlite` }
    },
  ],
  [
    'PostgreSQL',
    async (t) => {
      const database = await aDatabase()
      if (typeof database === 'string') return { skip: database }
      cleanUp(t, () => database.drop())
      return { url: database.url }
    },
  ],
]
