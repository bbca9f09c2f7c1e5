import type { Clock, Seconds, UnixSeconds } from '../base/clock.ts'
import { AuthError } from '../base/errors.ts'
import { DEEP_LOOK_BACK, PAGE } from './revocation-feed.ts'
import type { RevokedSession, SessionId, Sessions } from './session.ts'

/** A page of what services are told that verify tokens and have no store. Nothing in it is said of a user. */
export interface PublishedPage {
  /** Seconds for which an end is to be remembered: no token of the session lives longer. */
  readonly window: number
  /** Where to go on, in seconds since 1970. */
  readonly until: number
  readonly revoked: readonly SessionId[]
  /** Whether there is more from `until` on already. */
  readonly more: boolean
}

export interface PublishedPagesDeps {
  readonly sessions: Pick<Sessions, 'revokedSince'>
  readonly clock: Clock
  readonly elapsed: () => Seconds
  readonly window: Seconds
}

/** Pages begin and end at whole multiples of so many seconds: whoever asks at about one time asks for one page. */
const GRAIN = 5

/**
 * The last page ends so many seconds before now: whoever goes on from there sees again what ended since, and with it every
 * write that was on its way, and what a clock dated that was behind.
 */
const MARGIN = 30

/**
 * Whoever goes on from the last page always gets an answer; of pages from farther back, `OLD_PAGES` are read in a second. One that
 * is full and ends so far back changes no more, and is kept for `KEPT` seconds: whoever asks for all of them keeps nobody from
 * reading on.
 */
const RECENT = 120
const OLD_PAGES = 20
const KEPT = 60

/**
 * The pages that begin at a moment: each is read once a second at most, however many ask for it.
 *
 * @returns takes the `until` of the page before; `undefined`, or one too old: everything of which a token could be alive.
 *   Refuses with `store_unavailable`; with `busy` where too many different pages were asked for
 */
export function publishedPages(
  deps: PublishedPagesDeps,
): (since: number | undefined) => Promise<PublishedPage> {
  const kept = new Map<number, Promise<PublishedPage>>()
  /** When those that change no more were read. */
  const settled = new Map<number, Seconds>()
  let begun = deps.elapsed()
  let old = 0
  const beginSecond = (): void => {
    begun = deps.elapsed()
    old = 0
    for (const [from, readAt] of settled) if (begun - readAt >= KEPT) settled.delete(from)
    for (const from of kept.keys()) if (!settled.has(from)) kept.delete(from)
  }
  return async (since) => {
    if (deps.elapsed() - begun >= 1) beginSecond()
    const now = deps.clock()
    const earliest = grainOf(now - deps.window - DEEP_LOOK_BACK)
    const from = Math.max(startOf(since, now), earliest)
    const known = kept.get(from)
    if (known !== undefined) return known
    const isOld = from !== earliest && from < now - RECENT
    if (isOld && old++ >= OLD_PAGES)
      throw new AuthError('busy', 'too many pages of old revocations', { retryAfter: 1 })
    const page = pageFrom(from, now, deps)
    kept.set(from, page)
    page.then(
      ({ more, until }) => {
        if (more && until <= now - RECENT) settled.set(from, deps.elapsed())
      },
      // What could not be read is read again for whoever asks next.
      () => kept.delete(from),
    )
    return page
  }
}

const grainOf = (moment: number): number => Math.floor(moment / GRAIN) * GRAIN

/** Pages end with this grain at the latest; a moment behind it was told by a clock that has been set back since. */
const startOf = (since: number | undefined, now: UnixSeconds): number =>
  since === undefined || since > now + GRAIN ? 0 : grainOf(since)

/** As many grains as have room for `PAGE` sessions, and at least one. */
async function pageFrom(
  from: number,
  now: UnixSeconds,
  { sessions, window: exactly }: PublishedPagesDeps,
): Promise<PublishedPage> {
  const window = Math.ceil(exactly)
  const rows = await sessions.revokedSince({ endedAt: from as UnixSeconds }, PAGE + 1)
  if (rows.length <= PAGE)
    return { window, until: grainOf(now - MARGIN), revoked: rows.map(idOf), more: false }
  const last = grainOf(rows.at(-1)!.endedAt)
  const page = rows.filter(({ endedAt }) => endedAt < last)
  if (page.length > 0) return { window, until: last, revoked: page.map(idOf), more: true }
  const grain = await restOfGrain(rows, last + GRAIN, sessions)
  return { window, until: last + GRAIN, revoked: grain.map(idOf), more: true }
}

const idOf = ({ id }: RevokedSession): SessionId => id

/** All of one grain, of which there is more than a page. */
async function restOfGrain(
  rows: readonly RevokedSession[],
  end: number,
  sessions: PublishedPagesDeps['sessions'],
): Promise<readonly RevokedSession[]> {
  const all = [...rows]
  for (;;) {
    const page = await sessions.revokedSince(all.at(-1)!, PAGE)
    const itsOwn = page.filter(({ endedAt }) => endedAt < end)
    all.push(...itsOwn)
    if (itsOwn.length < PAGE) return all
  }
}
