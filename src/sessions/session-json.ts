import { acrOf } from '../base/acr.ts'
import { isoTime, isoTimeOrNull } from '../base/iso-time.ts'
import type { Session } from './session.ts'

/** A session as its user sees it. */
export const sessionJson = (session: Session) => ({
  id: session.id,
  created_at: isoTime(session.createdAt),
  expires_at: isoTime(session.expiresAt),
  last_used_at: isoTimeOrNull(session.lastUsedAt),
  address: session.address ?? null,
  user_agent: session.userAgent ?? null,
  amr: session.amr ?? null,
  acr: acrOf(session.amr) ?? null,
  actor: session.actor ?? null,
  client_id: session.clientId ?? null,
  scopes: session.scopes,
})

/** All that is known of a session. */
export const fullSessionJson = (session: Session) => ({
  ...sessionJson(session),
  refreshed_at: isoTimeOrNull(session.rotatedAt),
  refreshes: session.generation,
  auth_time: isoTimeOrNull(session.authTime),
  idle_expires_at: isoTime(session.idleExpiresAt),
  revoked_at: isoTimeOrNull(session.revokedAt),
  revoke_reason: session.revokeReason ?? null,
})
