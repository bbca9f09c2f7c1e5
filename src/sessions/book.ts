import { type Clock, type Seconds, seconds, type UnixSeconds } from '../base/clock.ts'
import type { Random } from '../base/random.ts'
import { flush } from './flush.ts'
import { RevocationFeed, type RevokedSessions } from './revoked.ts'
import { type Presented, type RotationOutcome, type RotationTerms, rotate } from './rotate.ts'
import type { EndReason, Session, SessionId, Sessions } from './session.ts'
import type { Watch } from './watch.ts'

/** The sessions of a store as the house uses them: what it ends is dead in this process at once, in others within a second. */
export interface SessionBook extends Pick<Sessions, 'open' | 'adopt' | 'find' | 'list' | 'end' | 'endAll'> {
  readonly revoked: RevokedSessions
  /** See `rotate.ts`. */
  rotate(presented: Presented, now: UnixSeconds): Promise<RotationOutcome>
  /** See `flush.ts`. @returns how many sessions were deleted */
  flush(now: UnixSeconds, progress?: (deleted: number) => void): Promise<number>
  /** Ends the watch for what other processes end. The store stays open. */
  close(): void
}

export interface BookTerms extends RotationTerms {
  /** The longest life of a token that is believed without asking the store, leeway included. */
  readonly window: Seconds
}

export interface BookWorld {
  readonly sessions: Sessions
  readonly watch: Watch
  readonly clock: Clock
  readonly random: Random
  /** Told of each session that a spent token ended: once, after its end is durable. */
  readonly reused: (session: Session) => void
  /** Told that what other processes end could not be read; it is tried again. */
  readonly feedFailed: (error: unknown) => void
  /** Seconds since some moment, never set back. */
  readonly elapsed?: () => Seconds
}

const systemElapsed = (): Seconds => seconds(performance.now() / 1000)

/** Resolves when it knows everything that has ended by now. @throws Refusal `store_unavailable`, `config_refused` */
export async function openSessionBook(terms: BookTerms, world: BookWorld): Promise<SessionBook> {
  const { sessions, watch, clock, elapsed = systemElapsed } = world
  const revoked = await RevocationFeed.open(terms.window, { sessions, watch, clock, elapsed, failed: world.feedFailed })

  const end = async (id: SessionId, reason: EndReason, now: UnixSeconds): Promise<boolean> => {
    const ended = await sessions.end(id, reason, now)
    if (ended) revoked.add(id)
    return ended
  }

  return {
    revoked,
    open: (session) => sessions.open(session),
    adopt: (session) => sessions.adopt(session),
    find: (id) => sessions.find(id),
    list: (userId) => sessions.list(userId),
    end,
    async endAll(userId, reason, now, except) {
      const ended = await sessions.endAll(userId, reason, now, except)
      for (const id of ended) revoked.add(id)
      return ended
    },
    async rotate(presented, now) {
      const outcome = await rotate(presented, now, { sessions, random: world.random, end }, terms)
      if (outcome.kind === 'reused' && outcome.ended) world.reused(outcome.session)
      return outcome
    },
    flush: (now, progress) => flush(sessions, now, terms.window, progress),
    close: () => revoked.close(),
  }
}
