import { isoTime, isoTimeOrNull } from '../../base/iso-time.ts'
import type { SigningKey } from './signing-key.ts'

/** A key for programs. */
export const signingKeyJson = (key: SigningKey) => ({
  id: key.id,
  user_id: key.userId ?? null,
  client_id: key.clientId ?? null,
  algorithm: key.algorithm,
  public_key: key.publicKey ?? null,
  scopes: key.scopes,
  label: key.label ?? null,
  created_at: isoTime(key.createdAt),
  expires_at: isoTimeOrNull(key.expiresAt),
  last_used_at: isoTimeOrNull(key.lastUsedAt),
  replaced_by: key.replacedBy ?? null,
})
