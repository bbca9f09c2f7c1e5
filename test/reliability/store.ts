import { openStore } from '../../src/instance/open-store.ts'
import { parseSettings } from '../../src/settings/settings.ts'
import type { Store } from '../../src/stores/store.ts'

/** The store that a house opens for this database. */
export const storeAt = async (database: string): Promise<Store> =>
  (await openStore(parseSettings({ database }, {}))).store
