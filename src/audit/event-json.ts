import { isoTime } from '../base/iso-time.ts'
import type { AuditEvent } from './event.ts'

/** An event for programs. */
export const eventJson = (event: AuditEvent) => ({
  id: event.id,
  at: isoTime(event.at),
  kind: event.kind,
  user_id: event.userId ?? null,
  session_id: event.sessionId ?? null,
  actor: event.actor ?? null,
  address: event.address ?? null,
  request_id: event.requestId ?? null,
  detail: event.detail,
})
