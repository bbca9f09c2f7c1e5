import type { AuditLog } from '../audit/audit-log.ts'
import type { Clock } from '../base/clock.ts'
import type { Random } from '../base/random.ts'
import type { Passwords } from '../passwords/passwords.ts'
import type { Roles } from '../permissions/rights.ts'
import type { RevokeReason, SessionId } from '../sessions/session.ts'
import type { SessionManager } from '../sessions/session-manager.ts'
import { changeUser, setPassword } from '../users/change.ts'
import { createUser, type UserInput } from '../users/create.ts'
import { fieldError } from '../users/field-errors.ts'
import type { User, UserId } from '../users/user.ts'
import type { Users } from '../users/users.ts'

/** `auth.users`. */
export interface UserAdmin {
  /** @throws AuthError `invalid`, its body naming the fields at fault */
  create(input: UserInput): Promise<User>
  /** By username, exact, or by id. */
  find(username: string | { readonly id: UserId }): Promise<User | undefined>
  list(page?: {
    readonly after?: string
    readonly limit?: number
  }): Promise<readonly User[]>
  count(): Promise<number>
  /**
   * Revokes every session of the user, unless `tokens.checkRevoke` says otherwise.
   *
   * @throws AuthError `invalid` if the password is weak; `user_not_found`
   */
  setPassword(id: UserId, password: string): Promise<void>
  /**
   * Deactivating a user revokes every session; changed roles count from the next request on.
   *
   * @returns `undefined` if there is no such user
   * @throws AuthError `invalid`
   */
  change(
    id: UserId,
    change: Partial<Omit<UserInput, 'username' | 'password'>>,
  ): Promise<User | undefined>
  /** Revokes every session and every API token of the user. @returns `false` if there is no such user */
  delete(id: UserId): Promise<boolean>
}

export interface UserAdminSettings {
  readonly roles: Roles
  readonly random: Random
  /** Whether a new password revokes the user's sessions. */
  readonly passwordRevokes: boolean
}

export interface UserAdminDeps {
  readonly users: Users
  readonly passwords: Passwords
  readonly clock: Clock
  readonly audit: AuditLog
  readonly sessions: Pick<SessionManager, 'revokeAll'> | undefined
  /** Deletes what features keep of the user. */
  onUserDeleted(id: UserId): Promise<void>
}

export function userAdmin(
  { roles, random, passwordRevokes }: UserAdminSettings,
  open: () => Promise<UserAdminDeps>,
): UserAdmin {
  return {
    async create(input) {
      refuseUnknownRoles(input.roles, roles)
      const deps = await open()
      const user = await createUser(input, { ...deps, random })
      await deps.audit.record({ kind: 'user_created', userId: user.id })
      return user
    },
    async find(by) {
      const { users } = await open()
      const account =
        typeof by === 'string'
          ? await users.find('username', by)
          : await users.find('id', by.id)
      return account?.user
    },
    async list({ after, limit = 100 } = {}) {
      const { users } = await open()
      return users.list({ limit, ...(after === undefined ? {} : { after }) })
    },
    count: async () => (await open()).users.count(),
    async setPassword(id, password) {
      const deps = await open()
      await setPassword(id, password, deps)
      const recorded = deps.audit.record({ kind: 'password_changed', userId: id })
      if (passwordRevokes) await revokeAll(id, 'password', deps)
      await recorded
    },
    async change(id, change) {
      refuseUnknownRoles(change.roles, roles)
      const deps = await open()
      const user = await changeUser(id, change, deps.users)
      if (user === undefined) return undefined
      const fields = Object.keys(change)
      const recorded = deps.audit.record({
        kind: 'user_changed',
        userId: id,
        detail: { fields },
      })
      if (change.active === false) await revokeAll(id, 'inactive', deps)
      await recorded
      return user
    },
    async delete(id) {
      const deps = await open()
      const deleted = await deps.users.delete(id)
      const recorded = deleted && deps.audit.record({ kind: 'user_deleted', userId: id })
      await revokeAll(id, 'deleted', deps)
      await deps.onUserDeleted(id)
      await recorded
      return deleted
    },
  }
}

/** @returns how many it revoked */
export async function revokeAll(
  userId: UserId,
  reason: RevokeReason,
  { sessions, clock }: Pick<UserAdminDeps, 'sessions' | 'clock'>,
  except?: SessionId,
): Promise<number> {
  const revoked = await sessions?.revokeAll(userId, reason, clock(), except)
  return revoked?.length ?? 0
}

/** If the options name roles, users can have no others: a misspelt role would silently grant nothing. */
function refuseUnknownRoles(given: readonly string[] = [], roles: Roles): void {
  if (Object.keys(roles).length === 0) return
  const unknown = given.filter((role) => !Object.hasOwn(roles, role))
  if (unknown.length === 0) return
  throw fieldError({
    roles: unknown.map((role) => `There is no role ${JSON.stringify(role)}.`),
  })
}
