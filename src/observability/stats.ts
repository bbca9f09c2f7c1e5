import type { Load } from '../passwords/queue.ts'
import type { House } from '../instance/instance.ts'

/** What an instance counts, in this process. Nothing in it tells of one user. */
export interface Figures {
  /** Sign-ins since the process began, by what came of them. */
  readonly signIns: Readonly<Record<string, number>>
  /** Refreshes that came as far as their session, by what came of them. */
  readonly refreshes: Readonly<Record<string, number>>
  /** Passwords that are being hashed, that wait, and that were refused. */
  readonly hashing: Load
  /** Sessions that are known to have ended, and for how many seconds some may have been missed. */
  readonly revocations: { readonly entries: number; readonly age: number } | undefined
}

export function figuresOf({ tallies, hashing, sessions }: House): Figures {
  const feed = sessions?.feed()
  return {
    signIns: tallies.signIns.counts(),
    refreshes: tallies.refreshes.counts(),
    hashing: hashing(),
    revocations: feed && { entries: feed.entries, age: feed.age },
  }
}
