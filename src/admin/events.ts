import type { AuditEvent, EventKind } from '../audit/event.ts'
import type { UnixSeconds } from '../base/clock.ts'
import { currentContext, runInContext } from '../base/request-context.ts'
import type { Instance } from '../instance/instance.ts'
import type { UserId } from '../users/user.ts'

/** What the owner of an instance does with the audit log. */
export interface EventAdmin {
  /**
   * The newest first.
   *
   * @param query.since seconds since 1970
   * @param query.after the last event of the page before
   * @param query.limit 100 where it is not given, 1,000 at the most
   */
  list(query?: {
    readonly userId?: UserId | undefined
    readonly kind?: EventKind | undefined
    readonly since?: number | undefined
    readonly after?: Pick<AuditEvent, 'id' | 'at'> | undefined
    readonly limit?: number | undefined
  }): Promise<readonly AuditEvent[]>
  /** Does something that is written down as done by `actor`: `auth.events.by('staff:7', () => auth.users.delete(id))`. */
  by<T>(actor: string, work: () => T): T
}

const USUAL = 100
const MOST = 1000

export const eventAdmin = (open: () => Promise<Instance>): EventAdmin => ({
  async list({ since, limit = USUAL, ...query } = {}) {
    const { store, audit } = await open()
    // Whoever asks after an answer finds what it brought about.
    await audit.settled()
    return store.ports.events.list({
      ...query,
      since: since as UnixSeconds | undefined,
      limit: Math.max(1, Math.min(Math.trunc(limit) || USUAL, MOST)),
    })
  },
  by(actor, work) {
    const { requestId, address } = currentContext() ?? {}
    return runInContext({ requestId, address, actor }, work)
  },
})
