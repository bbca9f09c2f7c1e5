import { isoTime, isoTimeOrNull } from '../../base/iso-time.ts'
import type { ApiToken } from './api-token.ts'

/** A token as its user sees it. */
export const apiTokenJson = ({
  id,
  hint,
  name,
  scopes,
  createdAt,
  expiresAt,
}: ApiToken) => ({
  id,
  hint,
  name: name ?? null,
  scopes,
  created_at: isoTime(createdAt),
  expires_at: isoTimeOrNull(expiresAt),
})
