import type { Events } from '../audit/event.ts'
import type { Clock, Seconds } from '../base/clock.ts'
import type { Keys } from '../keys/keys.ts'
import type { Proofs } from '../proofs/proofs.ts'
import type { Sessions } from '../sessions/session.ts'
import type { Watch } from '../sessions/watch.ts'
import type { Hits } from '../throttling/hits.ts'
import type { Users } from '../users/users.ts'

/** The ports of the core's concepts; a feature adds its own, see `extension.ts`. */
export interface CorePorts {
  readonly users: Users
  readonly sessions: Sessions
  readonly keys: Keys
  readonly hits: Hits
  readonly events: Events
  readonly proofs: Proofs
}

/** An open database, behind the ports of the concepts that are kept in it. */
export interface Store<Ports extends CorePorts = CorePorts> {
  readonly ports: Ports
  /** Applies the migrations that are missing; safe in several processes at once. Runs at first use. */
  migrate(): Promise<void>
  /** @throws AuthError `store_unavailable` if the database does not answer */
  ping(): Promise<void>
  /** See `sessions/watch.ts`. */
  readonly watch: Watch
  /** The clock that all processes of this store share, once it is open; `undefined`: each uses its machine's. */
  readonly time?: StoreTime
  close(): Promise<void>
}

/** The database's clock, measured now and then and carried on by a monotonic clock. */
export interface StoreTime {
  readonly now: Clock
  /** Seconds by which this machine's clock is ahead of the database's; negative: behind. */
  ahead(): Seconds
}
