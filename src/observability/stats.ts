import type { QueueLoad } from '../passwords/queue.ts'
import type { SessionManager } from '../sessions/session-manager.ts'
import type { Counters } from './counters.ts'

/** Counts of this process since it began. They reveal nothing about single users. */
export interface Stats {
  /** Sign-ins with a password, by outcome: `ok`, `failed`, `throttled`, `busy`. */
  readonly signIns: Readonly<Record<string, number>>
  /** Refreshes that reached their session, by outcome: `rotated`, `replayed`, `reused` … */
  readonly refreshes: Readonly<Record<string, number>>
  /** Password hashes that are running, that wait, and that were refused. */
  readonly hashing: QueueLoad
  /** Revoked sessions that this process knows, and the feed's age in seconds; `undefined` without sessions. */
  readonly revocations: { readonly entries: number; readonly age: number } | undefined
}

/** The parts of an open instance that count. */
export interface StatsParts {
  readonly counters: Counters
  readonly hashing: () => QueueLoad
  readonly sessions: Pick<SessionManager, 'feed'> | undefined
}

export function statsOf({ counters, hashing, sessions }: StatsParts): Stats {
  const feed = sessions?.feed()
  return {
    signIns: counters.signIns.counts(),
    refreshes: counters.refreshes.counts(),
    hashing: hashing(),
    revocations: feed && { entries: feed.entries, age: feed.age },
  }
}
