import type { QueueLoad } from '../passwords/queue.ts'
import type { SessionManager } from '../sessions/session-manager.ts'
import type { Counters } from './counters.ts'

/** What an instance counts, in this process. Nothing in it tells of one user. */
export interface Stats {
  /** Sign-ins since the process began, by what came of them. */
  readonly signIns: Readonly<Record<string, number>>
  /** Refreshes that came as far as their session, by what came of them. */
  readonly refreshes: Readonly<Record<string, number>>
  /** Passwords that are being hashed, that wait, and that were refused. */
  readonly hashing: QueueLoad
  /** Sessions that are known to have ended, and for how many seconds some may have been missed. */
  readonly revocations: { readonly entries: number; readonly age: number } | undefined
}

export interface StatsDeps {
  readonly counters: Counters
  readonly hashing: () => QueueLoad
  readonly sessions: Pick<SessionManager, 'feed'> | undefined
}

export function statsOf({ counters, hashing, sessions }: StatsDeps): Stats {
  const feed = sessions?.feed()
  return {
    signIns: counters.signIns.counts(),
    refreshes: counters.refreshes.counts(),
    hashing: hashing(),
    revocations: feed && { entries: feed.entries, age: feed.age },
  }
}
