import type { TestContext } from 'node:test'
import type { InstanceStore } from '../../../src/features.ts'
import { aDatabase, aServer, type Server } from '../../services/postgres.ts'
import { postgresStore } from '../open.ts'

export interface World {
  readonly url: string
  /** A store on it, as one process has it; not opened yet. */
  store(more?: Readonly<Record<string, string>>): InstanceStore
}

/** A database of a test's own. Skips the test where there is none. */
export async function aWorld(t: TestContext): Promise<World | undefined> {
  const database = await aDatabase()
  if (typeof database === 'string') return void t.skip(database)
  return worldAt(t, database.url, database.drop)
}

/** A server of a test's own, for what nobody else may suffer from. Skips the test where there is none. */
export async function aServersWorld(
  t: TestContext,
): Promise<(World & { readonly server: Server }) | undefined> {
  const server = await aServer()
  if (typeof server === 'string') return void t.skip(server)
  return {
    ...worldAt(t, server.url, () => server.stop('immediate').catch(() => {})),
    server,
  }
}

function worldAt(t: TestContext, url: string, remove: () => Promise<void>): World {
  const stores: InstanceStore[] = []
  t.after(async () => {
    for (const store of stores) await store.close()
    await remove()
  })
  return {
    url,
    store(more = {}) {
      const store = postgresStore({ url: withQuery(url, more) })
      stores.push(store)
      return store
    },
  }
}

export function withQuery(url: string, more: Readonly<Record<string, string>>): string {
  const changed = new URL(url)
  for (const [name, value] of Object.entries(more)) changed.searchParams.set(name, value)
  return changed.href
}
