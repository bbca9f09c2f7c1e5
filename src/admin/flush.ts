import type { Events } from '../audit/event.ts'
import { type Clock, type Seconds, seconds } from '../base/clock.ts'
import { ifDefined } from '../base/optional.ts'
import type { KeyRing } from '../keys/key-ring.ts'
import type { Keys } from '../keys/keys.ts'
import { flushKeys } from '../keys/publication.ts'
import type { Proofs } from '../proofs/proofs.ts'
import { flush } from '../sessions/flush.ts'
import type { SessionManager } from '../sessions/session-manager.ts'
import type { Hits } from '../throttling/hits.ts'
import { LONGEST_PERIOD } from '../throttling/rate.ts'

type Progress = (deleted: number) => void
type Counts = Readonly<Record<string, number>>

/** How many rows were deleted. */
export type FlushCounts = {
  readonly sessions: number
  readonly events: number
  readonly keys: number
}

export interface FlushDeps {
  readonly sessions: SessionManager | undefined
  readonly events: Events
  readonly hits: Hits
  readonly proofs: Proofs
  readonly keys: Keys
  readonly ring: KeyRing
  readonly clock: Clock
  /** Deletes what has expired of features, one after the other. */
  readonly features: readonly ((progress: Progress) => Promise<Counts>)[]
}

/**
 * Deletes what has expired, in batches.
 *
 * @param keep how long events are kept; `undefined`: they are not recorded
 * @param progress gets how many rows have been deleted so far
 */
export async function flushAll(
  { sessions, events, hits, proofs, keys, ring, clock, features }: FlushDeps,
  keep: Seconds | undefined,
  progress: Progress = () => {},
): Promise<FlushCounts & Counts> {
  let total = 0
  const counted = async (flushing: (report: Progress) => Promise<number>) => {
    const before = total
    const deleted = await flushing((count) => progress(before + count))
    total += deleted
    return deleted
  }
  const deletedSessions = await counted(
    async (report) => (await sessions?.flush(clock(), report)) ?? 0,
  )
  let ofFeatures: Counts = {}
  for (const feature of features) {
    await counted(async (report) => {
      const counts = await feature(report)
      ofFeatures = { ...ofFeatures, ...counts }
      return Object.values(counts).reduce((sum, count) => sum + count, 0)
    })
  }
  const deletedEvents = await counted(
    async (report) =>
      ifDefined(keep, (length) => flush(events, clock(), length, report)) ?? 0,
  )
  // Left over if throttles count elsewhere now.
  await flush(hits, clock(), LONGEST_PERIOD)
  await flush(proofs, clock(), seconds(0))
  const deletedKeys = await flushKeys(keys, clock())
  await ring.reload()
  return {
    sessions: deletedSessions,
    ...ofFeatures,
    events: deletedEvents,
    keys: deletedKeys,
  }
}
