import type { AuditLog } from '../audit/audit-log.ts'
import type { Clock } from '../base/clock.ts'
import { configError } from '../base/errors.ts'
import { argumentOf, refuseUnknownOptions } from '../base/known-options.ts'
import { withoutUndefined } from '../base/optional.ts'
import type { Random } from '../base/random.ts'
import type { Passwords } from '../passwords/passwords.ts'
import type { StrengthRule } from '../passwords/strength.ts'
import type { Roles } from '../permissions/rights.ts'
import type { RevokeReason, SessionId } from '../sessions/session.ts'
import type { SessionManager } from '../sessions/session-manager.ts'
import { changeUser, parseUpdate, setPassword, type UserUpdate } from '../users/change.ts'
import { createUser } from '../users/create.ts'
import {
  fieldError,
  pageSize,
  rejectFieldErrors,
  requireString,
} from '../users/field-errors.ts'
import { attributeFaults, type UserFields } from '../users/fields.ts'
import { findByLogin } from '../users/find-by-login.ts'
import { exportedUser } from '../users/imported-user.ts'
import type { JointWrite } from '../users/joint-write.ts'
import type { Account, Attributes, User, UserId } from '../users/user.ts'
import type { ImportedUser, UserInput } from '../users/user-input.ts'
import type { UserField, Users } from '../users/users.ts'
import {
  type ImportCounts,
  type ImportDeps,
  type ImportOptions,
  importUsers,
} from './import-users.ts'
import { refuseLastSuperuser, removesSuperuser } from './last-superuser.ts'
import { writeInEpoch } from './write-in-epoch.ts'

/**
 * `auth.users`.
 *
 * @typeParam A the attributes of users, as the option `user` types them
 */
export interface UserAdmin<A extends object = Attributes> {
  /** @throws AuthError `invalid`, whose body names the invalid fields */
  create(input: UserInput<A>): Promise<User<A>>
  /**
   * Finds a user by username, or by one field: `find('ada')`, `find({ email: 'ada@example.com' })`. Only exact matches, but an email
   * address is found in any letter case.
   */
  find(by: string | UserQuery): Promise<User<A> | undefined>
  list(page?: {
    readonly after?: string
    readonly limit?: number
  }): Promise<readonly User<A>[]>
  count(): Promise<number>
  /**
   * Revokes every session of the user, unless `tokens.checkRevoke` says otherwise.
   *
   * @throws AuthError `invalid` if the password is weak; `user_not_found`
   */
  setPassword(id: string, password: string): Promise<void>
  /**
   * Checks whether this is the user's password. The attempt is neither throttled nor recorded: to sign a client in, use the
   * endpoints or `auth.signIn`.
   *
   * @returns `false` also if there is no such user, or the user has no password
   * @throws AuthError `invalid` above 4,096 bytes; `busy`
   */
  checkPassword(id: string, password: string): Promise<boolean>
  /**
   * Changes take effect at the next request. Deactivating a user revokes every session. A renamed user stays signed
   * in, unless tokens name the changed field (`tokens.userIdField`): then every session is revoked.
   *
   * @param options.onlyIf attributes as they were read: if another process has changed them since, nothing is changed
   * @param options.force also if no active superuser is left afterwards. Default: `false`
   * @returns `undefined` if there is no such user, or `onlyIf` does not hold
   * @throws AuthError `invalid`, whose body names the invalid fields; also for the last active superuser
   */
  change(
    id: string,
    change: UserUpdate<A>,
    options?: ForceOption & { readonly onlyIf?: { readonly attributes: Readonly<A> } },
  ): Promise<User<A> | undefined>
  /**
   * Revokes every session and every API token of the user.
   *
   * @param options.force also the last active superuser. Default: `false`
   * @returns `false` if there is no such user
   * @throws AuthError `invalid` for the last active superuser
   */
  delete(id: string, options?: ForceOption): Promise<boolean>
  /**
   * Creates users of another system with their ids and the hashes of their passwords, some ten thousand a second. It may run while
   * users sign in and sign up, and may be run again: users whose id exists are skipped.
   *
   * @param users read one after the other, so that a file or a query result of any length may be passed
   * @throws AuthError `invalid` for the first user that cannot be imported, unless `onInvalid` is given
   */
  import(
    users: Iterable<ImportedUser> | AsyncIterable<ImportedUser>,
    options?: ImportOptions,
  ): Promise<ImportCounts>
  /**
   * All users, by username, as `import` takes them.
   *
   * @param options.passwordHashes whether the hashes of passwords are in them. Default: `false`
   */
  export(options?: { readonly passwordHashes?: boolean }): AsyncIterable<ImportedUser>
}

export interface ForceOption {
  /** Whether no active superuser may be left. */
  readonly force?: boolean
}

/** One field of a user. */
export type UserQuery =
  | { readonly id: string }
  | { readonly username: string }
  | { readonly email: string }
  | { readonly phone: string }

export interface UserAdminSettings {
  readonly roles: Roles
  readonly random: Random
  /** The option `user`. */
  readonly fields: UserFields
  /** Whether a new password revokes the user's sessions. */
  readonly passwordRevokes: boolean
  /** The field of a user that tokens name. */
  readonly userIdField: UserField
}

export interface UserAdminDeps {
  readonly users: Users
  readonly passwords: Passwords
  /** The rules for new passwords. */
  readonly strength: readonly StrengthRule[]
  readonly clock: Clock
  readonly audit: AuditLog
  readonly sessions: Pick<SessionManager, 'revokeAll'>
  /** Deletes the rows that features hold for the user. */
  onUserDeleted(id: UserId): Promise<void>
}

const PAGE = { after: true, limit: true } as const
const IMPORT = { existing: true, dryRun: true, onInvalid: true, progress: true } as const
const CHANGE = { onlyIf: true, force: true } as const
const DELETE = { force: true } as const
const EXPORT = { passwordHashes: true } as const

export function userAdmin(
  settings: UserAdminSettings,
  open: () => Promise<UserAdminDeps>,
): UserAdmin {
  const { roles, random, fields: userFields, passwordRevokes } = settings
  const changeUserOf = userChanger(settings, open)
  return {
    async create(input) {
      refuseUnknownRoles(input?.roles, roles)
      const deps = await open()
      const user = await createUser(input, {
        ...deps,
        random,
        attributeFaults: (attributes) => attributeFaults(attributes, userFields),
        removeRemains: (id) => removeRemains(id, deps),
      })
      await deps.audit.record({ kind: 'user_created', userId: user.id })
      return user
    },
    async find(by) {
      const { users } = await open()
      const account = await findAccount(users, by)
      return account?.user
    },
    async list(options = {}) {
      refuseUnknownOptions(options, PAGE, argumentOf('users.list'))
      const { after, limit = 100 } = options
      const page = {
        limit: pageSize(limit),
        ...(after !== undefined && { after: requireString('after', after) }),
      }
      return (await open()).users.list(page)
    },
    count: async () => (await open()).users.count(),
    async setPassword(userId, password) {
      const id = idOf(userId)
      requireString('password', password)
      const deps = await open()
      await setPassword(id, password, deps)
      const recorded = deps.audit.record({ kind: 'password_changed', userId: id })
      if (passwordRevokes) await revokeAll(id, 'password', deps)
      await recorded
    },
    async checkPassword(id, password) {
      requireString('password', password)
      const { users, passwords } = await open()
      const account = await users.find('id', idOf(id))
      const check = await passwords.verify([password], account?.hash)
      return account !== undefined && check.kind === 'right'
    },
    async change(userId, update, options = {}) {
      refuseUnknownOptions(options, CHANGE, argumentOf('users.change'))
      return changeUserOf(userId, update, options)
    },
    async delete(userId, options = {}) {
      refuseUnknownOptions(options, DELETE, argumentOf('users.delete'))
      const { force = false } = options
      const id = idOf(userId)
      const deps = await open()
      const deleted = await deps.users.delete(id, { leavesSuperuser: !force })
      if (!deleted && !force) await refuseLastSuperuser(id, deps)
      const recorded = deleted && deps.audit.record({ kind: 'user_deleted', userId: id })
      await removeRemains(id, deps)
      await recorded
      return deleted
    },
    async import(users, options = {}) {
      refuseUnknownOptions(options, IMPORT, argumentOf('users.import'))
      const deps = await open()
      return importUsers(users, options, {
        ...deps,
        random,
        refuseUnknownRoles: (given) => refuseUnknownRoles(given, roles),
        attributeFaults: (attributes) => attributeFaults(attributes, userFields),
        removeRemains: (id) => removeRemains(id, deps),
        changing: changing(settings, deps),
      })
    },
    async *export(options = {}) {
      refuseUnknownOptions(options, EXPORT, argumentOf('users.export'))
      const { users } = await open()
      for await (const account of everyAccount(users))
        yield exportedUser(account, options.passwordHashes === true)
    },
  }
}

/** `UserAdmin.change`. @param joint made in the transaction of the change */
export type UserChanger = (
  id: string,
  change: UserUpdate,
  options?: NonNullable<Parameters<UserAdmin['change']>[2]>,
  joint?: JointWrite,
) => Promise<User | undefined>

export const userChanger =
  (settings: UserAdminSettings, open: () => Promise<UserAdminDeps>): UserChanger =>
  async (userId, update, { onlyIf: asRead, force = false } = {}, joint = undefined) => {
    const id = idOf(userId)
    const change = parseUpdate(update)
    refuseUnknownRoles(change.roles, settings.roles)
    if (change.attributes !== undefined)
      rejectFieldErrors({
        attributes: attributeFaults(change.attributes, settings.fields),
      })
    const deps = await open()
    const leavesSuperuser = !force && removesSuperuser(change)
    const onlyIf = { ...asRead, ...(leavesSuperuser && { leavesSuperuser }) }
    const user = await changing(settings, deps)(id, change, ({ epoch, ...beginning }) =>
      changeUser(id, change, deps, {
        ...beginning,
        onlyIf: { ...onlyIf, epoch },
        joint,
      }),
    )
    if (user === undefined && leavesSuperuser) await refuseLastSuperuser(id, deps)
    if (user === undefined) return undefined
    const fields = Object.keys(change)
    await deps.audit.record({ kind: 'user_changed', userId: id, detail: { fields } })
    return user
  }

/** Changes a user, and revokes the sessions that the change ends: see `ImportDeps`. */
const changing =
  (
    { passwordRevokes, userIdField }: UserAdminSettings,
    deps: UserAdminDeps,
  ): ImportDeps['changing'] =>
  async (id, change, write) => {
    // Tokens name the old value, which may become another user's: other services would mix the two up.
    const isNamed = userIdField !== 'id' && userIdField in change
    const beginning = isNamed ? { beginsEpoch: userIdField } : {}
    const mayBeginEpoch = isNamed || 'hash' in change
    const { user, isNewEpoch = false } = mayBeginEpoch
      ? await writeInEpoch(id, deps.users, (epoch) => write({ ...beginning, epoch }))
      : { user: await write({}) }
    if (user === undefined) return undefined
    if (change.active === false) await revokeAll(id, 'inactive', deps)
    if (isNamed && isNewEpoch) await revokeAll(id, 'admin', deps)
    else if (isNewEpoch && 'hash' in change && passwordRevokes)
      await revokeAll(id, 'password', deps)
    return user
  }

/** Accounts that are read at once. */
const ACCOUNTS = 500

async function* everyAccount(users: Users): AsyncGenerator<Account> {
  let page: readonly Account[] = []
  do {
    const after = page.at(-1)?.user.username
    page = await users.listAccounts({ ...withoutUndefined({ after }), limit: ACCOUNTS })
    yield* page
  } while (page.length === ACCOUNTS)
}

const idOf = (id: unknown): UserId => requireString('id', id) as UserId

/**
 * Revokes the sessions and deletes the feature rows of a deleted user. A user who has the id again was inserted when there were
 * none: what is there now is that user's own.
 */
async function removeRemains(id: UserId, deps: UserAdminDeps): Promise<void> {
  if ((await deps.users.read('id', id)) !== undefined) return
  await revokeAll(id, 'deleted', deps)
  await deps.onUserDeleted(id)
}

const QUERY_FIELDS = ['id', 'username', 'email', 'phone'] as const

/** The one field of a query. @throws AuthError `invalid_config` if it has none or several */
async function findAccount(
  users: Users,
  by: string | UserQuery,
): Promise<Account | undefined> {
  if (typeof by === 'string') return findByLogin(users, 'username', by)
  const [field, value] = fieldOf(by)
  if (field === 'id') return users.find('id', value)
  return findByLogin(users, field, value)
}

function fieldOf(by: UserQuery): readonly [field: UserField, value: string] {
  const entries = Object.entries(by ?? {})
  const [[name, value] = []] = entries
  const field = QUERY_FIELDS.find((each) => each === name)
  if (entries.length === 1 && field !== undefined && typeof value === 'string')
    return [field, value]
  throw configError(
    'users.find(…) takes one field: { id }, { username }, { email } or { phone }, such as { username: "ada" }.',
  )
}

/** Revokes the sessions of a user, but not `except`. @returns how many it revoked */
export async function revokeAll(
  userId: UserId,
  reason: RevokeReason,
  {
    sessions,
    clock,
  }: Pick<UserAdminDeps, 'clock'> & {
    readonly sessions: UserAdminDeps['sessions'] | undefined
  },
  except?: SessionId,
): Promise<number> {
  const revoked = await sessions?.revokeAll(userId, reason, clock(), except)
  return revoked?.length ?? 0
}

/** If the options name roles, users can have no others: a misspelt role would silently grant nothing. */
export function refuseUnknownRoles(given: unknown, roles: Roles): void {
  // Values of other types are rejected with the other fields.
  if (Object.keys(roles).length === 0 || !Array.isArray(given)) return
  const unknown = given.filter(
    (role) => typeof role === 'string' && !Object.hasOwn(roles, role),
  )
  if (unknown.length === 0) return
  throw fieldError({
    roles: unknown.map((role) => `There is no role ${JSON.stringify(role)}.`),
  })
}
