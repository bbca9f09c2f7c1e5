import type { Awaitable } from '../base/awaitable.ts'
import { type Clock, type Seconds, seconds, type UnixSeconds } from '../base/clock.ts'
import { AuthError } from '../base/errors.ts'
import type { Random } from '../base/random.ts'
import { flush } from './flush.ts'
import { type PublishedPage, publishedPages } from './published.ts'
import { type FeedSettings, type FeedState, RevocationFeed } from './revocation-feed.ts'
import {
  type Presented,
  type RotationOutcome,
  type RotationSettings,
  rotate,
} from './rotate.ts'
import type {
  NewSession,
  RevokeReason,
  SessionId,
  Sessions,
  StoredSession,
} from './session.ts'
import type { Watch } from './watch.ts'

/** The sessions of a store as the house uses them: what it ends is dead in this process at once, in others within a second. */
export interface SessionManager
  extends Pick<Sessions, 'adopt' | 'find' | 'list' | 'revoke' | 'revokeAll'> {
  /** @throws AuthError `no_active_account` if the user was changed, deactivated or deleted during the sign-in */
  open(session: NewSession): Promise<void>
  /**
   * Whether a session has ended, for each request of its tokens. Waits for nothing while this process knows what others end;
   * else, and for a token that lives longer than an end is remembered, the store is asked.
   *
   * @param life of the token that asks
   * @throws AuthError `store_unavailable`
   */
  isRevoked(id: SessionId, life: Seconds): Awaitable<boolean>
  /** How well this process knows what others end: `age` beyond `maxAge`, or `full`, and the store is asked at each check. */
  feed(): FeedState
  /** See `published.ts`. */
  published(since: number | undefined): Promise<PublishedPage>
  /** See `rotate.ts`. */
  rotate(presented: Presented, now: UnixSeconds): Promise<RotationOutcome>
  /** See `flush.ts`. @returns how many sessions were deleted */
  flush(now: UnixSeconds, progress?: (deleted: number) => void): Promise<number>
  /** Ends the watch for what other processes end. The store stays open. */
  close(): void
}

export interface SessionSettings extends RotationSettings, FeedSettings {}

export interface SessionManagerDeps {
  readonly sessions: Sessions
  readonly watch: Watch
  readonly clock: Clock
  readonly random: Random
  /** Called once for each session that a reused token revoked, after the revocation is durable. */
  readonly reused: (session: StoredSession) => void
  /** Called once when the revocation feed is disconnected, with the reason; it keeps reconnecting. */
  readonly feedCut: (reason: unknown) => void
  /** Called once when the feed is back. */
  readonly feedBack: () => void
  /** Seconds since some moment, never set back. */
  readonly elapsed?: () => Seconds
}

const systemElapsed = (): Seconds => seconds(performance.now() / 1000)

/** Resolves when it knows everything that has ended by now. @throws AuthError `store_unavailable`, `invalid_config` */
export async function openSessionManager(
  settings: SessionSettings,
  deps: SessionManagerDeps,
): Promise<SessionManager> {
  const {
    sessions,
    watch,
    clock,
    elapsed = systemElapsed,
    feedCut: cut,
    feedBack: back,
  } = deps
  const feed = await RevocationFeed.open(settings, {
    sessions,
    watch,
    clock,
    elapsed,
    cut,
    back,
  })
  /** An end is remembered for as long as a token of this life can be alive. */
  const longest = settings.window - settings.leeway

  /** A write that fails may have been done all the same: what it ended is dead here as soon as the store can be asked. */
  const doneOrNot = async <T>(write: Promise<T>): Promise<T> => {
    try {
      return await write
    } catch (error) {
      feed.refresh()
      throw error
    }
  }

  const revoke = async (
    id: SessionId,
    reason: RevokeReason,
    now: UnixSeconds,
  ): Promise<boolean> => {
    const ended = await doneOrNot(sessions.revoke(id, reason, now))
    if (ended) feed.add(id)
    return ended
  }

  const asked = async (id: SessionId): Promise<boolean> => {
    const state = await sessions.find(id)
    const ended = state?.session.revokeReason !== undefined
    if (ended) feed.add(id)
    return ended
  }

  return {
    isRevoked(id, life) {
      if (feed.has(id)) return true
      if (life <= longest && feed.isComplete()) return false
      return asked(id)
    },
    feed: () => feed.state(),
    published: publishedPages({ sessions, clock, elapsed, window: settings.window }),
    async open(session) {
      if (!(await sessions.open(session, settings.require)))
        throw new AuthError(
          'no_active_account',
          'the user was changed during the sign-in',
        )
    },
    adopt: (session) => sessions.adopt(session),
    find: (id) => sessions.find(id),
    list: (userId) => sessions.list(userId),
    revoke,
    async revokeAll(userId, reason, now, except) {
      const ended = await doneOrNot(sessions.revokeAll(userId, reason, now, except))
      for (const id of ended) feed.add(id)
      return ended
    },
    async rotate(presented, now) {
      const outcome = await rotate(
        presented,
        now,
        { sessions, random: deps.random, end: revoke },
        settings,
      )
      if (outcome.kind === 'reused' && outcome.ended) deps.reused(outcome.session)
      return outcome
    },
    flush: (now, progress) => flush(sessions, now, settings.window, progress),
    close: () => feed.close(),
  }
}
