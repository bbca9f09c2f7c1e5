import { hash } from 'node:crypto'
import {
  type Clock,
  days,
  minutes,
  type Seconds,
  type UnixSeconds,
} from '../base/clock.ts'
import { AuthError } from '../base/errors.ts'
import { networkOf } from '../http/client-address.ts'
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
}

/**
 * Runs a password check unless there were too many wrong passwords.
 *
 * @throws AuthError `throttled`, before the password is checked
 */
export type LoginThrottle = <Account>(
  attempt: LoginAttempt,
  check: () => Promise<Account>,
) => Promise<Account>

/**
 * Counts wrong passwords (D22) by account and address together, by address, and by account. An attempt is counted before
 * its password is checked, so that concurrent attempts cannot pass together; it is taken back if the password was right or
 * was not checked, so that a client which signs in at every request (Basic) is never throttled.
 *
 * Others could exhaust the limits of an account, or of an address that its user shares with them. Those limits therefore do not
 * apply to an address from which the user has signed in within the last 30 days; the limits of the pair always do.
 */
export function loginThrottle(limit: Limit, deps: ThrottleDeps): LoginThrottle {
  const throttle = new CountedLogins(limit, deps)
  return (attempt, check) => throttle.run(attempt, check)
}

class CountedLogins {
  readonly #hits: Hits
  readonly #clock: Clock
  readonly #limit: Limit
  readonly #limits: Limits
  readonly #known = new RecentKeys(MAX_KNOWN_PAIRS)

  constructor(limit: Limit, { hits, clock }: ThrottleDeps) {
    this.#hits = hits
    this.#clock = clock
    this.#limit = limit
    this.#limits = limitsFrom(limit)
  }

  async run<Account>(
    attempt: LoginAttempt,
    check: () => Promise<Account>,
  ): Promise<Account> {
    const keys = keysOf(attempt)
    const now = this.#clock()
    const counts = this.#countsOf(attempt, keys, now)
    const counted = await this.#countAll(counts, keys, now)
    try {
      const account = await check()
      await this.#remember(keys, now)
      await this.#takeBack(counted, now)
      return account
    } catch (error) {
      if (!isWrongPassword(error)) await this.#takeBack(counted, now)
      throw error
    }
  }

  #countsOf({ address }: LoginAttempt, keys: Keys, now: UnixSeconds): readonly Count[] {
    const limits = this.#limits
    const counts: Count[] = [{ key: keys.pair, limit: this.#limit }]
    // If addresses are unknown, all clients share one: only the short limit applies, or an attacker could lock out the user.
    if (address !== '') counts.push({ key: keys.pairLong, limit: limits.pair })
    if (keys.known !== undefined && this.#known.has(keys.known, now)) return counts
    if (address !== '')
      counts.push({
        key: keys.address,
        limit: limits.address,
        onlyUnknownAddresses: true,
      })
    // Last, so that attempts which another limit rejects are not counted here.
    counts.push({ key: keys.account, limit: limits.account, onlyUnknownAddresses: true })
    return counts
  }

  /** @returns what was counted @throws AuthError `throttled` if one of the limits is reached; then nothing is counted */
  async #countAll(
    counts: readonly Count[],
    keys: Keys,
    now: UnixSeconds,
  ): Promise<readonly Count[]> {
    const counted: Count[] = []
    try {
      for (const count of counts) {
        const result = await this.#hits.hit(count.key, count.limit, now)
        if (result.kind === 'counted') counted.push(count)
        else if (!(count.onlyUnknownAddresses && (await this.#isKnown(keys, now))))
          throw throttled('throttled by login', result.wait)
      }
    } catch (error) {
      await this.#takeBack(counted, now)
      throw error
    }
    return counted
  }

  /** Whether the user has signed in from this address, through any process. */
  async #isKnown({ known }: Keys, now: UnixSeconds): Promise<boolean> {
    return known !== undefined && this.#hits.isMarked(known, KNOWN_ADDRESS.per, now)
  }

  /** Marks the address, again after a day. */
  async #remember({ known }: Keys, now: UnixSeconds): Promise<void> {
    if (known === undefined || this.#known.has(known, now)) return
    await this.#hits.mark(known, KNOWN_ADDRESS.per, now)
    this.#known.add(known, now)
  }

  async #takeBack(counts: readonly Count[], at: UnixSeconds): Promise<void> {
    await Promise.all(counts.map(({ key, limit }) => this.#hits.takeBack(key, limit, at)))
  }
}

interface Count {
  readonly key: string
  readonly limit: Limit
  /** Set if the limit applies only to addresses from which the user has not signed in. */
  readonly onlyUnknownAddresses?: true
}

const isWrongPassword = (error: unknown): boolean =>
  error instanceof AuthError && error.code === 'no_active_account'

/** The keys of the counters. They have a hash of the login, because users type passwords into its field by mistake. */
type Keys = Readonly<Record<'pair' | 'pairLong' | 'address' | 'account', string>> & {
  /** `undefined` if the address is unknown: all clients would share it. */
  readonly known: string | undefined
}

function keysOf({ account, address }: LoginAttempt): Keys {
  const name = hash('sha256', account, 'base64url')
  const network = networkOf(address)
  return {
    pair: keyOf('login', `${name}_${network}`),
    pairLong: keyOf('login_longer', `${name}_${network}`),
    address: keyOf('login_address', network),
    account: keyOf('login_account', name),
    known: address === '' ? undefined : keyOf(KNOWN_ADDRESS.scope, `${name}_${network}`),
  }
}

type Limits = Readonly<Record<'pair' | 'account' | 'address', Limit>>

function limitsFrom({ limit, per }: Limit): Limits {
  const long = Math.min(per * LONG_PERIOD, LONGEST_PERIOD) as Seconds
  return {
    pair: { limit: limit * PAIR_FACTOR, per: long },
    account: { limit: limit * ACCOUNT_FACTOR, per: long },
    address: { limit: limit * ADDRESS_FACTOR, per },
  }
}

/** How long this process takes an address for known without asking: then the mark is renewed. */
const RENEWED_AFTER = days(1)

/** Keys of the last day, at most `bound`: the least recently added are dropped first. */
class RecentKeys {
  readonly #times = new Map<string, UnixSeconds>()
  readonly #bound: number

  constructor(bound: number) {
    this.#bound = bound
  }

  has(key: string, now: UnixSeconds): boolean {
    const time = this.#times.get(key)
    return time !== undefined && now < time + RENEWED_AFTER
  }

  add(key: string, now: UnixSeconds): void {
    this.#times.delete(key)
    this.#times.set(key, now)
    for (const oldest of this.#times.keys()) {
      if (this.#times.size <= this.#bound) return
      this.#times.delete(oldest)
    }
  }
}
