import type { Keys } from '../keys/keys.ts'
import type { Sessions } from '../sessions/session.ts'
import type { Hits } from '../throttling/hits.ts'
import type { ApiTokens } from '../tokens/api-token.ts'
import type { Users } from '../users/users.ts'

/** Everything that outlives a process, behind the ports of the concepts that need it. */
export interface Store {
  readonly users: Users
  readonly sessions: Sessions
  readonly keys: Keys
  readonly apiTokens: ApiTokens
  readonly hits: Hits
  /** Brings the tables to the newest version; safe when several processes start together. Runs at first use. */
  migrate(): Promise<void>
  /**
   * Calls back whenever another process may have changed something, within a second of the change, until stopped.
   * Does not keep the process alive.
   */
  watch(changed: () => void): { stop(): void }
  close(): Promise<void>
}
