import type { Account, UserId } from '../users/user.ts'
import type { UserField } from '../users/users.ts'

/** Accounts kept at the most: some 20 MB. */
const CAPACITY = 20_000

/** Accounts by each name that they are found by. The owner of the cache invalidates an account when it changes. */
export class AccountCache {
  readonly #by = {
    id: new Map<string, Account>(),
    username: new Map<string, Account>(),
    email: new Map<string, Account>(),
    phone: new Map<string, Account>(),
  }
  #invalidations = 0

  /** How often something was invalidated: an account that was read before the last time may be outdated. */
  get invalidations(): number {
    return this.#invalidations
  }

  find(field: UserField, value: string): Account | undefined {
    return this.#by[field].get(value)
  }

  /** @returns the account, frozen: all callers share it */
  add(account: Account): Account {
    if (this.#by.id.size >= CAPACITY) this.clear()
    // Read under a new name before the change was notified: its old names would stay for good.
    this.#drop(account.user.id)
    const { id, username, email, phone } = frozen(account).user
    this.#by.id.set(id, account)
    this.#by.username.set(username, account)
    if (email !== undefined) this.#by.email.set(email, account)
    if (phone !== undefined) this.#by.phone.set(phone, account)
    return account
  }

  invalidate(id: UserId): void {
    this.#invalidations += 1
    this.#drop(id)
  }

  #drop(id: UserId): void {
    const user = this.#by.id.get(id)?.user
    if (user === undefined) return
    this.#by.id.delete(id)
    this.#by.username.delete(user.username)
    if (user.email !== undefined) this.#by.email.delete(user.email)
    if (user.phone !== undefined) this.#by.phone.delete(user.phone)
  }

  clear(): void {
    this.#invalidations += 1
    for (const accounts of Object.values(this.#by)) accounts.clear()
  }
}

function frozen<T>(value: T): T {
  if (typeof value === 'object' && value !== null)
    Object.values(Object.freeze(value)).forEach(frozen)
  return value
}

/** A write after which the cache is invalidated: a caller that has written reads its own write. */
export const invalidatingWrite =
  <Args extends readonly unknown[], Result>(
    write: (...args: Args) => Promise<Result>,
    invalidate: (...args: Args) => void,
  ) =>
  (...args: Args): Promise<Result> =>
    write(...args).finally(() => invalidate(...args))
