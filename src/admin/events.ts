import type { AuditLog } from '../audit/audit-log.ts'
import type { AuditEvent, EventQuery, Events } from '../audit/event.ts'
import type { UnixSeconds } from '../base/clock.ts'
import { argumentOf, refuseUnknownOptions } from '../base/known-options.ts'
import { ifDefined } from '../base/optional.ts'
import { currentContext, runInContext } from '../base/request-context.ts'
import { pageSize, requireNumber, requireString } from '../users/field-errors.ts'
import type { UserId } from '../users/user.ts'

/** `auth.events`: the audit log. */
export interface EventAdmin<Kind extends string = string> {
  /**
   * Returns events, newest first.
   *
   * @param query.since seconds since 1970
   * @param query.after the last event of the previous page
   * @param query.limit 100 by default, at most 1,000
   */
  list(query?: {
    readonly userId?: string | undefined
    readonly kind?: Kind | undefined
    readonly since?: number | undefined
    readonly after?: Pick<AuditEvent, 'id' | 'at'> | undefined
    readonly limit?: number | undefined
  }): Promise<readonly AuditEvent<Kind>[]>
  /** Records `actor` with every event of `work`: `auth.events.by('staff:7', () => auth.users.delete(id))`. */
  by<T>(actor: string, work: () => T): T
}

const DEFAULT_LIMIT = 100
const MAX_LIMIT = 1000
const QUERY = {
  userId: true,
  kind: true,
  since: true,
  after: true,
  limit: true,
} as const

export interface EventAdminDeps {
  readonly events: Events
  readonly audit: AuditLog
}

export const eventAdmin = <Kind extends string>(
  open: () => Promise<EventAdminDeps>,
): EventAdmin<Kind> => ({
  async list(options = {}) {
    refuseUnknownOptions(options, QUERY, argumentOf('events.list'))
    const { limit = DEFAULT_LIMIT, ...query } = options
    const parsed = { ...parseQuery(query), limit: pageSize(limit, MAX_LIMIT) }
    const { events, audit } = await open()
    // Events are written after their requests are answered: wait for those under way.
    await audit.settled()
    const found = await events.list(parsed)
    // No other kind is ever recorded.
    return found as readonly AuditEvent[] as readonly AuditEvent<Kind>[]
  },
  by(actor, work) {
    requireString('actor', actor)
    const { requestId, address } = currentContext() ?? {}
    return runInContext({ requestId, address, actor }, work)
  },
})

type Query = Omit<NonNullable<Parameters<EventAdmin['list']>[0]>, 'limit'>

/** @throws AuthError `invalid`, whose body names the member of another type */
function parseQuery({ userId, kind, since, after }: Query): Omit<EventQuery, 'limit'> {
  return {
    userId: ifDefined(userId, (id) => requireString('userId', id) as UserId),
    kind: ifDefined(kind, (name) => requireString('kind', name)),
    since: ifDefined(since, (moment) => requireNumber('since', moment) as UnixSeconds),
    after: ifDefined(after, ({ id, at }) => ({
      id: requireString('after', id),
      at: requireNumber('after', at) as UnixSeconds,
    })),
  }
}
