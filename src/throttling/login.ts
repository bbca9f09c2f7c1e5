import { hash } from 'node:crypto'
import { minutes, type Seconds, type UnixSeconds } from '../base/clock.ts'
import { AuthError } from '../base/errors.ts'
import { networkOf } from '../http/client-address.ts'
import { type Limit, LONGEST_PERIOD } from './rate.ts'
import { keyOf, type ThrottleDeps, throttled } from './throttle.ts'

/**
 * Wrong passwords for one account from one address. A person who has forgotten which of a few passwords it was does not come
 * to ten in a minute.
 */
export const LOGIN_LIMIT: Limit = { limit: 10, per: minutes(1) }

/** The longer time, in which fewer are counted than the limit would let in: an hour for a limit of so many a minute. */
const LONGER = 60

/** In the longer time by the same pair: thirty an hour, so that no one address fills the count of an account. */
const OF_A_PAIR = 3

/** In the longer time for one account from wherever: two hundred an hour. It stops guessers with thousands of addresses. */
const OF_AN_ACCOUNT = 20

/** From one address: an office behind it has many people who mistype; trying many accounts has still to be slow. */
const OF_AN_ADDRESS = 6

/** Pairs of account and address that are remembered: some 150 octets each. */
const FAMILIAR = 100_000

/** Who wants in, and from where. */
export interface LoginAttempt {
  /** The name in the form in which accounts are told apart, so that other spellings are counted as one (rule P7). */
  readonly account: string
  readonly address: string
}

/** Runs whatever looks at a password. @throws AuthError `throttled` before it does */
export type LoginThrottle = <Account>(
  guess: LoginAttempt,
  judge: () => Promise<Account>,
) => Promise<Account>

/**
 * Counts wrong passwords (D22): by account and address together, by address, and by account. A guess is counted before its
 * password is looked at, so that a hundred at once are not judged before the first is counted (rule P6), and taken back where
 * the password was right or nobody looked: somebody who signs in at every request, with Basic, is never throttled.
 *
 * With enough addresses a stranger could fill the count of an account that is not his. So it holds for addresses alone from
 * which nobody has signed in to that account since this process began: its owner gets in from where he was before.
 */
export function loginThrottle(
  limit: Limit,
  { hits, clock }: ThrottleDeps,
): LoginThrottle {
  const limits = limitsOf(limit)
  const familiar = new Familiar(FAMILIAR)

  const take = async (counts: readonly Count[], now: UnixSeconds): Promise<void> => {
    for (const [i, { key, limit }] of counts.entries()) {
      const counted = await hits.hit(key, limit, now)
      if (counted.kind === 'counted') continue
      await takeBack(counts.slice(0, i), now)
      throw throttled('throttled by login', counted.wait)
    }
  }
  const takeBack = async (
    counts: readonly Count[],
    moment: UnixSeconds,
  ): Promise<void> => {
    await Promise.all(counts.map(({ key, limit }) => hits.takeBack(key, limit, moment)))
  }

  return async ({ account, address }, judge) => {
    // What is typed into the field of a name is a password at times.
    const name = hash('sha256', account, 'base64url')
    const network = networkOf(address)
    const pair = keyOf('login', `${name}_${network}`)
    const counts: Count[] = [{ key: pair, limit }]
    // Where no address is known, a stranger's guesses are the owner's: they keep nobody out for longer than a moment.
    if (address !== '') {
      counts.push({
        key: keyOf('login_longer', `${name}_${network}`),
        limit: limits.ofPair,
      })
      counts.push({ key: keyOf('login_address', network), limit: limits.ofAddress })
    }
    // The last, so that those whom another count refuses do not fill it.
    if (!familiar.has(pair))
      counts.push({ key: keyOf('login_account', name), limit: limits.ofAccount })
    const now = clock()
    await take(counts, now)
    try {
      const found = await judge()
      familiar.add(pair)
      await takeBack(counts, now)
      return found
    } catch (error) {
      if (!isWrong(error)) await takeBack(counts, now)
      throw error
    }
  }
}

interface Count {
  readonly key: string
  readonly limit: Limit
}

const isWrong = (error: unknown): boolean =>
  error instanceof AuthError && error.code === 'no_active_account'

function limitsOf({ limit, per }: Limit) {
  const longer = Math.min(per * LONGER, LONGEST_PERIOD) as Seconds
  return {
    ofPair: { limit: limit * OF_A_PAIR, per: longer },
    ofAccount: { limit: limit * OF_AN_ACCOUNT, per: longer },
    ofAddress: { limit: limit * OF_AN_ADDRESS, per },
  }
}

/** A bounded set that forgets what was added longest ago: who is forgotten is counted like a stranger. */
class Familiar {
  readonly #keys = new Set<string>()
  readonly #bound: number

  constructor(bound: number) {
    this.#bound = bound
  }

  has(key: string): boolean {
    return this.#keys.has(key)
  }

  add(key: string): void {
    this.#keys.delete(key)
    this.#keys.add(key)
    for (const oldest of this.#keys) {
      if (this.#keys.size <= this.#bound) return
      this.#keys.delete(oldest)
    }
  }
}
