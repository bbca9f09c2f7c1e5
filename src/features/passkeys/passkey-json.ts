import { isoTime, isoTimeOrNull } from '../../base/iso-time.ts'
import type { PasskeyCredential } from './webauthn.ts'

/** A passkey as its user sees it. */
export const passkeyJson = ({
  id,
  label,
  createdAt,
  lastUsedAt,
  suspendedAt,
  passkey: { aaguid, transports, isBackedUp },
}: PasskeyCredential) => ({
  id,
  label,
  created_at: isoTime(createdAt),
  last_used_at: isoTimeOrNull(lastUsedAt),
  aaguid,
  transports,
  backed_up: isBackedUp,
  suspended: suspendedAt !== undefined,
})
