import type { CorePorts, Store } from '../stores/store.ts'
import type { ApiTokens } from './api-tokens/api-token.ts'
import { apiTokenStore } from './api-tokens/sql.ts'

/** What the features add to the store. */
export const STORE_EXTENSIONS = [apiTokenStore] as const

/**
 * The ports of those extensions. Not inferred from them: the type is public,
 * and its declaration would import Kysely, which is built in.
 */
export interface FeaturePorts {
  readonly apiTokens: ApiTokens
}

/** The store of an instance: the core's ports and those of its features. */
export type InstanceStore = Store<CorePorts & FeaturePorts>
