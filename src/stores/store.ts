import type { Events } from '../audit/event.ts'
import type { Clock, Seconds } from '../base/clock.ts'
import type { ApiTokens } from '../features/api-tokens/api-token.ts'
import type { Keys } from '../keys/keys.ts'
import type { Sessions } from '../sessions/session.ts'
import type { Watch } from '../sessions/watch.ts'
import type { Hits } from '../throttling/hits.ts'
import type { Users } from '../users/users.ts'

/** Everything that outlives a process, behind the ports of the concepts that need it. */
export interface Store {
  readonly users: Users
  readonly sessions: Sessions
  readonly keys: Keys
  readonly apiTokens: ApiTokens
  readonly hits: Hits
  readonly events: Events
  /** Brings the tables to the newest version; safe when several processes start together. Runs at first use. */
  migrate(): Promise<void>
  /** Whether it can be asked now. @throws AuthError `store_unavailable` */
  ping(): Promise<void>
  /** See `sessions/watch.ts`. */
  readonly watch: Watch
  /** The time that all processes of this store go by, once it is open. Where there is none, each goes by its machine's. */
  readonly time?: StoreTime
  close(): Promise<void>
}

/** The store's clock as this process keeps it: asked now and then, carried on in between by a clock that is never set. */
export interface StoreTime {
  readonly now: Clock
  /** Seconds by which this machine's clock is ahead of the store's; negative: behind. */
  ahead(): Seconds
}
