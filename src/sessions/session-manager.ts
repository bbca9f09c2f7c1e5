import type { Awaitable } from '../base/awaitable.ts'
import type { Clock, Seconds, UnixSeconds } from '../base/clock.ts'
import { AuthError } from '../base/errors.ts'
import { monotonicSeconds } from '../base/monotonic.ts'
import type { Random } from '../base/random.ts'
import { flush } from './flush.ts'
import { LastUses } from './last-uses.ts'
import { type PublishedPage, publishedPages } from './published.ts'
import { type FeedSettings, type FeedState, RevocationFeed } from './revocation-feed.ts'
import {
  isGranted,
  type JudgedExpired,
  judgeExpired,
  type RefreshClaims,
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

/** The sessions of a store, with what this process knows of revocations: its own at once, those of others within a second. */
export interface SessionManager
  extends Pick<
    Sessions,
    | 'adopt'
    | 'carryOver'
    | 'find'
    | 'findAll'
    | 'list'
    | 'revoke'
    | 'revokeAll'
    | 'revokeAllOfClient'
  > {
  /** @throws AuthError `no_active_account` if the user was changed, deactivated or deleted during the sign-in */
  open(session: NewSession): Promise<void>
  /**
   * Whether a session is revoked, for each request with one of its tokens. Answered from memory while the feed is complete;
   * otherwise, and for a token that lives longer than the feed keeps a session, the store is read.
   *
   * @param lifetime of the token
   * @throws AuthError `store_unavailable`
   */
  isRevoked(id: SessionId, lifetime: Seconds): Awaitable<boolean>
  /** Called for each request with a token of a session: see `last-uses.ts`. */
  use(id: SessionId): void
  /** A use that this process has not written yet. */
  findUse(id: string): UnixSeconds | undefined
  /** The state of the feed: if `age` exceeds `maxAge`, or it is `full`, each check reads the store. */
  feed(): FeedState
  /** See `published.ts`. */
  published(since: number | undefined): Promise<PublishedPage>
  /** See `rotate.ts`. @param idle for how long the successor is valid. Default: `tokens.refresh` */
  rotate(
    presented: RefreshClaims,
    now: UnixSeconds,
    idle?: Seconds,
  ): Promise<RotationOutcome>
  /** See `rotate.ts`. */
  judgeExpired(presented: RefreshClaims, now: UnixSeconds): Promise<JudgedExpired>
  /** See `flush.ts`. @returns how many sessions were deleted */
  flush(now: UnixSeconds, progress?: (deleted: number) => void): Promise<number>
  /** Stops the feed, and writes the last uses. The store stays open. */
  close(): Promise<void>
}

export interface SessionSettings extends RotationSettings, FeedSettings {}

export interface SessionManagerDeps {
  readonly sessions: Sessions
  readonly watch: Watch
  readonly clock: Clock
  readonly random: Random
  /** Called once for each session that a reused token revoked, after the revocation is durable. */
  readonly reused: (session: Pick<StoredSession, 'id' | 'userId'>) => void
  /** Called once when the revocation feed is disconnected, with the reason; it keeps reconnecting. */
  readonly feedDisconnected: (reason: unknown) => void
  /** Called once when the feed is back. */
  readonly feedReconnected: () => void
  /** The monotonic clock. */
  readonly elapsed?: () => Seconds
}

/** Resolves when every session that has been revoked by now is known. @throws AuthError `store_unavailable`, `invalid_config` */
export async function openSessionManager(
  settings: SessionSettings,
  deps: SessionManagerDeps,
): Promise<SessionManager> {
  const { sessions, watch, clock, random, elapsed = monotonicSeconds } = deps
  const { window } = settings
  const feed = await RevocationFeed.open(settings, {
    sessions,
    watch,
    clock,
    elapsed,
    disconnected: deps.feedDisconnected,
    reconnected: deps.feedReconnected,
  })
  const revocations = new Revocations(sessions, feed, settings)
  const uses = new LastUses({ clock, recordUses: (each) => sessions.recordUses(each) })
  const revoke: Sessions['revoke'] = (id, reason, now) =>
    revocations.revoke(id, reason, now)
  const reportReuse = (outcome: RotationOutcome): void => {
    if (outcome.kind === 'reused' && outcome.revoked) deps.reused(outcome.session)
  }

  return {
    isRevoked: (id, lifetime) => revocations.isRevoked(id, lifetime),
    feed: () => feed.state(),
    published: publishedPages({ sessions, clock, elapsed, window }),
    async open(session) {
      if (await sessions.open(session, settings.require)) return
      throw new AuthError('no_active_account', 'the user was changed during the sign-in')
    },
    adopt: (session) => sessions.adopt(session),
    find: (id) => sessions.find(id),
    findAll: (ids) => sessions.findAll(ids),
    list: (userId) => sessions.list(userId),
    carryOver: (...args) => sessions.carryOver(...args),
    revoke,
    revokeAll: (userId, reason, now, except) =>
      revocations.revokeAll(userId, reason, now, except),
    revokeAllOfClient: (...args) => revocations.revokeAllOfClient(...args),
    async rotate(presented, now, idle = settings.idle) {
      const rotateDeps = { sessions, random, revoke }
      const outcome = await rotate(presented, now, rotateDeps, { ...settings, idle })
      reportReuse(outcome)
      if (isGranted(outcome)) uses.mark(presented.id)
      return outcome
    },
    async judgeExpired(presented, now) {
      const judged = await judgeExpired(presented, now, { sessions, revoke }, settings)
      reportReuse(judged)
      return judged
    },
    flush: (now, progress) => flush(sessions, now, window, progress),
    use: (id) => uses.mark(id),
    findUse: (id) => uses.find(id),
    async close() {
      feed.close()
      await uses.close()
    },
  }
}

/** Revokes sessions in the store, and adds them to the feed of this process. */
class Revocations {
  readonly #sessions: Sessions
  readonly #feed: RevocationFeed
  /** The feed keeps a session for as long as a token of this lifetime can be alive. */
  readonly #longestLifetime: number

  constructor(sessions: Sessions, feed: RevocationFeed, settings: SessionSettings) {
    this.#sessions = sessions
    this.#feed = feed
    this.#longestLifetime = settings.window - settings.leeway
  }

  isRevoked(id: SessionId, lifetime: Seconds): Awaitable<boolean> {
    if (this.#feed.has(id)) return true
    const isKnown = this.#feed.isComplete() && !this.#feed.isUnconfirmed(id)
    if (lifetime <= this.#longestLifetime && isKnown) return false
    return this.#isRevokedInStore(id)
  }

  async revoke(id: SessionId, reason: RevokeReason, now: UnixSeconds): Promise<boolean> {
    const revoked = await this.#written(this.#sessions.revoke(id, reason, now))
    if (revoked) this.#feed.add(id)
    return revoked
  }

  async revokeAll(
    ...args: Parameters<Sessions['revokeAll']>
  ): Promise<readonly SessionId[]> {
    const revoked = await this.#written(this.#sessions.revokeAll(...args))
    for (const id of revoked) this.#feed.add(id)
    return revoked
  }

  async revokeAllOfClient(
    ...args: Parameters<Sessions['revokeAllOfClient']>
  ): Promise<readonly SessionId[]> {
    const revoked = await this.#written(this.#sessions.revokeAllOfClient(...args))
    for (const id of revoked) this.#feed.add(id)
    return revoked
  }

  async #isRevokedInStore(id: SessionId): Promise<boolean> {
    const state = await this.#sessions.find(id)
    const isRevoked = state?.session.revokeReason !== undefined
    if (isRevoked) this.#feed.add(id)
    return isRevoked
  }

  /** A failed write may have committed: the feed reads the store as soon as that answers. */
  async #written<T>(write: Promise<T>): Promise<T> {
    try {
      return await write
    } catch (error) {
      this.#feed.refresh()
      throw error
    }
  }
}
