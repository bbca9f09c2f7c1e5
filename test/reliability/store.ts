import type { InstanceStore } from '../../src/features.ts'
import { openStore } from '../../src/instance/open-store.ts'
import { parseSettings } from '../../src/settings/settings.ts'

/** The store that an instance opens for this database. */
export const storeAt = async (database: string): Promise<InstanceStore> =>
  (await openStore(parseSettings({ database }, {}))).store
