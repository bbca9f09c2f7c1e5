import type { AuditLog } from '../audit/audit-log.ts'
import type { Log } from '../base/log.ts'
import type { SessionManager } from '../sessions/session-manager.ts'
import type { Counters } from './counters.ts'

/** A book whose sign-ins and refreshes are counted, and written down where they are events. */
export function observedSessions(
  sessions: SessionManager,
  audit: AuditLog,
  { refreshes }: Counters,
  { log }: { readonly log: Log },
): SessionManager {
  return {
    ...sessions,
    async open(session) {
      await sessions.open(session)
      void audit.record({
        kind: 'signed_in',
        userId: session.userId,
        sessionId: session.id,
      })
    },
    async rotate(presented, now) {
      const outcome = await sessions.rotate(presented, now)
      refreshes.add(outcome.kind)
      if (outcome.kind === 'replayed') {
        const { id, userId } = outcome.session
        audit.recordSeldom(id, { kind: 'refresh_replayed', userId, sessionId: id })
      }
      if (outcome.kind === 'ahead') {
        const { id, generation } = presented
        log({
          level: 'warn',
          event: 'a refresh token is ahead of its session',
          session: id,
          generation,
        })
        audit.recordSeldom(id, {
          kind: 'refresh_ahead',
          sessionId: id,
          detail: { generation },
        })
      }
      return outcome
    },
  }
}
