import type { AuditLog } from '../audit/audit-log.ts'
import type { Clock } from '../base/clock.ts'
import { ifDefined } from '../base/optional.ts'
import {
  publicSession,
  type Session,
  type SessionId,
  type Sessions,
} from '../sessions/session.ts'
import type { SessionManager } from '../sessions/session-manager.ts'
import { requireString } from '../users/field-errors.ts'
import type { UserId } from '../users/user.ts'
import { revokeAll } from './users.ts'

/** `auth.sessions`. */
export interface SessionAdmin {
  list(userId: string): Promise<readonly Session[]>
  /** Revokes one session. @returns `false` if it does not exist or was revoked before */
  revoke(id: string): Promise<boolean>
  /** @param except the id of a session that goes on @returns how many it revoked */
  revokeAll(userId: string, except?: string): Promise<number>
}

export interface SessionAdminDeps {
  /** `undefined` if `tokens.sessions` is false. */
  readonly sessions: SessionManager | undefined
  readonly stored: Pick<Sessions, 'list' | 'find'>
  readonly clock: Clock
  readonly audit: AuditLog
}

export const sessionAdmin = (open: () => Promise<SessionAdminDeps>): SessionAdmin => ({
  async list(userId) {
    const { stored, sessions } = await open()
    const listed = await stored.list(userIdOf(userId))
    return listed.map((session) => {
      const lastUsedAt = sessions?.findUse(session.id) ?? session.lastUsedAt
      return publicSession({ ...session, lastUsedAt })
    })
  },
  async revoke(sessionId) {
    const id = requireString('id', sessionId) as SessionId
    const { sessions, stored, clock, audit } = await open()
    const revoked = (await sessions?.revoke(id, 'admin', clock())) ?? false
    if (!revoked) return false
    const findOwner = async () => ({ userId: (await stored.find(id))?.session.userId })
    await audit.record({ kind: 'session_revoked', sessionId: id }, findOwner)
    return true
  },
  async revokeAll(user, except) {
    const userId = userIdOf(user)
    const kept = ifDefined(except, (id) => requireString('except', id) as SessionId)
    const deps = await open()
    const sessions = await revokeAll(userId, 'admin', deps, kept)
    if (sessions > 0)
      await deps.audit.record({ kind: 'session_revoked', userId, detail: { sessions } })
    return sessions
  },
})

const userIdOf = (user: unknown): UserId => requireString('user', user) as UserId
