import type { AuditLog } from '../audit/audit-log.ts'
import type { Clock } from '../base/clock.ts'
import { AuthError } from '../base/errors.ts'
import { listOf } from '../base/optional.ts'
import type { Random } from '../base/random.ts'
import type { Passwords } from '../passwords/passwords.ts'
import { writeChange } from '../users/change.ts'
import { insertWithId } from '../users/create.ts'
import { emailKey } from '../users/email.ts'
import {
  EMAIL_TAKEN,
  type FieldErrors,
  fieldError,
  NAME_TAKEN,
  PHONE_TAKEN,
  rejectFieldErrors,
} from '../users/field-errors.ts'
import { changeOf, parseImportedUser } from '../users/imported-user.ts'
import type { StoredUser, UserId } from '../users/user.ts'
import type { ImportedUser } from '../users/user-input.ts'
import type {
  InsertedUsers,
  NewUser,
  UserChange,
  UserKeys,
  Users,
} from '../users/users.ts'
import { refuseLastSuperuser, removesSuperuser } from './last-superuser.ts'

export interface ImportOptions {
  /** What to do with a user whose id exists: `"skip"` (default), or `"update"` to change the members that are given. */
  readonly existing?: 'skip' | 'update'
  /**
   * Checks every user, and writes nothing. What must be unique is compared with the database and with some 100,000 users that were
   * read before. Default: `false`.
   */
  readonly dryRun?: boolean
  /** Called for each user that cannot be imported; the import goes on. Without it, the first one ends the import. */
  readonly onInvalid?: (invalid: InvalidUser) => void
  /** Called after every 500 users. */
  readonly progress?: (counts: ImportCounts) => void
}

export interface InvalidUser {
  /** As it was given. */
  readonly user: unknown
  /** The messages by field. */
  readonly errors: Readonly<Record<string, readonly string[]>>
}

export interface ImportCounts {
  readonly created: number
  /** Users whose id existed and that were changed. */
  readonly updated: number
  /** Users whose id existed and that were left as they were. */
  readonly skipped: number
  /** Users that could not be imported. */
  readonly invalid: number
}

export interface ImportDeps {
  readonly users: Users
  readonly passwords: Passwords
  readonly clock: Clock
  readonly random: Random
  readonly audit: AuditLog
  /** @throws AuthError `invalid` */
  refuseUnknownRoles(roles: unknown): void
  /** @returns messages about attributes that the option `user` does not allow */
  attributeFaults(attributes: object): readonly string[]
  /** Removes what a failed deletion has left under this id. */
  removeRemains(id: UserId): Promise<void>
  /** Changes a user through `write`, and revokes the sessions that the change ends. */
  changing(
    id: UserId,
    change: Pick<UserChange, 'active'>,
    write: (options: WriteOptions) => Promise<StoredUser | undefined>,
  ): Promise<StoredUser | undefined>
}

/** What a change of a user begins, and the epoch in which it is written. */
export interface WriteOptions extends Pick<UserChange, 'beginsEpoch'> {
  readonly epoch?: number | undefined
}

/** Users that are inserted by one statement. More would hold the event loop and the database for longer. */
const BATCH = 500

/** How often a batch is tried. */
const ATTEMPTS = 3

/** Changes that run at once. */
const CHANGES = 50

/** How many users' keys a dry run keeps in memory: some 30 MB. */
const DRY_KEYS = 100_000

/**
 * Creates users of another system, in batches: after an error the import can be run again from the beginning.
 *
 * @throws AuthError `invalid` without `onInvalid`; `store_unavailable`
 */
export async function importUsers(
  users: Iterable<ImportedUser> | AsyncIterable<ImportedUser>,
  options: ImportOptions,
  deps: ImportDeps,
): Promise<ImportCounts> {
  const running = new UserImport(options, deps)
  try {
    for await (const user of users) await running.add(user)
    await running.flush()
    return running.counts
  } finally {
    await running.record()
  }
}

interface Row {
  readonly input: ImportedUser
  readonly user: NewUser
}

class UserImport {
  readonly #options: ImportOptions
  readonly #deps: ImportDeps
  readonly #batch = new Map<UserId, Row>()
  readonly #counts = { created: 0, updated: 0, skipped: 0, invalid: 0 }
  #taken = new TakenKeys()

  constructor(options: ImportOptions, deps: ImportDeps) {
    this.#options = options
    this.#deps = deps
  }

  get counts(): ImportCounts {
    return { ...this.#counts }
  }

  async add(input: ImportedUser): Promise<void> {
    const user = await this.#parsed(input)
    if (user === undefined) return
    // The ids of a batch are different, so that the database can say which of its rows were inserted.
    if (this.#batch.has(user.id)) await this.flush()
    this.#batch.set(user.id, { input, user })
    if (this.#batch.size >= BATCH) await this.flush()
  }

  async flush(): Promise<void> {
    const batch = [...this.#batch.values()]
    this.#batch.clear()
    const rows = await this.#withRequiredFields(batch)
    await this.#settle(await this.#insert(rows))
    this.#options.progress?.(this.counts)
  }

  async record(): Promise<void> {
    const { created, updated } = this.#counts
    if (this.#options.dryRun === true || created + updated === 0) return
    await this.#deps.audit.record({ kind: 'users_imported', detail: { ...this.counts } })
  }

  async #parsed(input: ImportedUser): Promise<NewUser | undefined> {
    const { refuseUnknownRoles, attributeFaults, clock } = this.#deps
    try {
      refuseUnknownRoles(input?.roles)
      const user = await parseImportedUser(input, { ...this.#deps, now: clock() })
      if (input.attributes !== undefined)
        rejectFieldErrors({ attributes: attributeFaults(user.attributes) })
      return user
    } catch (error) {
      return this.#refuseIfInvalid(input, error)
    }
  }

  /** Refuses new users without attributes if the option `user` requires some. Others may exist, and be updated. */
  async #withRequiredFields(rows: readonly Row[]): Promise<readonly Row[]> {
    const faults = this.#deps.attributeFaults({})
    const lacking = rows.filter(({ input }) => input.attributes === undefined)
    if (faults.length === 0 || lacking.length === 0) return rows
    const stored = await this.#deps.users.findKeys(lacking.map(({ user }) => user))
    const ids = new Set(stored.map(({ id }) => id))
    const refused = new Set(lacking.filter(({ user }) => !ids.has(user.id)))
    for (const { input } of refused) this.#refuse(input, { attributes: faults })
    return rows.filter((row) => !refused.has(row))
  }

  /** @returns the rows that were not inserted */
  async #insert(rows: readonly Row[]): Promise<readonly Row[]> {
    if (this.#options.dryRun === true) return rows
    if (rows.length === 0) return []
    const { inserted, remains } = await this.#insertAll(rows.map(({ user }) => user))
    this.#counts.created += inserted.size
    const left: Row[] = []
    for (const row of rows.filter(({ user }) => !inserted.has(user.id))) {
      const isInserted =
        remains.has(row.user.id) && (await insertWithId(row.user, this.#deps))
      if (isInserted) this.#counts.created++
      else left.push(row)
    }
    return left
  }

  /** Tries again at once: PostgreSQL ends one of two transactions that wait for each other, such as an import and a sign-up. */
  async #insertAll(users: readonly NewUser[]): Promise<InsertedUsers> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.#deps.users.insertAll(users)
      } catch (error) {
        const isRetryable =
          error instanceof AuthError && error.code === 'store_unavailable'
        if (attempt === ATTEMPTS || !isRetryable) throw error
      }
    }
  }

  /** Decides about users that are not inserted. */
  async #settle(rows: readonly Row[]): Promise<void> {
    const taken = await this.#takenBy(rows)
    const existing: Row[] = []
    for (const { input, user } of rows) {
      const errors = taken.errorsOf(user)
      if (taken.hasId(user.id)) existing.push({ input, user })
      else if (errors !== undefined) this.#refuse(input, errors)
      else if (this.#options.dryRun !== true) this.#refuse(input, CHANGED_MEANWHILE)
      else {
        taken.add(user)
        this.#counts.created++
      }
    }
    if (this.#options.existing === 'update') await this.#update(existing, taken)
    else this.#counts.skipped += existing.length
  }

  /** Also by users that a dry run has not created. */
  async #takenBy(rows: readonly Row[]): Promise<TakenKeys> {
    if (this.#options.dryRun !== true || this.#taken.size > DRY_KEYS)
      this.#taken = new TakenKeys()
    const stored = await this.#deps.users.findKeys(rows.map(({ user }) => user))
    for (const keys of stored) this.#taken.add(keys)
    return this.#taken
  }

  /** New names and addresses in order, because one user may get what another one gave up; the rest at once. */
  async #update(rows: readonly Row[], taken: TakenKeys): Promise<void> {
    const inOrder = rows.filter(({ user }) => !taken.hasAll(user))
    const atOnce = rows.filter(({ user }) => taken.hasAll(user))
    for (const row of inOrder) await this.#change(row, taken)
    for (let done = 0; done < atOnce.length; done += CHANGES) {
      const some = atOnce.slice(done, done + CHANGES)
      await Promise.all(some.map((row) => this.#change(row, taken)))
    }
  }

  async #change({ input, user }: Row, taken: TakenKeys): Promise<void> {
    const { users, changing } = this.#deps
    const change = changeOf(input, user)
    const leavesSuperuser = removesSuperuser(change)
    const write = ({ epoch, ...options }: WriteOptions) =>
      writeChange(user.id, { ...change, ...options }, users, {
        onlyIf: { leavesSuperuser, epoch },
      })
    try {
      const isWritten =
        this.#options.dryRun !== true &&
        (await changing(user.id, change, write)) !== undefined
      if (!isWritten && leavesSuperuser) await refuseLastSuperuser(user.id, { users })
      if (this.#options.dryRun === true) taken.reject(user, change)
      else if (!isWritten) return this.#refuse(input, CHANGED_MEANWHILE)
      this.#counts.updated++
    } catch (error) {
      this.#refuseIfInvalid(input, error)
    }
  }

  #refuseIfInvalid(input: unknown, error: unknown): undefined {
    if (!(error instanceof AuthError) || error.code !== 'invalid') throw error
    this.#refuse(input, (error.body ?? {}) as FieldErrors)
  }

  #refuse(user: unknown, errors: FieldErrors): void {
    const { onInvalid } = this.#options
    if (onInvalid === undefined) throw fieldError(errors)
    this.#counts.invalid++
    onInvalid({ user, errors: errors as InvalidUser['errors'] })
  }
}

const CHANGED_MEANWHILE: FieldErrors = {
  non_field_errors: [
    'Another process has just created, changed or deleted this user, or one with the same name, email address or phone number. Import this user again.',
  ],
}

/** The keys of stored users. */
class TakenKeys {
  readonly #ids = new Set<UserId>()
  readonly #names = new Map<string, UserId>()
  readonly #emails = new Map<string, UserId>()
  readonly #phones = new Map<string, UserId>()

  get size(): number {
    return this.#ids.size
  }

  add({ id, usernameKey, email, phone }: UserKeys): void {
    this.#ids.add(id)
    this.#names.set(usernameKey, id)
    if (email !== undefined) this.#emails.set(emailKey(email), id)
    if (phone !== undefined) this.#phones.set(phone, id)
  }

  hasId(id: UserId): boolean {
    return this.#ids.has(id)
  }

  /** Whether a user has all keys of this one: an update changes none. */
  hasAll(keys: UserKeys): boolean {
    return this.#holdersOf(keys).every(([, holder]) => holder === keys.id)
  }

  /** The messages about keys that another user has. @returns `undefined` if there are none */
  errorsOf(keys: SomeKeys): FieldErrors | undefined {
    const taken = this.#holdersOf(keys).filter(
      ([, holder]) => holder !== undefined && holder !== keys.id,
    )
    if (taken.length === 0) return undefined
    return Object.fromEntries(taken.map(([field]) => [field, [TAKEN[field]]]))
  }

  /** @throws AuthError `invalid` if a change needs keys that another user has */
  reject({ id }: UserKeys, { usernameKey, email, phone }: UserChange): void {
    const errors = this.errorsOf({ id, usernameKey, email, phone })
    if (errors !== undefined) throw fieldError(errors)
  }

  /** Who has each of the keys that are given. */
  #holdersOf({ usernameKey, email, phone }: SomeKeys) {
    return [
      ...listOf(usernameKey).map((key) => ['username', this.#names.get(key)] as const),
      ...listOf(email).map((own) => ['email', this.#emails.get(emailKey(own))] as const),
      ...listOf(phone).map((own) => ['phone', this.#phones.get(own)] as const),
    ]
  }
}

type SomeKeys = Pick<UserKeys, 'id' | 'email' | 'phone'> & {
  readonly usernameKey?: string | undefined
}

const TAKEN = { username: NAME_TAKEN, email: EMAIL_TAKEN, phone: PHONE_TAKEN } as const
