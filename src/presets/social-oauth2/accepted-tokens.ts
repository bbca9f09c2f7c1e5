import { hash } from 'node:crypto'
import { after, type Clock, minutes, type UnixSeconds } from '../../base/clock.ts'
import type { UserId } from '../../users/user.ts'

/** How long a token is accepted without asking its provider again. */
const KEPT = minutes(1)

/** The most tokens that one process keeps. */
const MOST = 10_000

/** The users of tokens that providers have accepted, by the digest of the token. */
export class AcceptedTokens {
  readonly #clock: Clock
  readonly #users = new Map<
    string,
    { readonly id: UserId; readonly until: UnixSeconds }
  >()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  find(provider: string, token: string): UserId | undefined {
    const found = this.#users.get(keyOf(provider, token))
    if (found === undefined || this.#clock() >= found.until) return undefined
    return found.id
  }

  add(provider: string, token: string, id: UserId): void {
    const [oldest] = this.#users.keys()
    if (this.#users.size >= MOST && oldest !== undefined) this.#users.delete(oldest)
    const until = after(this.#clock(), KEPT)
    this.#users.set(keyOf(provider, token), { id, until })
  }
}

const keyOf = (provider: string, token: string): string =>
  `${provider} ${hash('sha256', token, 'base64')}`
