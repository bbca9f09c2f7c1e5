import { seconds } from '../base/clock.ts'
import { type ApiTokenAdmin, apiTokenAdmin } from '../features/api-tokens/admin.ts'
import type { Instance } from '../instance/instance.ts'
import type { KeySummary, RotateOptions, RotationResult } from '../keys/ring.ts'
import type { Roles } from '../permissions/rights.ts'
import { flush } from '../sessions/flush.ts'
import type { Session, SessionId } from '../sessions/session.ts'
import type { Settings } from '../settings/settings.ts'
import { LONGEST_PERIOD } from '../throttling/rate.ts'
import { changeUser, setPassword } from '../users/change.ts'
import { createUser, type UserInput } from '../users/create.ts'
import { fieldError } from '../users/field-errors.ts'
import type { User, UserId } from '../users/user.ts'
import { type EventAdmin, eventAdmin } from './events.ts'

/** What the owner of an instance does with users, sessions and keys: for programs and for the command. */
export interface Admin {
  readonly users: {
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
     * Ends every sign-in of the user, unless `tokens.checkRevoke` says otherwise.
     *
     * @throws AuthError `invalid` where the password is weak; `user_not_found`
     */
    setPassword(id: UserId, password: string): Promise<void>
    /**
     * Deactivation ends every sign-in of the user; roles count from the next request on.
     *
     * @returns `undefined`: there is no such user
     * @throws AuthError `invalid`
     */
    change(
      id: UserId,
      change: Partial<Omit<UserInput, 'username' | 'password'>>,
    ): Promise<User | undefined>
    /** Ends every sign-in and every API token of the user. @returns `false`: there is no such user */
    delete(id: UserId): Promise<boolean>
  }
  readonly sessions: {
    list(userId: UserId): Promise<readonly Session[]>
    /** @returns `false` where it had ended, or there is none */
    revoke(id: SessionId): Promise<boolean>
    /** @returns how many it ended */
    revokeAll(userId: UserId, except?: SessionId): Promise<number>
  }
  readonly apiTokens: ApiTokenAdmin
  readonly keys: {
    list(): Promise<readonly KeySummary[]>
    /**
     * Next becomes current, current verifies until its last token has expired, a new next is made. Waits, for some twenty seconds at
     * most, where next has been published for so short a time that others may not know it yet.
     *
     * @param options.leaked the keys may be known to others: all are replaced at once and verify nothing from now on, so everybody
     *   signs in again
     * @throws AuthError `invalid_config` where the keys are given by `tokens.signingKey`; `busy` where another process did at this moment
     */
    rotate(options?: RotateOptions): Promise<RotationResult>
    /**
     * Seals the private keys with the first of the secrets, after which the others are needed no more.
     *
     * @returns how many it sealed anew
     */
    reseal(): Promise<number>
  }
  readonly events: EventAdmin
  /** Deletes dead sessions, expired API tokens, events that are old enough and retired keys, in batches. */
  flush(options?: { readonly progress?: (deleted: number) => void }): Promise<{
    readonly sessions: number
    readonly tokens: number
    readonly events: number
    readonly keys: number
  }>
}

export function createAdmin(settings: Settings, open: () => Promise<Instance>): Admin {
  const { random, terms } = settings
  const endAll = async (
    userId: UserId,
    reason: 'password' | 'inactive' | 'deleted' | 'admin',
    except?: SessionId,
  ): Promise<number> => {
    const { sessions, clock } = await open()
    return (await sessions?.revokeAll(userId, reason, clock(), except))?.length ?? 0
  }
  return {
    users: {
      async create(input) {
        refuseUnknown(input.roles, settings.roles)
        const { store, passwords, clock, audit } = await open()
        const user = await createUser(input, {
          users: store.ports.users,
          passwords,
          clock,
          random,
        })
        await audit.record({ kind: 'user_created', userId: user.id })
        return user
      },
      async find(by) {
        const { users } = (await open()).store.ports
        return (
          await (typeof by === 'string'
            ? users.find('username', by)
            : users.find('id', by.id))
        )?.user
      },
      list: async ({ after, limit = 100 } = {}) =>
        (await open()).store.ports.users.list({
          limit,
          ...(after === undefined ? {} : { after }),
        }),
      count: async () => (await open()).store.ports.users.count(),
      async setPassword(id, password) {
        const { store, passwords, audit } = await open()
        await setPassword(id, password, { users: store.ports.users, passwords })
        const told = audit.record({ kind: 'password_changed', userId: id })
        if (terms.checkRevoke === 'session') await endAll(id, 'password')
        await told
      },
      async change(id, change) {
        refuseUnknown(change.roles, settings.roles)
        const { store, audit } = await open()
        const user = await changeUser(id, change, store.ports.users)
        if (user === undefined) return undefined
        const told = audit.record({
          kind: 'user_changed',
          userId: id,
          detail: { fields: Object.keys(change) },
        })
        if (change.active === false) await endAll(id, 'inactive')
        await told
        return user
      },
      async delete(id) {
        const { store, audit } = await open()
        const deleted = await store.ports.users.delete(id)
        const told = deleted && audit.record({ kind: 'user_deleted', userId: id })
        await endAll(id, 'deleted')
        await store.ports.apiTokens.deleteAll(id)
        await told
        return deleted
      },
    },
    sessions: {
      list: async (userId) => (await open()).store.ports.sessions.list(userId),
      async revoke(id) {
        const { sessions, store, clock, audit } = await open()
        const ended = (await sessions?.revoke(id, 'admin', clock())) ?? false
        if (!ended) return false
        const whose = async () => ({
          userId: (await store.ports.sessions.find(id))?.session.userId,
        })
        await audit.record({ kind: 'session_ended', sessionId: id }, whose)
        return true
      },
      async revokeAll(userId, except) {
        const ended = await endAll(userId, 'admin', except)
        const { audit } = await open()
        if (ended > 0)
          await audit.record({
            kind: 'session_ended',
            userId,
            detail: { sessions: ended },
          })
        return ended
      },
    },
    apiTokens: apiTokenAdmin(settings, open),
    events: eventAdmin(open),
    keys: {
      list: async () => (await open()).ring.list(),
      async rotate(options) {
        const { ring, audit } = await open()
        const turn = await ring.rotate(options)
        await audit.record({
          kind: 'keys_rotated',
          detail: { ...turn, leaked: options?.leaked === true },
        })
        return turn
      },
      reseal: async () => (await open()).ring.reseal(),
    },
    async flush({ progress } = {}) {
      const { sessions, store, ring, clock } = await open()
      const ended = (await sessions?.flush(clock(), progress)) ?? 0
      const tokens = await flush(store.ports.apiTokens, clock(), seconds(0), (expired) =>
        progress?.(ended + expired),
      )
      const before = ended + tokens
      const events =
        settings.audit === undefined
          ? 0
          : await flush(store.ports.events, clock(), settings.audit.keep, (old) =>
              progress?.(before + old),
            )
      // Counts of a store that nobody counts in any more are forgotten, too; nobody wants to know how many.
      await flush(store.ports.hits, clock(), LONGEST_PERIOD)
      const keys = await store.ports.keys.flush(clock())
      await ring.reload()
      return { sessions: ended, tokens, events, keys }
    },
  }
}

/** Where an instance names its roles, a user can have no other: a role with a typo would grant nothing and say nothing. */
function refuseUnknown(given: readonly string[] | undefined, roles: Roles): void {
  if (given === undefined || Object.keys(roles).length === 0) return
  const unknown = given.filter((role) => !Object.hasOwn(roles, role))
  if (unknown.length === 0) return
  throw fieldError({
    roles: unknown.map((role) => `There is no role ${JSON.stringify(role)}.`),
  })
}
