import type { AuditLog } from '../audit/audit-log.ts'
import { callHook } from '../base/call-hook.ts'
import { seconds } from '../base/clock.ts'
import { openSessionManager, type SessionManager } from '../sessions/session-manager.ts'
import type { Store } from '../stores/store.ts'
import type { SettingsWithClock } from './instance.ts'

export function openSessions(
  { terms, overlap, reuse, revocationMaxAge, clock, random, log, on }: SettingsWithClock,
  store: Store,
  audit: AuditLog,
): Promise<SessionManager> {
  return openSessionManager(
    {
      idle: terms.refresh,
      leeway: terms.leeway,
      overlap,
      reuse,
      window: seconds(Math.max(terms.access, terms.sliding) + terms.leeway),
      maxAge: revocationMaxAge,
      require: {
        user: !terms.allowUserlessRefresh,
        active: terms.rule === undefined && terms.checkActive,
        epoch: terms.checkRevoke === 'session',
      },
    },
    {
      sessions: store.ports.sessions,
      watch: store.watch,
      clock,
      random,
      reused: ({ id, userId }) => {
        log({
          level: 'warn',
          event: 'a spent refresh token came back: its session has ended',
          session: id,
          user: userId,
        })
        void audit.record({ kind: 'reuse_detected', userId, sessionId: id })
        void callHook(log, 'on.reuseDetected', () =>
          on.reuseDetected?.({ sessionId: id, userId }),
        )
      },
      feedCut: (reason) =>
        log({
          level: 'error',
          event: 'what other processes end is not learned any more',
          reason: String(reason),
        }),
      feedBack: () =>
        log({ level: 'info', event: 'what other processes end is learned again' }),
    },
  )
}
