import { type Clock, type Seconds, seconds, type UnixSeconds } from '../base/clock.ts'
import { AuthError } from '../base/errors.ts'
import { DEEP_LOOK_BACK, PAGE_SIZE } from './revocation-feed.ts'
import type { RevokedSession, SessionId, Sessions } from './session.ts'

/** A page of the revocation feed for services that verify tokens without the store. It says nothing about users. */
export interface PublishedPage {
  /** Seconds for which a revoked session matters: no token of it lives longer. */
  readonly window: number
  /** The start of the next page, in seconds since 1970. */
  readonly until: number
  readonly revoked: readonly SessionId[]
  /** Whether the next page can be read at once. */
  readonly more: boolean
}

export interface PublishedPagesDeps {
  readonly sessions: Pick<Sessions, 'revokedSince'>
  readonly clock: Clock
  readonly elapsed: () => Seconds
  readonly window: Seconds
}

/** Seconds. Pages begin and end at multiples of this, so that clients that poll at about the same time share a page. */
const INTERVAL = 5

/**
 * Seconds. The last page ends this long before now, and the next one repeats what was revoked since: it includes writes that
 * were not committed yet, and those of a clock that is behind.
 */
const MARGIN = 30

/** Seconds. A page that begins longer ago is old: only `OLD_PAGES` of them are read in a second, so that others are not delayed. */
const RECENT = 120
const OLD_PAGES = 20

/** How long a page is cached: for `KEPT` if it is full and so old that it does not change any more, otherwise for `FRESH`. */
const KEPT = seconds(60)
const FRESH = seconds(1)

/**
 * Reads pages, each once a second at most, however many clients request it.
 *
 * @returns a function that takes the `until` of the previous page. With `undefined`, or one too old, it returns the first page of all
 *   sessions whose tokens may still be valid. It rejects with `store_unavailable`, or with `busy` if too many old pages are requested
 */
export function publishedPages(
  deps: PublishedPagesDeps,
): (since: number | undefined) => Promise<PublishedPage> {
  const cache = new PageCache(deps.elapsed)
  return async (since) => {
    const now = deps.clock()
    const earliest = intervalStart(now - deps.window - DEEP_LOOK_BACK)
    const from = Math.max(startOf(since, now), earliest)
    const isOld = from !== earliest && from < now - RECENT
    return (
      cache.find(from) ?? cache.add(from, isOld, now, () => readPage(from, now, deps))
    )
  }
}

/** Caches pages by their start. Every second it drops those that may have changed, and after `KEPT` the others. */
class PageCache {
  readonly #elapsed: () => Seconds
  readonly #pages = new Map<number, Promise<PublishedPage>>()
  /** When pages that do not change any more were read. */
  readonly #final = new Map<number, Seconds>()
  #secondBegan: Seconds
  #oldPages = 0

  constructor(elapsed: () => Seconds) {
    this.#elapsed = elapsed
    this.#secondBegan = elapsed()
  }

  find(from: number): Promise<PublishedPage> | undefined {
    if (this.#elapsed() - this.#secondBegan >= FRESH) this.#beginSecond()
    return this.#pages.get(from)
  }

  /** @throws AuthError `busy` */
  add(
    from: number,
    isOld: boolean,
    now: UnixSeconds,
    read: () => Promise<PublishedPage>,
  ): Promise<PublishedPage> {
    if (isOld && this.#oldPages++ >= OLD_PAGES)
      throw new AuthError('busy', 'too many pages of old revocations', { retryAfter: 1 })
    const page = read()
    this.#pages.set(from, page)
    page.then(
      ({ more, until }) => {
        if (more && until <= now - RECENT) this.#final.set(from, this.#elapsed())
      },
      // A page that could not be read is read again for the next client.
      () => this.#pages.delete(from),
    )
    return page
  }

  #beginSecond(): void {
    this.#secondBegan = this.#elapsed()
    this.#oldPages = 0
    for (const [from, readAt] of this.#final)
      if (this.#secondBegan - readAt >= KEPT) this.#final.delete(from)
    for (const from of this.#pages.keys())
      if (!this.#final.has(from)) this.#pages.delete(from)
  }
}

const intervalStart = (moment: number): number => Math.floor(moment / INTERVAL) * INTERVAL

/** The start of the page for a `since`. One in the future comes from before this clock was set back: the client starts over. */
const startOf = (since: number | undefined, now: UnixSeconds): number =>
  since === undefined || since > now + INTERVAL ? 0 : intervalStart(since)

/** Reads a page: the whole intervals that together have at most `PAGE_SIZE` sessions, but at least one interval. */
async function readPage(
  from: number,
  now: UnixSeconds,
  deps: PublishedPagesDeps,
): Promise<PublishedPage> {
  const window = Math.ceil(deps.window)
  const { sessions } = deps
  const rows = await sessions.revokedSince(
    { revokedAt: from as UnixSeconds },
    PAGE_SIZE + 1,
  )
  const next = rows[PAGE_SIZE]
  if (next === undefined)
    return {
      window,
      until: intervalStart(now - MARGIN),
      revoked: idsOf(rows),
      more: false,
    }
  const lastInterval = intervalStart(next.revokedAt)
  const whole = rows.filter(({ revokedAt }) => revokedAt < lastInterval)
  if (whole.length > 0)
    return { window, until: lastInterval, revoked: idsOf(whole), more: true }
  const until = lastInterval + INTERVAL
  const rest = await readUntil(until, next, sessions)
  return { window, until, revoked: idsOf([...rows, ...rest]), more: true }
}

const idsOf = (rows: readonly RevokedSession[]): readonly SessionId[] =>
  rows.map(({ id }) => id)

/** Reads the rest of an interval with more than `PAGE_SIZE` sessions. */
async function readUntil(
  end: number,
  from: RevokedSession,
  sessions: PublishedPagesDeps['sessions'],
): Promise<readonly RevokedSession[]> {
  const rest: RevokedSession[] = []
  let last: RevokedSession | undefined = from
  while (last !== undefined) {
    const page = await sessions.revokedSince(last, PAGE_SIZE)
    const inside = page.filter(({ revokedAt }) => revokedAt < end)
    rest.push(...inside)
    last = inside[PAGE_SIZE - 1]
  }
  return rest
}
