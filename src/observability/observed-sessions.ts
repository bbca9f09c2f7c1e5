import type { AuditLog } from '../audit/audit-log.ts'
import type { Log } from '../base/log.ts'
import type { RefreshClaims, RotationOutcome } from '../sessions/rotate.ts'
import type { SessionManager } from '../sessions/session-manager.ts'
import type { Counters } from './counters.ts'

export interface ObservedSessionsDeps {
  readonly audit: AuditLog
  readonly counters: Pick<Counters, 'refreshes' | 'revocations'>
  readonly log: Log
}

/** Sessions whose refreshes are counted, and whose suspicious refreshes are recorded in the audit log. */
export function observedSessions(
  sessions: SessionManager,
  deps: ObservedSessionsDeps,
): SessionManager {
  const { revocations } = deps.counters
  return {
    ...sessions,
    async revoke(...args) {
      const isRevoked = await sessions.revoke(...args)
      if (isRevoked) revocations.add(args[1])
      return isRevoked
    },
    async revokeAll(...args) {
      const revoked = await sessions.revokeAll(...args)
      if (revoked.length > 0) revocations.add(args[1], revoked.length)
      return revoked
    },
    async revokeAllOfClient(...args) {
      const revoked = await sessions.revokeAllOfClient(...args)
      if (revoked.length > 0) revocations.add(args[1], revoked.length)
      return revoked
    },
    async rotate(presented, now, idle) {
      const outcome = await sessions.rotate(presented, now, idle)
      observe(outcome, presented, deps)
      return outcome
    },
    async judgeExpired(presented, now) {
      const judged = await sessions.judgeExpired(presented, now)
      observe(judged, presented, deps)
      return judged
    },
  }
}

function observe(
  outcome: RotationOutcome,
  { id, generation }: RefreshClaims,
  { audit, counters, log }: ObservedSessionsDeps,
): void {
  counters.refreshes.add(outcome.kind)
  if (outcome.kind === 'replayed') {
    const { userId } = outcome.session
    audit.recordOncePerMinute(id, { kind: 'refresh_replayed', userId, sessionId: id })
  }
  if (outcome.kind === 'lost_answer') {
    const { userId } = outcome.session
    const event = 'the answer to a refresh was lost: its session goes on'
    log({ level: 'info', event, session: id, user: userId })
    const detail = { unused: outcome.session.generation - 1 }
    void audit.record({ kind: 'lost_answer', userId, sessionId: id, detail })
  }
  if (outcome.kind === 'ahead') {
    const event = 'a refresh token was not issued by its session'
    log({ level: 'warn', event, session: id, generation })
    const detail = { generation }
    audit.recordOncePerMinute(id, { kind: 'refresh_ahead', sessionId: id, detail })
  }
}
