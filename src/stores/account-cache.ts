import type { Account, UserId } from '../users/user.ts'
import type { UserField } from '../users/users.ts'

/** Accounts that are remembered at the most: some 20 MB. */
const ACCOUNTS = 20_000

/** Accounts that were read once, by each name they are found by. The owner of the cache forgets an account when it changes. */
export class AccountCache {
  readonly #by = {
    id: new Map<string, Account>(),
    username: new Map<string, Account>(),
    email: new Map<string, Account>(),
  }
  #forgettings = 0

  /** How often something was forgotten: what was read before the last time may be what should have been. */
  get forgettings(): number {
    return this.#forgettings
  }

  find(field: UserField, value: string): Account | undefined {
    return this.#by[field].get(value)
  }

  /** @returns the account, frozen: all callers share it */
  keep(account: Account): Account {
    if (this.#by.id.size >= ACCOUNTS) this.forgetAll()
    // Read under a new name before the change was notified: its old names would stay for good.
    this.#drop(account.user.id)
    const { id, username, email } = frozen(account).user
    this.#by.id.set(id, account)
    this.#by.username.set(username, account)
    if (email !== undefined) this.#by.email.set(email, account)
    return account
  }

  forget(id: UserId): void {
    this.#forgettings += 1
    this.#drop(id)
  }

  #drop(id: UserId): void {
    const user = this.#by.id.get(id)?.user
    if (user === undefined) return
    this.#by.id.delete(id)
    this.#by.username.delete(user.username)
    if (user.email !== undefined) this.#by.email.delete(user.email)
  }

  forgetAll(): void {
    this.#forgettings += 1
    for (const accounts of Object.values(this.#by)) accounts.clear()
  }
}

/** Caches the account by each of its names. */
function frozen<T>(value: T): T {
  if (typeof value === 'object' && value !== null)
    Object.values(Object.freeze(value)).forEach(frozen)
  return value
}
