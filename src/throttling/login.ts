import { hash } from 'node:crypto'
import type { Awaitable } from '../base/awaitable.ts'
import {
  type Clock,
  days,
  minutes,
  type Seconds,
  type UnixSeconds,
} from '../base/clock.ts'
import { AuthError } from '../base/errors.ts'
import { networkOf } from '../http/client-address.ts'
import { AttemptsInFlight } from './attempts-in-flight.ts'
import { type Hits, KNOWN_ADDRESS } from './hits.ts'
import { type Limit, LONGEST_PERIOD } from './rate.ts'
import { keyOf, type ThrottleDeps, throttled } from './throttle.ts'

/** The default limit of wrong passwords for one account from one address. A person mistypes fewer than ten times in a minute. */
export const LOGIN_LIMIT: Limit = { limit: 10, per: minutes(1) }

/** The long period as a multiple of the limit's period: an hour for a limit per minute. It stops patient guessers. */
const LONG_PERIOD = 60

/** Multiplies the limit, for one account from one address in the long period: 30 an hour, so that one address cannot exhaust an account. */
const PAIR_FACTOR = 3

/** Multiplies the limit, for one account from all addresses in the long period: 200 an hour. It stops guessers with many addresses. */
const ACCOUNT_FACTOR = 20

/** Multiplies the limit, for all accounts from one address: an office shares one, yet trying many accounts has to be slow. */
const ADDRESS_FACTOR = 6

/** How many pairs of account and known address are cached: some 150 bytes each. */
const MAX_KNOWN_PAIRS = 100_000

export interface LoginAttempt {
  /** The login in the form in which it must be unique, so that all spellings are counted together. */
  readonly account: string
  readonly address: string
  /** Reads the user whom the login names: a known address is that of a user, and names may change hands. */
  findUser(): Awaitable<SignedInUser | undefined>
}

/** What identifies a user for ever: a program may create a user with the id of a deleted one. */
export interface SignedInUser {
  readonly id: string
  readonly joinedAt: number
}

/**
 * Runs a password check unless there were too many wrong passwords.
 *
 * @throws AuthError `throttled`, before the password is checked
 */
export type LoginThrottle = <Account extends SignedInAccount>(
  attempt: LoginAttempt,
  check: () => Promise<Account>,
) => Promise<Account>

interface SignedInAccount {
  readonly user: SignedInUser
}

/**
 * Counts wrong passwords (D22) by account and address together, by address, and by account. An attempt is counted before
 * its password is checked, so that concurrent attempts cannot pass together; it is taken back if the password was right or
 * was not checked, so that a client which signs in at every request (Basic) is never throttled. For the same reason an attempt that
 * finds a limit reached waits for those of this process that are being checked.
 *
 * Others could exhaust the limits of an account, or of an address that its user shares with them. Those limits therefore do not
 * apply to an address from which the user has signed in within the last 30 days. If the address is unknown, only the short limit
 * of the pair applies.
 */
export function loginThrottle(limit: Limit, deps: ThrottleDeps): LoginThrottle {
  const throttle = new CountedLogins(limit, deps)
  return (attempt, check) => throttle.run(attempt, check)
}

class CountedLogins {
  readonly #hits: Hits
  readonly #clock: Clock
  readonly #limits: Limits
  /** The mark of the user who last signed in, by name and address. */
  readonly #known = new RecentMarks(MAX_KNOWN_PAIRS)
  readonly #inFlight = new AttemptsInFlight()

  constructor(limit: Limit, { hits, clock }: ThrottleDeps) {
    this.#hits = hits
    this.#clock = clock
    this.#limits = limitsFrom(limit)
  }

  async run<Account extends SignedInAccount>(
    attempt: LoginAttempt,
    check: () => Promise<Account>,
  ): Promise<Account> {
    const keys = keysOf(attempt)
    const counted = await this.#count(attempt, keys)
    let isWrong = false
    try {
      const account = await check()
      await this.#markAddress(attempt, keys, account.user, counted.at)
      return account
    } catch (error) {
      isWrong = isWrongPassword(error)
      throw error
    } finally {
      if (isWrong) this.#keep(counted)
      else await this.#takeBack(counted)
    }
  }

  /** @throws AuthError `throttled` if a limit is reached and no attempt is in flight, or too many are already waiting for one */
  async #count(attempt: LoginAttempt, keys: Keys): Promise<Counted> {
    for (;;) {
      const at = this.#clock()
      const counts = await this.#countsOf(attempt, keys, at)
      const result = await this.#countAll(counts, attempt, at)
      if ('counts' in result) return result
      const takenBack = this.#inFlight.whenTakenBack(result.key)
      if (takenBack === undefined) throw throttled('throttled by login', result.wait)
      await takenBack
    }
  }

  async #countsOf(
    attempt: LoginAttempt,
    keys: Keys,
    now: UnixSeconds,
  ): Promise<readonly Count[]> {
    const limits = this.#limits
    const short = { key: keys.pairShort, limit: limits.pairShort }
    // If addresses are unknown, all clients share one, and none is ever known: by a longer limit an attacker could lock out the user.
    if (attempt.address === '') return [short]
    const pair = [short, { key: keys.pairLong, limit: limits.pairLong }]
    const mark = this.#known.find(keys.pairShort, now)
    if (mark !== undefined && mark === (await this.#markFor(attempt))) return pair
    const { address, account } = limits
    // The account's last, so that attempts which another limit rejects are not counted there.
    return [
      ...pair,
      { key: keys.address, limit: address, onlyUnknownAddresses: true },
      { key: keys.account, limit: account, onlyUnknownAddresses: true },
    ]
  }

  /** Counts by all limits, or by none. */
  async #countAll(
    counts: readonly Count[],
    attempt: LoginAttempt,
    at: UnixSeconds,
  ): Promise<Counted | Full> {
    const counted: Count[] = []
    let isComplete = false
    try {
      for (const count of counts) {
        const { key, limit } = count
        const result = await this.#hits.hit(key, limit, at)
        if (result.kind === 'counted') {
          this.#inFlight.begin(key)
          counted.push(count)
        } else if (!(count.onlyUnknownAddresses && (await this.#isKnown(attempt, at)))) {
          return { key, wait: result.wait }
        }
      }
      isComplete = true
      return { counts: counted, at }
    } finally {
      if (!isComplete) await this.#takeBack({ counts: counted, at })
    }
  }

  /** Whether the user has signed in from this address, through any process. */
  async #isKnown(attempt: LoginAttempt, now: UnixSeconds): Promise<boolean> {
    const mark = await this.#markFor(attempt)
    return mark !== undefined && this.#hits.isMarked(mark, KNOWN_ADDRESS.per, now)
  }

  /** For a name that no user has, a mark that is never set: the same work (P8). */
  async #markFor(attempt: LoginAttempt): Promise<string | undefined> {
    const user = await attempt.findUser()
    return markOf(user ?? { id: attempt.account, joinedAt: Number.NaN }, attempt)
  }

  /** Marks the address as known to the user; renewed once a day. */
  async #markAddress(
    attempt: LoginAttempt,
    { pairShort }: Keys,
    user: SignedInUser,
    now: UnixSeconds,
  ): Promise<void> {
    const mark = markOf(user, attempt)
    if (mark === undefined || this.#known.find(pairShort, now) === mark) return
    await this.#hits.mark(mark, KNOWN_ADDRESS.per, now)
    this.#known.add(pairShort, mark, now)
  }

  async #takeBack({ counts, at }: Counted): Promise<void> {
    try {
      await Promise.all(
        counts.map(({ key, limit }) => this.#hits.takeBack(key, limit, at)),
      )
    } finally {
      for (const { key } of counts) this.#inFlight.end(key, true)
    }
  }

  #keep({ counts }: Counted): void {
    for (const { key } of counts) this.#inFlight.end(key, false)
  }
}

interface Counted {
  readonly counts: readonly Count[]
  readonly at: UnixSeconds
}

/** @property key of the limit that is reached */
interface Full {
  readonly key: string
  readonly wait: number
}

interface Count {
  readonly key: string
  readonly limit: Limit
  /** Set if the limit applies only to addresses from which the user has not signed in. */
  readonly onlyUnknownAddresses?: true
}

const isWrongPassword = (error: unknown): boolean =>
  error instanceof AuthError && error.code === 'no_active_account'

type LimitName = 'pairShort' | 'pairLong' | 'address' | 'account'

/** The keys of the counters. They have a hash of the login, because users type passwords into its field by mistake. */
type Keys = Readonly<Record<LimitName, string>>

function keysOf({ account, address }: LoginAttempt): Keys {
  const name = hash('sha256', account, 'base64url')
  const network = networkOf(address)
  return {
    pairShort: keyOf('login', `${name}_${network}`),
    pairLong: keyOf('login_longer', `${name}_${network}`),
    address: keyOf('login_address', network),
    account: keyOf('login_account', name),
  }
}

/** The mark of an address from which a user signed in; `undefined` if the address is unknown: all clients would share it. */
function markOf(
  { id, joinedAt }: SignedInUser,
  { address }: LoginAttempt,
): string | undefined {
  if (address === '') return undefined
  const user = hash('sha256', `${joinedAt} ${id}`, 'base64url')
  return keyOf(KNOWN_ADDRESS.scope, `${user}_${networkOf(address)}`)
}

type Limits = Readonly<Record<LimitName, Limit>>

function limitsFrom(pairShort: Limit): Limits {
  const { limit, per } = pairShort
  const long = Math.min(per * LONG_PERIOD, LONGEST_PERIOD) as Seconds
  return {
    pairShort,
    pairLong: { limit: limit * PAIR_FACTOR, per: long },
    account: { limit: limit * ACCOUNT_FACTOR, per: long },
    address: { limit: limit * ADDRESS_FACTOR, per },
  }
}

/** How long this process takes an address for known without asking: then the mark is renewed. */
const RENEWED_AFTER = days(1)

/** Marks of the last day, at most `bound`: the least recently added are dropped first. */
class RecentMarks {
  readonly #marks = new Map<string, { readonly mark: string; readonly at: UnixSeconds }>()
  readonly #bound: number

  constructor(bound: number) {
    this.#bound = bound
  }

  find(key: string, now: UnixSeconds): string | undefined {
    const found = this.#marks.get(key)
    return found !== undefined && now < found.at + RENEWED_AFTER ? found.mark : undefined
  }

  add(key: string, mark: string, now: UnixSeconds): void {
    this.#marks.delete(key)
    this.#marks.set(key, { mark, at: now })
    for (const oldest of this.#marks.keys()) {
      if (this.#marks.size <= this.#bound) return
      this.#marks.delete(oldest)
    }
  }
}
