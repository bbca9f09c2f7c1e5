import { seconds } from '../base/clock.ts'
import type { KeySummary, Turn } from '../keys/ring.ts'
import type { Roles } from '../permissions/rights.ts'
import { flush } from '../sessions/flush.ts'
import type { Session, SessionId } from '../sessions/session.ts'
import type { Settings } from '../settings/settings.ts'
import { LONGEST_PERIOD } from '../throttling/rate.ts'
import { changeUser, setPassword } from '../users/change.ts'
import { createUser, type UserInput } from '../users/create.ts'
import { refusalOf } from '../users/faults.ts'
import type { User, UserId } from '../users/user.ts'
import { type ApiTokenAdministration, apiTokenAdministration } from './api-tokens.ts'
import type { House } from './house.ts'

/** What the owner of an instance does with users, sessions and keys: for programs and for the command. */
export interface Administration {
  readonly users: {
    /** @throws Refusal `invalid`, its body naming the fields at fault */
    create(input: UserInput): Promise<User>
    /** By username, exact. */
    find(username: string): Promise<User | undefined>
    list(page?: { readonly after?: string; readonly limit?: number }): Promise<readonly User[]>
    count(): Promise<number>
    /**
     * Ends every sign-in of the user, unless `tokens.checkRevoke` says otherwise.
     *
     * @throws Refusal `invalid` where the password is weak; `user_not_found`
     */
    setPassword(id: UserId, password: string): Promise<void>
    /**
     * Deactivation ends every sign-in of the user; roles count from the next request on.
     *
     * @returns `undefined`: there is no such user
     * @throws Refusal `invalid`
     */
    change(id: UserId, change: Partial<Omit<UserInput, 'username' | 'password'>>): Promise<User | undefined>
    /** Ends every sign-in and every API token of the user. @returns `false`: there is no such user */
    delete(id: UserId): Promise<boolean>
  }
  readonly sessions: {
    list(userId: UserId): Promise<readonly Session[]>
    /** @returns `false` where it had ended, or there is none */
    end(id: SessionId): Promise<boolean>
    /** @returns how many it ended */
    endAll(userId: UserId, except?: SessionId): Promise<number>
  }
  readonly tokens: ApiTokenAdministration
  readonly keys: {
    list(): Promise<readonly KeySummary[]>
    /**
     * Next becomes current, current verifies until its last token has expired, a new next is made.
     *
     * @param leaked the keys may be known to others: all are replaced and verify nothing from now on, so everybody signs in again
     */
    rotate(options?: { readonly leaked?: boolean }): Promise<Turn>
  }
  /** Deletes dead sessions, expired API tokens and retired keys, in batches. */
  flush(options?: {
    readonly progress?: (deleted: number) => void
  }): Promise<{ readonly sessions: number; readonly tokens: number; readonly keys: number }>
}

export function administration(settings: Settings, open: () => Promise<House>): Administration {
  const { random, terms } = settings
  const endAll = async (
    userId: UserId,
    reason: 'password' | 'inactive' | 'deleted' | 'admin',
    except?: SessionId,
  ): Promise<number> => {
    const { sessions, clock } = await open()
    return (await sessions?.endAll(userId, reason, clock(), except))?.length ?? 0
  }
  return {
    users: {
      async create(input) {
        refuseUnknown(input.roles, settings.roles)
        const { store, passwords, clock } = await open()
        return createUser(input, { users: store.users, passwords, clock, random })
      },
      find: async (username) => (await (await open()).store.users.find('username', username))?.user,
      list: async ({ after, limit = 100 } = {}) =>
        (await open()).store.users.list({ limit, ...(after === undefined ? {} : { after }) }),
      count: async () => (await open()).store.users.count(),
      async setPassword(id, password) {
        const { store, passwords } = await open()
        await setPassword(id, password, { users: store.users, passwords })
        if (terms.checkRevoke === 'session') await endAll(id, 'password')
      },
      async change(id, change) {
        refuseUnknown(change.roles, settings.roles)
        const user = await changeUser(id, change, (await open()).store.users)
        if (user !== undefined && change.active === false) await endAll(id, 'inactive')
        return user
      },
      async delete(id) {
        const { users, apiTokens } = (await open()).store
        const deleted = await users.delete(id)
        await endAll(id, 'deleted')
        await apiTokens.deleteAll(id)
        return deleted
      },
    },
    sessions: {
      list: async (userId) => (await open()).store.sessions.list(userId),
      async end(id) {
        const { sessions, clock } = await open()
        return (await sessions?.end(id, 'admin', clock())) ?? false
      },
      endAll: (userId, except) => endAll(userId, 'admin', except),
    },
    tokens: apiTokenAdministration(settings, open),
    keys: {
      list: async () => (await open()).ring.list(),
      rotate: async (options) => (await open()).ring.rotate(options),
    },
    async flush({ progress } = {}) {
      const { sessions, store, ring, clock } = await open()
      const ended = (await sessions?.flush(clock(), progress)) ?? 0
      const tokens = await flush(store.apiTokens, clock(), seconds(0), (expired) => progress?.(ended + expired))
      // Counts of a store that nobody counts in any more are forgotten, too; nobody wants to know how many.
      await flush(store.hits, clock(), LONGEST_PERIOD)
      const keys = await store.keys.flush(clock())
      await ring.reload()
      return { sessions: ended, tokens, keys }
    },
  }
}

/** Where an instance names its roles, a user can have no other: a role with a typo would grant nothing and say nothing. */
function refuseUnknown(given: readonly string[] | undefined, roles: Roles): void {
  if (given === undefined || Object.keys(roles).length === 0) return
  const unknown = given.filter((role) => !Object.hasOwn(roles, role))
  if (unknown.length === 0) return
  throw refusalOf({ roles: unknown.map((role) => `There is no role ${JSON.stringify(role)}.`) })
}
