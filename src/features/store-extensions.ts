import type { PortsOf } from '../stores/extension.ts'
import type { Store } from '../stores/store.ts'
import { apiTokenStore } from './api-tokens/sql.ts'

/** What the features add to the store. */
export const STORE_EXTENSIONS = [apiTokenStore] as const

/** The store of an instance: the core's ports and those of its features. */
export type InstanceStore = Store<PortsOf<typeof STORE_EXTENSIONS>>
