import type { AuditLog } from '../audit/audit-log.ts'
import { callHook } from '../base/call-hook.ts'
import { type Clock, type Seconds, seconds } from '../base/clock.ts'
import type { Log } from '../base/log.ts'
import type { Random } from '../base/random.ts'
import type { Sessions } from '../sessions/session.ts'
import { openSessionManager, type SessionManager } from '../sessions/session-manager.ts'
import type { Watch } from '../sessions/watch.ts'
import { lifetimesOf, type TokenSettings } from '../tokens/token-settings.ts'

export interface SessionSettings extends TokenSettings {
  readonly overlap: Seconds
  readonly lostAnswer: Seconds
  readonly reuse: 'revoke' | 'reject'
  readonly revocationMaxAge: Seconds
}

export interface OpenSessionsDeps {
  readonly sessions: Sessions
  readonly watch: Watch
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  readonly audit: AuditLog
  readonly on: {
    readonly reuseDetected?: (event: {
      sessionId: string
      userId: string | undefined
    }) => unknown
  }
}

export function openSessions(
  tokens: SessionSettings,
  { log, audit, on, ...deps }: OpenSessionsDeps,
): Promise<SessionManager> {
  return openSessionManager(
    {
      idle: tokens.refresh,
      leeway: tokens.leeway,
      overlap: tokens.overlap,
      lostAnswer: tokens.lostAnswer,
      reuse: tokens.reuse,
      window: seconds(
        Math.max(tokens.access, ...lifetimesOf(tokens.kinds)) + tokens.leeway,
      ),
      maxAge: tokens.revocationMaxAge,
      require: {
        user: !tokens.allowUserlessRefresh,
        active: tokens.rule === undefined && tokens.checkActive,
        epoch: tokens.checkRevoke === 'session',
      },
    },
    {
      ...deps,
      reused({ id, userId }) {
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
      feedDisconnected: (reason) =>
        log({
          level: 'error',
          event: 'the revocation feed is disconnected',
          reason: String(reason),
        }),
      feedReconnected: () =>
        log({ level: 'info', event: 'the revocation feed is connected again' }),
    },
  )
}
