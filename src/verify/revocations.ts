import type { Awaitable } from '../base/awaitable.ts'
import { type Clock, type Seconds, seconds } from '../base/clock.ts'
import { AuthError } from '../base/errors.ts'
import { fetchJson, reportError } from '../base/fetch-json.ts'
import type { Claims } from '../jwt/json.ts'
import { RevokedSet } from '../sessions/revoked-set.ts'

export interface FeedOptions {
  readonly url: string
  /** A copy of the feed that is older does not count. */
  readonly maxAge: Seconds
  readonly fetch: typeof fetch
  readonly clock: Clock
  readonly elapsed: () => Seconds
  readonly onError: (error: unknown) => void
  /** Called with the ids of the keys that the issuer withdrew, at each read. */
  readonly withdraw: (kids: readonly string[]) => void
}

/** A copy of this age is read again in the background. Also the pause after a failed read. */
const REFRESH_AFTER = seconds(1)
/** Time limit of the request for one page. */
const TIMEOUT = seconds(5)
/** How many pages one read may have, against a feed without an end. A page has some thousand sessions. */
const MAX_PAGES = 2000
/** Sessions that were revoked at the same moment are on one page, which may be a million. */
const MAX_PAGE_BYTES = 2 ** 26
/** How far this clock may be behind the issuer's: revoked sessions are kept so much longer. */
const CLOCK_SKEW = seconds(60)

/** One page of the feed. */
interface Page {
  /** How long a revoked session stays in the feed, in seconds: the longest lifetime of an access token. */
  readonly window: number
  /** Value of `since` for the next page, or for the next read. */
  readonly until: number
  /** Ids of revoked sessions. */
  readonly revoked: readonly string[]
  /** Whether another page follows now. */
  readonly more: boolean
  /** Ids of keys that verify nothing any more, though a copy of the key set may have them. */
  readonly withdrawnKeys: readonly string[]
}

/**
 * Follows an issuer's feed of revoked sessions, without a timer: a check starts a read in the background when the copy is
 * older than a second, and waits for it only when the copy is older than `maxAge`. There is one read at a time.
 */
export class RevocationFeed {
  readonly #options: FeedOptions
  readonly #revoked = new RevokedSet()
  #window = Number.NEGATIVE_INFINITY
  #until: number | undefined
  #readAt = Number.NEGATIVE_INFINITY
  #requestedAt = Number.NEGATIVE_INFINITY
  #reading: Promise<void> | undefined

  constructor(options: FeedOptions) {
    this.#options = options
  }

  /**
   * Checks that the session of a token is not revoked. A token without a session is valid until it expires.
   *
   * @throws AuthError `revoked`; `revocations_unavailable` if the copy is too old and cannot be read again, or the token lives
   *   longer than the feed lists its session; `expired` if the token is so old that the feed may no longer list its session
   */
  check(claims: Claims): Awaitable<void> {
    const { sid } = claims
    if (typeof sid !== 'string') return undefined
    const age = this.#since(this.#readAt)
    const mayRead = this.#since(this.#requestedAt) >= REFRESH_AFTER
    const canWait = mayRead || this.#reading !== undefined
    if (age >= this.#options.maxAge && canWait)
      return this.#read().then(() => this.#judge(claims))
    if (age >= REFRESH_AFTER && mayRead) void this.#read()
    return this.#judge(claims)
  }

  #judge({ sid, client_sid: clientSid, exp, iat }: Claims): void {
    const { clock, maxAge } = this.#options
    if (this.#isRevoked(sid) || this.#isRevoked(clientSid)) throw new AuthError('revoked')
    if (this.#since(this.#readAt) >= maxAge)
      throw unavailable('the feed of revocations cannot be read')
    if (!(Number(exp) - Number(iat) <= this.#window))
      throw unavailable('the token lives longer than the feed lists revoked sessions')
    // With a leeway, a token could outlive the entry of its session in the feed.
    if (!(clock() - Number(iat) < this.#window)) throw new AuthError('expired')
  }

  #isRevoked(id: unknown): boolean {
    return typeof id === 'string' && this.#revoked.has(id)
  }

  /** Starts a read, or joins the one in progress. Never rejects. */
  #read(): Promise<void> {
    if (this.#reading !== undefined && !this.#isAbandoned()) return this.#reading
    const reading = this.#readPages()
      .catch((error) => reportError(this.#options.onError, error))
      .finally(() => {
        if (this.#reading === reading) this.#reading = undefined
      })
    this.#reading = reading
    return reading
  }

  /** Edge runtimes cut off what runs after the response, so a read may never settle. */
  #isAbandoned(): boolean {
    return this.#since(this.#requestedAt) > TIMEOUT + REFRESH_AFTER
  }

  async #readPages(): Promise<void> {
    for (let count = 0; count < MAX_PAGES; count++) {
      const requestedAt = this.#options.elapsed()
      this.#requestedAt = requestedAt
      const page = await this.#fetchPage()
      if (page.more && page.until === this.#until)
        throw new Error('the feed of revocations repeats a page')
      this.#add(page)
      this.#until = page.until
      if (page.more) continue
      this.#readAt = requestedAt
      return
    }
    throw new Error(`the feed of revocations has more than ${MAX_PAGES} pages`)
  }

  async #fetchPage(): Promise<Page> {
    const { url, fetch } = this.#options
    const query = this.#until === undefined ? '' : `?since=${this.#until}`
    const { document } = await fetchJson(url + query, {
      what: 'the feed of revocations',
      timeout: TIMEOUT,
      maxBytes: MAX_PAGE_BYTES,
      fetch,
    })
    return parsePage(document)
  }

  #add({ window, revoked, withdrawnKeys }: Page): void {
    this.#options.withdraw(withdrawnKeys)
    this.#window = window
    const period = seconds(window + CLOCK_SKEW)
    this.#revoked.ageIfDue(period, this.#options.elapsed())
    for (const id of revoked) {
      if (!this.#revoked.add(id))
        throw new Error('the feed of revocations has more sessions than fit in memory')
    }
  }

  #since(moment: number): number {
    return this.#options.elapsed() - moment
  }
}

const unavailable = (message: string): AuthError =>
  new AuthError('revocations_unavailable', message, { retryAfter: 1 })

/** @throws Error if the document is not a page */
function parsePage(document: unknown): Page {
  // An issuer of release 0.1.0 names no withdrawn keys.
  const {
    window,
    until,
    revoked,
    more,
    withdrawnKeys = [],
  } = (document ?? {}) as Partial<Page>
  const isPage =
    isLength(window) &&
    isLength(until) &&
    isStrings(revoked) &&
    typeof more === 'boolean' &&
    isStrings(withdrawnKeys)
  if (isPage) return { window, until, revoked, more, withdrawnKeys }
  throw new Error(
    'the feed of revocations must be an object with window, until, revoked and more, and withdrawnKeys if there are any',
  )
}

const isLength = (value: unknown): value is number =>
  typeof value === 'number' && Number.isFinite(value) && value >= 0

const isStrings = (value: unknown): value is readonly string[] =>
  Array.isArray(value) && value.every((each) => typeof each === 'string')
