import { type InstanceStore, STORE_EXTENSIONS } from '../../src/features.ts'
import { loadDriver } from '../../src/stores/postgres/driver.ts'
import { postgresStore as postgres } from '../../src/stores/postgres/store.ts'
import { sqliteStore as sqlite } from '../../src/stores/sqlite/store.ts'

await loadDriver()

/** A store with the ports of every feature, as an instance opens it. */
export const sqliteStore = ({ file }: { readonly file: string }) =>
  sqlite({ file, extensions: STORE_EXTENSIONS })

export const postgresStore = ({ url }: { readonly url: string }) =>
  postgres({ url, extensions: STORE_EXTENSIONS })

/** A store with some of its ports replaced. */
export const withPorts = (
  store: InstanceStore,
  ports: Partial<InstanceStore['ports']>,
): InstanceStore => ({ ...store, ports: { ...store.ports, ...ports } })
