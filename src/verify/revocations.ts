import type { Awaitable } from '../base/awaitable.ts'
import type { Clock, Seconds } from '../base/clock.ts'
import { AuthError } from '../base/errors.ts'
import { describeFailure, fetchJson } from '../base/fetch-json.ts'
import type { Claims } from '../jwt/json.ts'
import { RevokedSet } from '../sessions/revoked-set.ts'

export interface FeedOptions {
  readonly url: string
  /** Beyond this age what is known counts no more. */
  readonly maxAge: Seconds
  readonly fetch: typeof fetch
  readonly clock: Clock
  readonly elapsed: () => number
  readonly failed: (error: unknown) => void
}

/** Knows of an issuer's sessions that have ended. */
export interface Revocations {
  /**
   * @throws AuthError `revoked`; `revocations_unavailable` where what is known is too old and cannot be read anew, or the token lives
   *   longer than ended sessions are told of; `expired` where it is so old that the end of its session may be told of no more
   */
  refuse(claims: Claims): Awaitable<void>
}

/** Seconds after which what is known is read anew, beside the requests. */
const OLD = 1
/** The most seconds that a page may take. */
const PATIENCE = 5
/** Pages of one reading: some thousands of ends in each. */
const PAGES = 2000
/** Octets of a page: sessions that end in the same seconds stand on one, a million of them if need be. */
const LONGEST = 2 ** 26
/** Seconds for which an end is remembered beyond its window: so much our clock may be behind the issuer's. */
const SKEW = 60

/** One page of the feed. */
interface Page {
  /** Seconds for which an end is told of: as long as an access token lives. */
  readonly window: number
  /** Where the next page, or the next reading, begins. */
  readonly until: number
  readonly revoked: readonly string[]
  readonly more: boolean
}

/**
 * Follows the feed of `GET …/revocations/`. No timer runs: a token that is checked has it read where it is older than a second, and
 * waits for that only where it is older than `maxAge`. One reading at a time.
 */
export function followRevocations({
  url,
  maxAge,
  fetch: get,
  clock,
  elapsed,
  failed,
}: FeedOptions): Revocations {
  /** What was told of in this window, and in the one before it. */
  let [young, aged] = [new RevokedSet(), new RevokedSet()]
  let youngSince = elapsed()
  let window = Number.NEGATIVE_INFINITY
  let until: number | undefined
  let readAt = Number.NEGATIVE_INFINITY
  let reading: Promise<void> | undefined
  /** When its last page was asked for. */
  let lastSign = Number.NEGATIVE_INFINITY

  async function read(): Promise<void> {
    for (let page = 0; page < PAGES; page++) {
      const askedAt = elapsed()
      lastSign = askedAt
      const address = until === undefined ? url : `${url}?since=${until}`
      const told = parsePage(
        await fetchJson(address, {
          what: 'the feed of revocations',
          patience: PATIENCE,
          longest: LONGEST,
          get,
        }),
      )
      if (told.more && told.until === until)
        throw new Error('the feed of revocations does not go on')
      keep(told)
      until = told.until
      if (told.more) continue
      readAt = askedAt
      return
    }
    throw new Error('the feed of revocations has no end')
  }

  function keep(page: Page): void {
    window = page.window
    if (elapsed() - youngSince >= window + SKEW) {
      ;[young, aged] = [new RevokedSet(), young]
      youngSince = elapsed()
    }
    for (const id of page.revoked) {
      if (!young.add(id))
        throw new Error('more sessions have ended than can be remembered')
    }
  }

  /** @returns the reading that is under way; one that a runtime has cut off is given up */
  function readOnce(): Promise<void> {
    if (reading !== undefined && elapsed() - lastSign <= PATIENCE + OLD) return reading
    const mine = read()
      .catch((error) => describeFailure(failed, error))
      .finally(() => {
        if (reading === mine) reading = undefined
      })
    reading = mine
    return mine
  }

  function judge({ sid, exp, iat }: Claims): void {
    if (young.has(sid as string) || aged.has(sid as string))
      throw new AuthError('revoked')
    if (elapsed() - readAt >= maxAge)
      throw unavailable('the feed of revocations cannot be read')
    if (!(Number(exp) - Number(iat) <= window))
      throw unavailable('the token lives longer than ended sessions are told of')
    // Tolerance for clocks must not take a token beyond the time for which its end is remembered.
    if (!(clock() - Number(iat) < window)) throw new AuthError('expired')
  }

  return {
    refuse(claims) {
      // A token of no session ends by itself alone.
      if (typeof claims.sid !== 'string') return undefined
      const age = elapsed() - readAt
      // One that failed is tried again a second later, however many ask.
      const mayRead = elapsed() - lastSign >= OLD
      if (age >= maxAge && (mayRead || reading !== undefined))
        return readOnce().then(() => judge(claims))
      if (age >= OLD && mayRead) void readOnce()
      return judge(claims)
    },
  }
}

const unavailable = (note: string): AuthError =>
  new AuthError('revocations_unavailable', note, { retryAfter: 1 })

/** @throws Error where it is of another shape */
function parsePage(document: unknown): Page {
  const page = (
    typeof document === 'object' && document !== null ? document : {}
  ) as Partial<Page>
  const { window, until, revoked, more } = page
  const isPage =
    isLength(window) &&
    isLength(until) &&
    typeof more === 'boolean' &&
    Array.isArray(revoked) &&
    revoked.every((id) => typeof id === 'string')
  if (!isPage) throw new Error('the feed of revocations has another shape than it should')
  return { window, until, revoked, more }
}

const isLength = (value: unknown): value is number =>
  typeof value === 'number' && Number.isFinite(value) && value >= 0
